"""Hooks around whole rollouts, against a fleet in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.errors import CloudError, HookFailedError, NothingChangedError
from cdinfra.events import HookStarted
from cdinfra.model import Hook, When
from cdinfra.rollout.events import HostState, Noticed, RolloutFinished, RolloutOutcome
from cdinfra.rollout.fake_group import FakeGroup, release
from cdinfra.rollout.fake_hosts import Behaviour
from cdinfra.rollout.interrupts import Decision
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.strategy import Share, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.rollout.events import OnRolloutEvent, RolloutEvent
    from cdinfra.rollout.hooks import Occasion
    from cdinfra.rollout.result import RolloutResult

OLD, NEW = release(1), release(2)
STRATEGY = Strategy(batch=Share(number=1), host_seconds=120)
MOMENTS = (When.BEFORE_DEPLOY, When.AFTER_DEPLOY, When.FAILED_DEPLOY)


@dataclass(kw_only=True)
class Hooks:
    """Hooks of every moment, each of which looks so often before it ends.

    Attributes:
        group: The group, whose releases are noted when a hook runs.
        failures: Why those of a moment fail.
        looks: How often a hook waits.
        during: Called before each wait.
        ran: Each moment with what the hosts ran then, and whether the lock was held.
    """

    group: FakeGroup
    failures: dict[When, str] = field(default_factory=dict)
    looks: int = 1
    during: Callable[[], None] = lambda: None
    ran: list[tuple[When, set[str], bool]] = field(default_factory=list)
    occasions: list[Occasion] = field(default_factory=list)
    was_ended: bool = False

    @property
    def declared(self) -> tuple[Hook, ...]:
        return tuple(Hook(command=("hook",), when=each) for each in MOMENTS)

    def run(self, occasion: Occasion, on_event: OnRolloutEvent, wait: Callable[[], bool]) -> str:
        when = occasion.when
        on_event(HookStarted(stack="web", when=when, command="hook"))
        self.occasions.append(occasion)
        self.ran.append((when, set(self.group.releases.values()), bool(self.group.lock.holder)))
        for _ in range(self.looks):
            self.during()
            if not wait():
                self.was_ended = True
                return "the hook was cancelled"
        return self.failures.get(when, "")

    @property
    def moments(self) -> list[When]:
        return [each for each, _, _ in self.ran]


@dataclass(kw_only=True)
class Scene:
    """A group with hooks, and what was told of it."""

    group: FakeGroup = field(default_factory=FakeGroup)
    events: list[RolloutEvent] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    hooks: Hooks = field(init=False)

    def __post_init__(self) -> None:
        self.hooks = Hooks(group=self.group)

    def decide(self, _: object) -> Decision:
        return self.decisions.pop(0) if self.decisions else Decision.GO_ON

    def deploy(self) -> RolloutResult:
        rollouts = self.group.rollouts(self.events.append, self.decide, hooks=self.hooks)
        return rollouts.carry_out(rollouts.plan_deploy(":v2", STRATEGY))

    def rollouts(self) -> Any:
        return self.group.rollouts(self.events.append, self.decide, hooks=self.hooks)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_hooks_run_when_nothing_has_changed_and_when_everything_has_under_the_lock(
    scene: Scene,
) -> None:
    assert scene.deploy().outcome is RolloutOutcome.DEPLOYED
    assert scene.hooks.ran == [
        (When.BEFORE_DEPLOY, {OLD}, True),
        (When.AFTER_DEPLOY, {NEW}, True),
    ]
    before, after = scene.hooks.occasions
    assert (before.outcome, after.outcome) == (None, RolloutOutcome.DEPLOYED)
    assert (before.record.image, before.record.from_release) == (NEW, OLD)
    assert before.purpose is Purpose.DEPLOY
    assert scene.group.lock.holder == ""


def test_the_plan_names_the_hooks(scene: Scene) -> None:
    assert scene.rollouts().plan_deploy(":v2", STRATEGY).hooks == scene.hooks.declared


def test_every_host_has_pulled_before_the_first_hook(scene: Scene) -> None:
    scene.deploy()
    told = [each.state if hasattr(each, "state") else type(each).__name__ for each in scene.events]
    pulled = [at for at, each in enumerate(told) if each is HostState.PULLED]
    swapping = told.index(HostState.SWAPPING)
    assert max(pulled) < told.index("HookStarted") < swapping


def test_a_hook_before_that_fails_changes_nothing_and_gives_the_lock_back(scene: Scene) -> None:
    scene.hooks.failures[When.BEFORE_DEPLOY] = "the hook before it failed"
    result = scene.deploy()
    assert result.outcome is RolloutOutcome.NOTHING_CHANGED
    assert result.reason == "the hook before it failed"
    assert set(scene.group.releases.values()) == {OLD}
    assert scene.group.tagger.release == OLD
    assert scene.group.lock.holder == ""
    assert scene.hooks.moments == [When.BEFORE_DEPLOY, When.FAILED_DEPLOY]
    assert scene.group.histories.entries[-1].outcome is RolloutOutcome.NOTHING_CHANGED
    with pytest.raises(NothingChangedError, match="the hook before it failed"):
        result.raise_for_failure()


def test_a_hook_after_that_fails_leaves_the_release_and_is_an_error_of_its_own(
    scene: Scene,
) -> None:
    scene.hooks.failures[When.AFTER_DEPLOY] = "the hook after it failed"
    result = scene.deploy()
    assert (result.outcome, result.hook_failure) == (
        RolloutOutcome.DEPLOYED,
        "the hook after it failed",
    )
    assert not result.is_success
    assert set(scene.group.releases.values()) == {NEW}
    assert scene.group.histories.entries[-1].outcome is RolloutOutcome.DEPLOYED
    finished = scene.events[-1]
    assert isinstance(finished, RolloutFinished)
    assert finished.reason == "the hook after it failed"
    with pytest.raises(HookFailedError, match="deployed: the hook after it failed") as raised:
        result.raise_for_failure()
    assert raised.value.exit_code == 16
    assert scene.rollouts()._newest_unfinished() is None  # noqa: SLF001 - nothing to resume


def test_a_rollout_that_goes_back_has_the_hooks_of_a_failure(scene: Scene) -> None:
    scene.group.fleet.images[NEW] = Behaviour(is_sick=True)
    assert scene.deploy().outcome is RolloutOutcome.ROLLED_BACK
    assert scene.hooks.moments == [When.BEFORE_DEPLOY, When.FAILED_DEPLOY]
    assert scene.hooks.occasions[-1].outcome is RolloutOutcome.ROLLED_BACK
    assert scene.hooks.ran[-1][1] == {OLD}


def test_a_hook_of_a_failure_that_fails_is_a_note(scene: Scene) -> None:
    scene.hooks.failures = {each: f"{each} failed" for each in MOMENTS}
    result = scene.deploy()
    assert (result.outcome, result.hook_failure) == (RolloutOutcome.NOTHING_CHANGED, "")
    assert Noticed(text="failed_deploy failed") in scene.events


def test_no_hook_runs_where_there_is_nothing_to_do(scene: Scene) -> None:
    scene.deploy()
    scene.hooks.ran.clear()
    assert scene.deploy().outcome is RolloutOutcome.UNCHANGED
    assert scene.hooks.ran == []


def test_a_resumed_rollout_runs_the_hooks_before_again_and_those_after(scene: Scene) -> None:
    scene.decisions = [Decision.GO_ON] * 3 + [Decision.LEAVE]
    assert scene.deploy().outcome is RolloutOutcome.INTERRUPTED
    assert scene.hooks.moments == [When.BEFORE_DEPLOY]
    assert scene.rollouts().resume().outcome is RolloutOutcome.DEPLOYED
    assert scene.hooks.moments == [When.BEFORE_DEPLOY, When.BEFORE_DEPLOY, When.AFTER_DEPLOY]


def test_an_aborted_rollout_runs_the_hooks_of_a_failure_alone(scene: Scene) -> None:
    scene.decisions = [Decision.GO_ON] * 3 + [Decision.LEAVE]
    scene.deploy()
    scene.hooks.ran.clear()
    assert scene.rollouts().abort().outcome is RolloutOutcome.ROLLED_BACK
    assert scene.hooks.moments == [When.FAILED_DEPLOY]
    occasion = scene.hooks.occasions[-1]
    assert (occasion.purpose, occasion.record.image) == (Purpose.ABORT, NEW)
    assert occasion.record.from_release == OLD


def test_the_lock_is_renewed_while_a_hook_runs_for_long(scene: Scene) -> None:
    held: list[bool] = []
    scene.hooks.during = lambda: held.append(scene.group.lock.is_held)
    scene.hooks.looks = 1_000
    assert scene.deploy().outcome is RolloutOutcome.DEPLOYED
    assert len(held) == 2_000
    assert all(held)


@pytest.mark.parametrize("decision", [Decision.LEAVE, Decision.GO_BACK])
def test_ctrl_c_during_a_hook_before_stops_before_any_change(
    scene: Scene, decision: Decision
) -> None:
    scene.decisions = [Decision.GO_ON, decision]
    result = scene.deploy()
    assert result.outcome is RolloutOutcome.NOTHING_CHANGED
    assert "Ctrl-C" in result.reason
    assert set(scene.group.releases.values()) == {OLD}


def test_ctrl_c_during_a_hook_after_ends_the_hook_and_the_release_stays(scene: Scene) -> None:
    def press() -> None:
        if scene.hooks.moments[-1] is When.AFTER_DEPLOY:
            scene.decisions = [Decision.LEAVE]

    scene.hooks.during = press
    result = scene.deploy()
    assert scene.hooks.was_ended
    assert (result.outcome, result.hook_failure) == (
        RolloutOutcome.DEPLOYED,
        "the hook was cancelled",
    )


def test_a_second_ctrl_c_during_a_hook_after_leaves_a_finished_rollout(scene: Scene) -> None:
    def press() -> None:
        if scene.hooks.moments[-1] is When.AFTER_DEPLOY:
            raise KeyboardInterrupt

    scene.hooks.during = press
    result = scene.deploy()
    assert result.outcome is RolloutOutcome.DEPLOYED
    assert result.hook_failure == "a hook after it was ended by Ctrl-C"
    assert scene.group.lock.holder == ""


def test_a_lock_lost_during_a_hook_after_does_not_undo_what_is_written_down(scene: Scene) -> None:
    def lose() -> None:
        if scene.hooks.moments[-1] is When.AFTER_DEPLOY:
            scene.group.lock.give("somebody else")

    scene.hooks.during, scene.hooks.looks = lose, 1_000
    result = scene.deploy()
    assert result.outcome is RolloutOutcome.DEPLOYED
    assert "a hook after it was ended: " in result.hook_failure
    assert scene.group.histories.entries[-1].outcome is RolloutOutcome.DEPLOYED


def test_a_cloud_that_does_not_answer_a_hook_is_a_failed_hook(scene: Scene) -> None:
    def refuse() -> None:
        raise CloudError("cannot describe the stack")

    scene.hooks.during = refuse
    result = scene.deploy()
    assert result.outcome is RolloutOutcome.NOTHING_CHANGED
    assert result.reason == "cannot describe the stack"
