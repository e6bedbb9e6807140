"""When each host was in which state, as the history keeps it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cdinfra.rollout.events import HostMoved, HostState
from cdinfra.rollout.fake_group import release
from cdinfra.rollout.fake_hosts import Behaviour
from cdinfra.rollout.timeline import MOST_HOSTS, MOST_STATES, Timeline

BEGAN = datetime(2026, 1, 31, 9, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def test_the_history_keeps_every_state_that_was_told_with_its_moment(run_of: Any) -> None:
    run = run_of(3, is_balanced=True)
    run.deploy()
    (account,) = run.group.histories.entries
    assert [each.instance_id for each in account.times] == run.ids
    assert [each.batch for each in account.times] == [1, 2, 3]
    for each in account.times:
        assert list(each.states) == [HostState.WAITING, *run.moves(each.instance_id)]
        stays = [
            event.seconds for event in run.told(HostMoved) if event.instance_id == each.instance_id
        ]
        lasted = [end - begin for begin, end in zip(each.since, each.since[1:], strict=False)]
        assert lasted == stays
        assert each.since[-1] <= account.seconds


def test_the_history_of_a_rollout_that_went_back_shows_what_failed_and_the_way_back(
    run_of: Any,
) -> None:
    run = run_of(3)
    run.group.fleet.hosts[run.ids[1]].behaviours[release(2)] = Behaviour(is_sick=True)
    run.deploy()
    (account,) = run.group.histories.entries
    states = {each.instance_id: each.states for each in account.times}
    assert HostState.FAILED in states[run.ids[1]]
    assert states[run.ids[0]][-2:] == (HostState.GOING_BACK, HostState.BACK)
    assert states[run.ids[2]][-1] is HostState.PULLED


def test_a_large_fleet_is_cut_and_the_hosts_that_failed_are_kept() -> None:
    timeline = Timeline()
    for number in range(MOST_HOSTS + 50):
        timeline.note(f"i-{number:03}", HostState.WAITING, after(0))
    timeline.note("i-249", HostState.FAILED, after(9))
    timeline.note("i-240", HostState.GONE, after(10))
    kept = [each.instance_id for each in timeline.hosts(BEGAN)]
    assert kept == [*(f"i-{number:03}" for number in range(MOST_HOSTS - 2)), "i-240", "i-249"]


def test_a_host_that_moves_without_end_keeps_its_first_states_and_its_last() -> None:
    timeline = Timeline()
    turns = (HostState.CHECKING, HostState.FAILED)
    for number in range(1001):
        timeline.note("i-1", turns[number % 2], after(number), batch=4)
    (host,) = timeline.hosts(BEGAN)
    assert (len(host.states), host.batch) == (MOST_STATES, 4)
    assert host.since == (*(float(number) for number in range(MOST_STATES - 1)), 1000.0)


def test_what_was_noted_before_the_begin_is_of_the_begin() -> None:
    timeline = Timeline()
    timeline.note("i-1", HostState.WAITING, after(-3))
    assert timeline.hosts(BEGAN)[0].since == (0.0,)
