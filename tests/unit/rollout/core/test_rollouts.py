"""Whole rollouts against a fleet in memory."""

from dataclasses import replace
from typing import Any

import pytest

from cdinfra.errors import (
    BusyError,
    DeclinedError,
    InvalidInputError,
    LockLostError,
    NothingChangedError,
)
from cdinfra.rollout.events import (
    HostState,
    Noticed,
    Phase,
    PhaseStarted,
    RolloutEvent,
    RolloutFinished,
    RolloutOutcome,
)
from cdinfra.rollout.fake_group import release
from cdinfra.rollout.interrupts import Decision, Standing
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.strategy import Share, Strategy

OLD, NEW = release(1), release(2)

ONE_BY_ONE = Strategy(batch=Share(number=1), host_seconds=120)


def test_every_host_runs_the_release_and_tags_and_history_say_so(run_of: Any) -> None:
    run = run_of()
    result = run.deploy()
    assert result.outcome is RolloutOutcome.DEPLOYED
    assert (result.changed, result.hosts, result.release) == (3, 3, NEW)
    assert set(run.group.releases.values()) == {NEW}
    assert {each.host.release for each in run.group.fleet.hosts.values()} == {NEW}
    assert run.group.tagger.release == NEW
    (entry,) = run.group.histories.entries
    assert (entry.from_release, entry.image, entry.release) == (OLD, NEW, NEW)
    assert run.group.lock.holder == ""
    assert run.events[-1] == run.told(RolloutFinished)[-1]


def test_hosts_pull_before_any_of_them_changes(run_of: Any) -> None:
    run = run_of()
    run.deploy()
    phases = [each.phase for each in run.events if isinstance(each, PhaseStarted)]
    assert phases.index(Phase.PULL) < phases.index(Phase.SWAP)
    assert phases[0] is Phase.PREFLIGHT
    assert phases[-3:] == [Phase.TAGS, Phase.HISTORY, Phase.UNLOCK]


def test_each_host_moves_through_its_states(run_of: Any) -> None:
    run = run_of(is_balanced=True)
    run.deploy(strategy=Strategy(batch=Share(number=1), drains=True))
    assert run.moves(run.ids[0]) == [
        HostState.PULLING,
        HostState.PULLED,
        HostState.DRAINING,
        HostState.SWAPPING,
        HostState.CHECKING,
        HostState.REGISTERING,
        HostState.CHECKING,
        HostState.DONE,
    ]
    assert run.group.balancer.out == {}


def test_nothing_to_do_takes_no_lock(run_of: Any) -> None:
    run = run_of()
    assert run.deploy(":v1").outcome is RolloutOutcome.UNCHANGED
    assert run.group.fleet.calls["lock.take"] == 0
    assert run.group.histories.entries == []


def test_hosts_that_run_it_already_get_tags_where_these_say_another(run_of: Any) -> None:
    run = run_of()
    for each in run.group.fleet.hosts.values():
        each.running, each.release, each.generation = NEW, NEW, 5
    run.group.lock.generation = 5
    assert run.deploy().outcome is RolloutOutcome.DEPLOYED
    assert run.group.fleet.calls["transport.send deploy"] == 0
    assert {each.host.release for each in run.group.fleet.hosts.values()} == {NEW}


def test_a_group_without_hosts_gets_the_release_for_those_to_come(run_of: Any) -> None:
    run = run_of(0)
    assert run.deploy().outcome is RolloutOutcome.DEPLOYED
    assert run.group.tagger.release == NEW


def test_a_host_that_does_not_answer_is_told_before_anything_is_touched(run_of: Any) -> None:
    run = run_of()
    run.group.fleet.hosts[run.ids[1]].is_reachable = False
    with pytest.raises(NothingChangedError, match=f"{run.ids[1]}: its agent is offline"):
        run.deploy()
    assert run.group.fleet.calls["lock.take"] == 0


def test_a_rollback_goes_to_the_last_good_release_or_to_a_named_entry(run_of: Any) -> None:
    run = run_of()
    run.deploy(":v2")
    run.deploy(":v3")
    rollouts = run.group.rollouts()
    back = rollouts.plan_rollback(None, ONE_BY_ONE)
    assert (back.purpose, back.image.release) == (Purpose.ROLLBACK, release(2))
    assert rollouts.carry_out(back).outcome is RolloutOutcome.DEPLOYED
    assert set(run.group.releases.values()) == {release(2)}
    assert rollouts.plan_rollback(2, ONE_BY_ONE).image.release == release(3)
    with pytest.raises(InvalidInputError, match="no such entry"):
        rollouts.plan_rollback(9, ONE_BY_ONE)


def test_a_rollback_over_an_unfinished_rollout_guesses_nothing(run_of: Any) -> None:
    run = run_of(4)
    run.deploy(":v2")
    run.deploy(":v3", decide=lambda each: Decision.LEAVE if each.changed else Decision.GO_ON)
    assert set(run.group.releases.values()) == {NEW, release(3)}
    rollouts = run.group.rollouts()
    with pytest.raises(InvalidInputError, match="has an unfinished deploy of") as raised:
        rollouts.plan_rollback(None, ONE_BY_ONE)
    (problem,) = raised.value.problems
    assert problem.hint == (
        "undo it: cdinfra abort web; finish it: cdinfra resume web; or name an entry of its "
        "history: cdinfra rollback web N"
    )
    named = rollouts.carry_out(rollouts.plan_rollback(1, ONE_BY_ONE))
    assert named.outcome is RolloutOutcome.DEPLOYED
    assert set(run.group.releases.values()) == {NEW}


def test_a_redeploy_starts_a_new_container_on_every_host(run_of: Any) -> None:
    run = run_of()
    rollouts = run.group.rollouts()
    result = rollouts.carry_out(rollouts.plan_redeploy(ONE_BY_ONE))
    assert (result.outcome, result.changed) == (RolloutOutcome.DEPLOYED, 3)
    assert all(each.past == [OLD, OLD] for each in run.group.fleet.hosts.values())


def test_a_group_without_a_release_cannot_be_redeployed(run_of: Any) -> None:
    with pytest.raises(InvalidInputError, match="has no release yet"):
        run_of(1, runs="").group.rollouts().plan_redeploy(ONE_BY_ONE)


def test_an_image_that_is_not_there_is_told(run_of: Any) -> None:
    with pytest.raises(InvalidInputError, match="no such image"):
        run_of().deploy(":v99")


def test_nothing_unfinished_is_told_by_resume_and_abort(run_of: Any) -> None:
    run = run_of()
    run.deploy()
    with pytest.raises(InvalidInputError, match="has no unfinished rollout to resume"):
        run.group.rollouts().resume()
    with pytest.raises(InvalidInputError, match="has no unfinished rollout to abort"):
        run.group.rollouts().abort()


def test_a_lock_that_somebody_holds_is_told_and_nothing_is_touched(run_of: Any) -> None:
    run = run_of()
    run.group.lock.give("jenkins")
    with pytest.raises(BusyError, match="jenkins holds the lock"):
        run.deploy()
    assert set(run.group.releases.values()) == {OLD}


def test_a_lock_is_waited_for_and_the_fleet_is_looked_at_again(run_of: Any) -> None:
    run = run_of()
    run.group.lock.give("jenkins")
    rollouts = run.group.rollouts(run.events.append, wait_lock_seconds=300)
    plan = rollouts.plan_deploy(":v2", ONE_BY_ONE)
    assert rollouts.carry_out(plan).outcome is RolloutOutcome.DEPLOYED
    assert any("looked at again" in each.text for each in run.events if isinstance(each, Noticed))


def test_somebody_who_waits_for_the_lock_may_stop(run_of: Any) -> None:
    run = run_of()
    run.group.lock.give("jenkins")
    rollouts = run.group.rollouts(
        run.events.append, lambda _: Decision.LEAVE, wait_lock_seconds=300
    )
    result = rollouts.carry_out(rollouts.plan_deploy(":v2", ONE_BY_ONE))
    assert result.outcome is RolloutOutcome.NOTHING_CHANGED
    assert "waited for the lock" in result.reason


def test_another_deployers_lease_stops_it_at_once(run_of: Any) -> None:
    run = run_of(4)

    def take(event: RolloutEvent) -> None:
        run.events.append(event)
        if isinstance(event, PhaseStarted) and (event.phase, event.batch) == (Phase.SWAP, 2):
            run.group.lock.give("jenkins")

    rollouts = run.group.rollouts(take)
    with pytest.raises(BusyError, match="jenkins"):
        rollouts.carry_out(rollouts.plan_deploy(":v2", ONE_BY_ONE))
    finished = run.events[-1]
    assert isinstance(finished, RolloutFinished)
    assert finished.outcome is RolloutOutcome.INTERRUPTED
    assert finished.next == "cdinfra resume web, or to go back: cdinfra abort web"
    assert run.group.histories.entries == []
    assert run.group.lock.holder == "jenkins"


def test_a_host_that_has_seen_a_newer_generation_stops_it(run_of: Any) -> None:
    run = run_of()
    run.group.fleet.hosts[run.ids[2]].generation = 99
    with pytest.raises(BusyError, match="generation 1 is older than 99"):
        run.deploy()


def test_ctrl_c_leaves_it_between_two_portions_with_the_lock_free(run_of: Any) -> None:
    run = run_of(4)
    asked: list[Standing] = []

    def decide(standing: Standing) -> Decision:
        asked.append(standing)
        return Decision.LEAVE if standing.changed == 2 else Decision.GO_ON

    result = run.deploy(decide=decide)
    assert result.outcome is RolloutOutcome.INTERRUPTED
    assert asked[-1] == Standing(release=NEW, from_release=OLD, changed=2, left=2)
    assert run.group.lock.holder == ""
    assert sorted(run.group.releases.values()) == [OLD, OLD, NEW, NEW]
    assert run.group.rollouts().resume().outcome is RolloutOutcome.DEPLOYED
    assert [each.outcome for each in run.group.histories.entries] == [
        RolloutOutcome.INTERRUPTED,
        RolloutOutcome.DEPLOYED,
    ]


@pytest.mark.parametrize("drains", [False, True])
def test_an_answer_that_comes_after_the_lock_was_taken_changes_nothing_more(
    run_of: Any, *, drains: bool
) -> None:
    run = run_of(4, is_balanced=True)

    def answer_late(standing: Standing) -> Decision:
        if standing.changed == 1:
            run.group.fleet.pass_time(90)
            run.group.lock.give("another")
        return Decision.GO_ON

    with pytest.raises(LockLostError, match="another has taken the lock"):
        run.deploy(strategy=replace(ONE_BY_ONE, drains=drains), decide=answer_late)
    assert list(run.group.releases.values()) == [NEW, OLD, OLD, OLD]
    assert run.group.fleet.calls["transport.send deploy"] == 1
    assert run.group.fleet.calls["balancer.deregister"] == int(drains)
    assert run.group.balancer.out == {}


def test_ctrl_c_may_take_it_back(run_of: Any) -> None:
    run = run_of(4)
    result = run.deploy(
        decide=lambda standing: Decision.GO_BACK if standing.changed == 2 else Decision.GO_ON
    )
    assert result.outcome is RolloutOutcome.ROLLED_BACK
    assert set(run.group.releases.values()) == {OLD}


def test_an_abort_that_is_declined_touches_nothing(run_of: Any) -> None:
    run = run_of(4)
    run.deploy(decide=lambda each: Decision.LEAVE if each.changed else Decision.GO_ON)
    before = run.group.releases
    with pytest.raises(DeclinedError):
        run.group.rollouts().abort(lambda _: False)
    assert run.group.releases == before


def test_a_busy_host_is_asked_again(run_of: Any) -> None:
    run = run_of(1)
    host = run.group.fleet.hosts[run.ids[0]]
    host.free_at = run.group.fleet.seconds() + 1000
    result = run.deploy(strategy=Strategy(host_seconds=2000))
    assert result.outcome is RolloutOutcome.DEPLOYED
    assert run.group.fleet.calls["transport.send pull"] == 2


def test_hosts_are_told_which_images_to_keep(run_of: Any) -> None:
    run = run_of(1)
    run.deploy(":v2")
    run.deploy(":v3")
    deploys = [each for each in run.group.fleet.sent if each[0] == "deploy"]
    assert deploys[-1] == (
        "deploy",
        release(3),
        "--generation",
        "2",
        "--keep-image",
        release(2),
        "--keep-image",
        release(3),
    )
