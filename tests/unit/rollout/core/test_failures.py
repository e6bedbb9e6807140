"""Rollouts that fail on some hosts, and what becomes of these and the others."""

from typing import Any, ClassVar

import pytest

from cdinfra.errors import (
    CloudError,
    InvalidInputError,
    NothingChangedError,
    RollbackIncompleteError,
    RolledBackError,
)
from cdinfra.rollout.events import (
    HostMoved,
    HostState,
    Noticed,
    Phase,
    PhaseStarted,
    RolloutEvent,
    RolloutOutcome,
    WentBack,
)
from cdinfra.rollout.fake_group import release
from cdinfra.rollout.fake_hosts import Behaviour
from cdinfra.rollout.interrupts import Decision
from cdinfra.rollout.strategy import Share, Strategy

OLD, NEW = release(1), release(2)

ONE_BY_ONE = Strategy(batch=Share(number=1), host_seconds=120)


def test_a_canary_that_fails_stops_it_whatever_the_limit_and_tells_why(run_of: Any) -> None:
    run = run_of(5)
    run.group.fleet.images[NEW] = Behaviour(is_sick=True)
    result = run.deploy(strategy=Strategy(max_failures=Share(number=4)))
    assert result.outcome is RolloutOutcome.ROLLED_BACK
    assert set(run.group.releases.values()) == {OLD}
    (failed,) = result.failed
    assert (failed.reason, failed.log) == (
        "GET /health answered 503",
        ("cannot open the database",),
    )
    assert run.group.fleet.calls["transport.send deploy"] == 1
    with pytest.raises(RolledBackError, match="answered 503"):
        result.raise_for_failure()


def test_hosts_go_back_in_the_reverse_order_and_each_is_asked(run_of: Any) -> None:
    run = run_of(4)
    last = run.ids[3]
    run.group.fleet.hosts[last].behaviours[NEW] = Behaviour(is_sick=True)
    result = run.deploy()
    assert result.outcome is RolloutOutcome.ROLLED_BACK
    back = [
        each.instance_id
        for each in run.events
        if isinstance(each, HostMoved) and each.state is HostState.BACK
    ]
    forward = [
        each.instance_id
        for each in run.events
        if isinstance(each, HostMoved) and each.state is HostState.DONE
    ]
    # The one that failed has kept the old release by itself, and is found so first.
    assert back == [last, *reversed(forward)]
    assert set(run.group.releases.values()) == {OLD}
    (told,) = run.told(WentBack)
    assert isinstance(told, WentBack)
    assert told.hosts == 4
    assert {each.generation for each in run.group.fleet.hosts.values()} == {1}


def test_a_host_that_cannot_go_back_is_named_and_abort_finishes_it(run_of: Any) -> None:
    run = run_of(3)
    first, last = run.ids[0], run.ids[2]
    run.group.fleet.hosts[last].behaviours[NEW] = Behaviour(is_sick=True)
    run.group.fleet.hosts[first].behaviours[OLD] = Behaviour(is_sick=True)
    result = run.deploy()
    assert result.outcome is RolloutOutcome.ROLLBACK_INCOMPLETE
    assert {each.instance_id for each in result.failed} == {first, last}
    assert result.next == "cdinfra abort web"
    assert result.release == ""
    with pytest.raises(RollbackIncompleteError):
        result.raise_for_failure()
    run.group.fleet.hosts[first].behaviours.clear()
    aborted = run.group.rollouts().abort()
    assert aborted.outcome is RolloutOutcome.ROLLED_BACK
    assert aborted.is_success
    assert set(run.group.releases.values()) == {OLD}


def test_a_host_that_failed_within_the_limit_is_tried_once_more(run_of: Any) -> None:
    run = run_of(4)
    bad = run.group.fleet.hosts[run.ids[2]]
    bad.behaviours[NEW] = Behaviour(is_sick=True)

    def mend(event: RolloutEvent) -> None:
        run.events.append(event)
        if isinstance(event, Noticed) and "tried once more" in event.text:
            bad.behaviours.clear()

    rollouts = run.group.rollouts(mend)
    strategy = Strategy(batch=Share(number=1), max_failures=Share(number=1))
    result = rollouts.carry_out(rollouts.plan_deploy(":v2", strategy))
    assert result.outcome is RolloutOutcome.DEPLOYED
    assert result.failed == ()
    assert set(run.group.releases.values()) == {NEW}


def test_a_host_that_still_fails_takes_the_whole_fleet_back(run_of: Any) -> None:
    run = run_of(4)
    run.group.fleet.hosts[run.ids[2]].behaviours[NEW] = Behaviour(is_sick=True)
    result = run.deploy(strategy=Strategy(batch=Share(number=1), max_failures=Share(number=2)))
    assert result.outcome is RolloutOutcome.ROLLED_BACK
    assert set(run.group.releases.values()) == {OLD}


def test_an_image_that_dies_after_its_gate_is_found_after_the_pause(run_of: Any) -> None:
    run = run_of()
    run.group.fleet.images[NEW] = Behaviour(dies=True)
    result = run.deploy(strategy=Strategy(bake_seconds=30))
    assert result.outcome is RolloutOutcome.ROLLED_BACK
    assert "has ended 3 times since its gate opened" in result.reason
    assert sum(run.group.clock.slept) > 30


def test_hosts_that_cannot_pull_stop_it_before_any_host_has_changed(run_of: Any) -> None:
    run = run_of()
    run.group.fleet.images[NEW] = Behaviour(cannot_be_pulled="no space")
    result = run.deploy()
    assert result.outcome is RolloutOutcome.NOTHING_CHANGED
    assert run.group.fleet.calls["transport.send deploy"] == 0
    assert run.group.journals.newest_unfinished() is None
    assert [each.outcome for each in run.group.histories.entries] == [result.outcome]
    with pytest.raises(NothingChangedError, match="no space"):
        result.raise_for_failure()


def test_a_host_that_was_terminated_is_gone_and_its_successor_is_taken_along(run_of: Any) -> None:
    run = run_of(4)
    victim = run.ids[2]

    def kill(event: RolloutEvent) -> None:
        run.events.append(event)
        if isinstance(event, PhaseStarted) and (event.phase, event.batch) == (Phase.SWAP, 2):
            run.group.replace_host(victim)

    rollouts = run.group.rollouts(kill)
    result = rollouts.carry_out(rollouts.plan_deploy(":v2", ONE_BY_ONE))
    assert result.outcome is RolloutOutcome.DEPLOYED
    assert HostState.GONE in run.moves(victim)
    assert victim not in run.group.releases
    assert set(run.group.releases.values()) == {NEW}
    assert {each.host.release for each in run.group.fleet.hosts.values()} == {NEW}


def test_hosts_that_auto_scaling_ends_as_their_load_balancer_finds_them_unhealthy_have_failed(
    run_of: Any,
) -> None:
    run = run_of(4, is_balanced=True)
    run.group.balancer.refused.add(NEW)
    second = run.ids[1]
    strategy = Strategy(canary=Share(number=0), batch=Share(number=1))

    def end_unhealthy(name: str) -> None:
        looks = run.group.fleet.calls["balancer.states"]
        if name == "balancer.states" and looks == 10:
            (victim,) = [key for key, each in run.group.releases.items() if each == NEW]
            run.group.replace_host(victim)

    run.group.fleet.on_call = end_unhealthy
    result = run.deploy(strategy=strategy)
    assert result.outcome is RolloutOutcome.ROLLED_BACK
    assert "its load balancer does not find it healthy: no answer" in result.reason
    assert HostState.SWAPPING not in run.moves(second)
    run.group.fleet.pass_time()
    assert set(run.group.releases.values()) == {OLD}


@pytest.mark.parametrize("phase", [Phase.PULL, Phase.SWAP])
def test_a_canary_that_goes_away_tries_nothing_and_so_stops_it(run_of: Any, phase: Phase) -> None:
    run = run_of(4)
    canary, second = run.ids[:2]

    def kill(event: RolloutEvent) -> None:
        run.events.append(event)
        if isinstance(event, PhaseStarted) and event.phase is phase:
            run.group.fleet.terminate(canary)

    rollouts = run.group.rollouts(kill)
    result = rollouts.carry_out(rollouts.plan_deploy(":v2", ONE_BY_ONE))
    assert result.outcome is RolloutOutcome.NOTHING_CHANGED
    assert result.reason == "the canary is gone, so the release was tried on no host"
    assert HostState.SWAPPING not in run.moves(second)
    assert set(run.group.releases.values()) == {OLD}


def test_a_host_that_comes_back_is_never_told_to_be_not_back(run_of: Any) -> None:
    run = run_of(4)
    run.group.fleet.hosts[run.ids[3]].behaviours[NEW] = Behaviour(is_sick=True)
    assert run.deploy().outcome is RolloutOutcome.ROLLED_BACK
    for each in run.ids:
        assert HostState.NOT_BACK not in run.moves(each)
    assert HostState.BACK in run.moves(run.ids[0])


def test_a_host_that_boots_while_the_stack_is_updated_is_taken_along(run_of: Any) -> None:
    run = run_of()
    launched: list[str] = []

    def launch(event: RolloutEvent) -> None:
        run.events.append(event)
        if isinstance(event, PhaseStarted) and event.phase is Phase.TAGS:
            # It is launched after the tags were written, with what the group gives until then.
            run.group.fleet.on_call = lambda name: (
                launched.append(run.group.fleet.launch(OLD, 0))
                if name == "tagger.set_release" and not launched
                else None
            )

    rollouts = run.group.rollouts(launch)
    result = rollouts.carry_out(rollouts.plan_deploy(":v2", ONE_BY_ONE))
    assert result.outcome is RolloutOutcome.DEPLOYED
    assert run.group.releases[launched[0]] == NEW
    assert run.group.fleet.hosts[launched[0]].host.release == NEW


def test_a_stack_that_cannot_be_updated_leaves_it_unfinished_and_resume_finishes_it(
    run_of: Any,
) -> None:
    run = run_of()

    def fail(name: str) -> None:
        if name == "tagger.set_release":
            raise CloudError("the stack is busy")

    run.group.fleet.on_call = fail
    # What passes is waited for, and this might.
    result = run.deploy()
    assert result.outcome is RolloutOutcome.UNFINISHED
    assert (result.reason, result.next) == ("the stack is busy", "cdinfra resume web")
    assert set(run.group.releases.values()) == {NEW}
    run.group.fleet.on_call = lambda _: None
    assert run.group.rollouts().resume().outcome is RolloutOutcome.DEPLOYED
    assert run.group.tagger.release == NEW


def test_a_first_release_that_fails_has_nothing_to_go_back_to(run_of: Any) -> None:
    run = run_of(2, runs="")
    run.group.fleet.images[NEW] = Behaviour(is_sick=True)
    assert run.deploy().outcome is RolloutOutcome.NOTHING_CHANGED
    assert set(run.group.releases.values()) == {""}


def test_a_first_release_that_fails_on_the_second_host_stays_on_the_first_and_says_so(
    run_of: Any,
) -> None:
    run = run_of(2, runs="")
    run.group.fleet.hosts[run.ids[1]].behaviours[NEW] = Behaviour(is_sick=True)
    result = run.deploy()
    assert result.outcome is RolloutOutcome.ROLLBACK_INCOMPLETE
    assert run.ids[0] in {each.instance_id for each in result.failed}
    assert result.next == "cdinfra resume web"
    with pytest.raises(InvalidInputError, match="no release to go back to"):
        run.group.rollouts().abort()
    run.group.fleet.hosts[run.ids[1]].behaviours.clear()
    assert run.group.rollouts().resume().outcome is RolloutOutcome.DEPLOYED


def test_a_deploy_over_an_unfinished_one_goes_back_to_what_was_there_before_both(
    run_of: Any,
) -> None:
    run = run_of(4)
    run.deploy(decide=lambda each: Decision.LEAVE if each.changed == 2 else Decision.GO_ON)
    run.group.fleet.images[release(3)] = Behaviour(is_sick=True)
    rollouts = run.group.rollouts()
    plan = rollouts.plan_deploy(":v3", ONE_BY_ONE)
    assert plan.from_release == OLD
    assert any("is overtaken" in each for each in plan.notes)
    assert rollouts.carry_out(plan).outcome is RolloutOutcome.ROLLED_BACK
    assert set(run.group.releases.values()) == {OLD}


def test_a_host_that_is_cut_off_after_its_swap_is_not_said_to_be_back(run_of: Any) -> None:
    run = run_of(4)
    strategy = Strategy(batch=Share(number=1), max_failures=Share(number=1), host_seconds=60)

    def cut_off(event: RolloutEvent) -> None:
        run.events.append(event)
        if isinstance(event, PhaseStarted) and (event.phase, event.batch) == (Phase.HEALTH, 2):
            run.group.fleet.hosts[run.ids[1]].is_reachable = False

    rollouts = run.group.rollouts(cut_off)
    result = rollouts.carry_out(rollouts.plan_deploy(":v2", strategy))
    assert result.outcome is RolloutOutcome.ROLLBACK_INCOMPLETE
    assert run.ids[1] in {each.instance_id for each in result.failed}
    run.group.fleet.hosts[run.ids[1]].is_reachable = True
    assert run.group.rollouts().abort().outcome is RolloutOutcome.ROLLED_BACK
    assert set(run.group.releases.values()) == {OLD}


def test_a_deploy_that_fails_over_an_unfinished_one_leaves_no_fleet_half_old(run_of: Any) -> None:
    run = run_of(4)
    run.deploy(decide=lambda each: Decision.LEAVE if each.changed == 2 else Decision.GO_ON)
    run.group.fleet.images[release(3)] = Behaviour(cannot_be_pulled="no space")
    assert run.deploy(":v3").outcome is RolloutOutcome.ROLLED_BACK
    assert set(run.group.releases.values()) == {OLD}


def test_a_host_that_boots_during_an_abort_is_brought_back_too(run_of: Any) -> None:
    run = run_of()
    run.group.fleet.on_call = lambda name: interrupt() if name == "history.append" else None
    with pytest.raises(KeyboardInterrupt):
        run.deploy()
    launched: list[str] = []

    def launch(name: str) -> None:
        if name == "tagger.set_release" and not launched:
            launched.append(run.group.fleet.launch(run.group.tagger.release, 1))

    run.group.fleet.on_call = launch
    assert run.group.rollouts().abort().outcome is RolloutOutcome.ROLLED_BACK
    assert run.group.fleet.hosts[launched[0]].past == [NEW, OLD]
    assert set(run.group.releases.values()) == {OLD}
    assert {each.host.release for each in run.group.fleet.hosts.values()} == {OLD}


def test_a_load_balancer_that_refuses_leaves_no_host_out(run_of: Any) -> None:
    run = run_of(is_balanced=True)

    def refuse(name: str) -> None:
        if name == "balancer.states":
            run.group.fleet.on_call = lambda _: None
            raise CloudError("no permission") from PermissionRefusedError()

    run.group.fleet.on_call = refuse
    result = run.deploy(strategy=Strategy(batch=Share(number=1), drains=True))
    assert (result.outcome, result.reason) == (RolloutOutcome.NOTHING_CHANGED, "no permission")
    assert run.group.balancer.out == {}
    assert run.group.fleet.calls["balancer.register"] == 1


def test_a_container_that_dies_while_later_hosts_have_their_turn_is_found_before_the_tags(
    run_of: Any,
) -> None:
    run = run_of(4)

    def end_container(event: RolloutEvent) -> None:
        run.events.append(event)
        if isinstance(event, PhaseStarted) and (event.phase, event.batch) == (Phase.SWAP, 4):
            run.group.fleet.hosts[run.ids[0]].restarts = 5

    rollouts = run.group.rollouts(end_container)
    result = rollouts.carry_out(rollouts.plan_deploy(":v2", ONE_BY_ONE))
    assert result.outcome is RolloutOutcome.ROLLED_BACK
    assert "has ended 5 times" in result.reason
    assert set(run.group.releases.values()) == {OLD}


def test_a_host_whose_answer_was_lost_is_asked_before_it_is_judged(run_of: Any) -> None:
    run = run_of(3)
    host, sent_at = run.group.fleet.hosts[run.ids[1]], [0.0]

    def lose_answer(name: str) -> None:
        now = run.group.fleet.seconds()
        if name == "transport.look" and host.free_at > now and host.generation == 0:
            sent_at[0] = sent_at[0] or (now if "deploy" in run.group.fleet.sent[-1] else 0.0)
        host.is_reachable = not sent_at[0] or now > sent_at[0] + 30

    run.group.fleet.on_call = lose_answer
    result = run.deploy()
    assert result.outcome is RolloutOutcome.DEPLOYED
    assert result.failed == ()
    assert result.seconds > ONE_BY_ONE.host_seconds


def interrupt() -> None:
    raise KeyboardInterrupt


class PermissionRefusedError(Exception):
    """As botocore's: what is refused will be refused again."""

    response: ClassVar = {"ResponseMetadata": {"HTTPStatusCode": 403}}


def test_a_stack_that_takes_the_release_and_does_not_give_it_is_found(run_of: Any) -> None:
    run = run_of()
    run.group.tagger.is_deaf = True
    result = run.deploy()
    assert result.outcome is RolloutOutcome.UNFINISHED
    assert f"gives {OLD} to hosts to come" in result.reason
    run.group.tagger.is_deaf = False
    assert run.group.rollouts().resume().outcome is RolloutOutcome.DEPLOYED
