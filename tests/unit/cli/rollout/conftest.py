"""Rollouts that a script plays: what the core would tell, in its order and with its pauses."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import TypeAlias

import pytest
from click.testing import CliRunner, Result

from cdinfra.cli.access import Access
from cdinfra.cli.options import Request
from cdinfra.cli.root import root
from cdinfra.cli.transport_options import Reach
from cdinfra.deploy.clock import Clock
from cdinfra.rollout.events import (
    HostMoved,
    HostState,
    Noticed,
    Phase,
    PhaseStarted,
    RolloutEvent,
    RolloutFinished,
    RolloutOutcome,
    RolloutStarted,
    Waited,
    WentBack,
)
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.image import Image
from cdinfra.rollout.interrupts import Decision, Standing
from cdinfra.rollout.plan import Batch, HostPlan, Purpose, RolloutPlan
from cdinfra.rollout.result import FailedHost, RolloutResult
from cdinfra.rollout.rollouts import Confirm, Rollouts
from cdinfra.rollout.run import Run
from cdinfra.rollout.strategy import Strategy

OLD = f"registry.example.com/shop/web@sha256:{'01' * 32}"
NEW = f"registry.example.com/shop/web@sha256:{'fe' * 32}"
GROUP = DeployGroup(
    app="shop",
    env="dev",
    stack="web",
    stack_name="shop-dev-web",
    name="shop-dev-web",
    bucket="shop-dev-state",
)
ANSWER = "GET http://172.17.0.3:8080/health answered 503"
LAST_WORDS = ("starting", "panic: no database at \x1b[2Jdb:5432")

Script: TypeAlias = Iterator[tuple[float, RolloutEvent]]
"""Each event, with the seconds that pass before it."""


def host(number: int) -> str:
    return f"i-0{number:016x}"


def plan_of(hosts: int, *, batch: int = 1, purpose: Purpose = Purpose.DEPLOY) -> RolloutPlan:
    """A canary, and then batches of so many hosts."""
    members = [HostPlan(instance_id=host(each), from_release=OLD) for each in range(hosts)]
    rest = [members[first : first + batch] for first in range(1, hosts, batch)]
    canary = Batch(hosts=tuple(members[:1]), at_once=1, is_canary=True, pause_seconds=5)
    batches = [Batch(hosts=tuple(each), at_once=max(1, batch // 2)) for each in rest]
    return RolloutPlan(
        purpose=purpose,
        group=GROUP,
        image=Image(release=NEW, tag="1.4.2"),
        from_release=OLD,
        batches=(canary, *batches) if hosts else (),
        current=(),
        strategy=Strategy(),
        notes=("the hosts run 2 versions of the agent",) if hosts > 3 else (),
    )


def moved(number: int, state: HostState, batch: int = 0, seconds: float = 0.0) -> HostMoved:
    return HostMoved(instance_id=host(number), state=state, batch=batch, seconds=seconds)


def failed(number: int, batch: int, state: HostState = HostState.FAILED) -> HostMoved:
    return HostMoved(
        instance_id=host(number),
        state=state,
        batch=batch,
        seconds=30.0,
        reason=ANSWER,
        log=LAST_WORDS,
    )


def begun(plan: RolloutPlan, numbers: Sequence[int]) -> Script:
    """The lock is taken, and every host pulls."""
    yield 0.2, RolloutStarted(plan=plan, generation=7)
    yield 0.0, PhaseStarted(phase=Phase.PULL, hosts=len(numbers))
    for number in numbers:
        yield 0.0, moved(number, HostState.PULLING)
    for number in numbers:
        yield 2.0 / len(numbers), moved(number, HostState.PULLED, seconds=2.0)


def swapped(numbers: Sequence[int], batch: int, of: int) -> Script:
    """A batch goes well."""
    yield 0.0, PhaseStarted(phase=Phase.SWAP, batch=batch, of=of, hosts=len(numbers))
    for number in numbers:
        yield 0.1, moved(number, HostState.SWAPPING, batch, 3.0)
    for number in numbers:
        yield 0.5, moved(number, HostState.CHECKING, batch, 1.5)
    yield 0.1, Waited(what=f"batch {batch} to be healthy", seconds=300.0)
    for number in numbers:
        yield 0.5, moved(number, HostState.DONE, batch, 2.0)


def finished(outcome: RolloutOutcome, **values: object) -> RolloutFinished:
    known: dict[str, object] = {"release": "", "changed": 0, "failed": (), "seconds": 31.0}
    return RolloutFinished(outcome=outcome, **{**known, **values})  # type: ignore[arg-type]


def success(plan: RolloutPlan) -> Script:
    yield from begun(plan, range(len(plan.hosts)))
    first = 0
    for batch, each in enumerate(plan.batches, 1):
        yield from swapped(range(first, first + len(each.hosts)), batch, len(plan.batches))
        first += len(each.hosts)
        if each.pause_seconds:
            yield 0.0, Waited(what="the canary to stay healthy", seconds=5.0)
            yield 5.0, Noticed(text="the canary stayed healthy for 5 s")
    for phase in (Phase.TAGS, Phase.HISTORY, Phase.UNLOCK):
        yield 0.5, PhaseStarted(phase=phase)
    yield 0.1, finished(RolloutOutcome.DEPLOYED, release=NEW, changed=first)


def failed_canary(plan: RolloutPlan) -> Script:
    yield from begun(plan, range(len(plan.hosts)))
    yield 0.0, PhaseStarted(phase=Phase.SWAP, batch=1, of=len(plan.batches), hosts=1)
    yield 0.1, moved(0, HostState.SWAPPING, 1, 3.0)
    yield 1.0, moved(0, HostState.CHECKING, 1, 1.0)
    yield 3.0, failed(0, 1)
    yield 0.1, PhaseStarted(phase=Phase.UNLOCK)
    yield (
        0.0,
        finished(
            RolloutOutcome.ROLLED_BACK,
            release=OLD,
            failed=(host(0),),
            reason="the canary failed",
        ),
    )


def rollback(plan: RolloutPlan) -> Script:
    """The second batch fails; what has changed goes back, all but a host that does not answer."""
    yield from begun(plan, range(len(plan.hosts)))
    yield from swapped([0], 1, len(plan.batches))
    yield 0.0, PhaseStarted(phase=Phase.SWAP, batch=2, of=len(plan.batches), hosts=1)
    yield 0.1, moved(1, HostState.SWAPPING, 2, 3.0)
    yield 2.0, failed(1, 2)
    yield 0.0, WentBack(reason="1 host failed, and none may", hosts=1, release=OLD)
    yield 0.0, PhaseStarted(phase=Phase.SWAP, batch=1, of=1, hosts=1)
    yield 0.1, moved(0, HostState.GOING_BACK, 1, 9.0)
    yield 2.0, moved(0, HostState.BACK, 1, 2.0)
    yield (
        0.0,
        finished(
            RolloutOutcome.ROLLED_BACK,
            release=OLD,
            failed=(host(1),),
            reason="1 host failed, and none may",
        ),
    )


def incomplete(plan: RolloutPlan) -> Script:
    """As above, but the way back fails on a host, too."""
    for pause, event in rollback(plan):
        match event:
            case HostMoved(state=HostState.BACK):
                yield pause, replace(failed(0, 1), state=HostState.NOT_BACK)
            case RolloutFinished():
                yield (
                    pause,
                    replace(
                        event,
                        outcome=RolloutOutcome.ROLLBACK_INCOMPLETE,
                        release="",
                        changed=1,
                        failed=(host(1), host(0)),
                        next="cdinfra abort web",
                    ),
                )
            case _:
                yield pause, event


def interrupted(plan: RolloutPlan) -> Script:
    yield from begun(plan, range(len(plan.hosts)))
    yield from swapped([0], 1, len(plan.batches))
    yield (
        0.0,
        finished(
            RolloutOutcome.INTERRUPTED,
            changed=1,
            reason="it was left after Ctrl-C",
            next="finish it with `cdinfra resume web`, or undo it with `cdinfra abort web`",
        ),
    )


def locked(plan: RolloutPlan) -> Script:
    what = "the lock, which jenkins@ci holds (https://ci.example.com/job/web/7/)"
    for seconds in (40.0, 30.0, 20.0, 10.0):
        yield 0.0 if seconds == 40.0 else 10.0, Waited(what=what, seconds=seconds)
    yield from success(plan)


SCENES: Mapping[str, Callable[[RolloutPlan], Script]] = {
    "success": success,
    "failed canary": failed_canary,
    "rollback": rollback,
    "rollback incomplete": incomplete,
    "interrupted": interrupted,
    "waiting for the lock": locked,
}


def ended(plan: RolloutPlan, end: RolloutFinished, events: Sequence[RolloutEvent]) -> RolloutResult:
    told = {each.instance_id: each for each in events if isinstance(each, HostMoved) and each.log}
    return RolloutResult(
        purpose=plan.purpose,
        group=plan.group.stack,
        outcome=end.outcome,
        image=plan.image.release,
        from_release=plan.from_release,
        release=end.release,
        generation=7,
        changed=end.changed,
        hosts=len(plan.hosts) + len(plan.current),
        failed=tuple(
            FailedHost(instance_id=each, reason=told[each].reason, log=told[each].log, runs=OLD)
            for each in end.failed
        ),
        seconds=end.seconds,
        reason=end.reason,
        next=end.next,
    )


@dataclass
class ScriptedRollouts(Rollouts):
    """Rollouts of which everything is known before.

    Attributes:
        plan: What is planned, whatever is asked for.
        scene: What happens then.
        run: Who runs it, and whom it tells and asks.
        asked: What was asked for.
    """

    plan: RolloutPlan
    scene: Callable[[RolloutPlan], Script]
    run: Run
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def _planned(self, purpose: Purpose, *asked: object) -> RolloutPlan:
        self.asked.append((purpose, *asked))
        self.plan = replace(self.plan, purpose=purpose)
        return self.plan

    def plan_deploy(self, image: str, strategy: Strategy) -> RolloutPlan:
        return self._planned(Purpose.DEPLOY, image, strategy)

    def plan_rollback(self, number: int | None, strategy: Strategy) -> RolloutPlan:
        return self._planned(Purpose.ROLLBACK, number, strategy)

    def plan_redeploy(self, strategy: Strategy) -> RolloutPlan:
        return self._planned(Purpose.REDEPLOY, strategy)

    def carry_out(self, plan: RolloutPlan) -> RolloutResult:
        self.asked.append(("carry out",))
        events: list[RolloutEvent] = []
        for pause, event in self.scene(plan):
            self.run.clock.sleep(pause)
            events.append(event)
            self.run.on_event(event)
            if isinstance(event, HostMoved) and event.state is HostState.DONE:
                decision = self._decision(plan, events)
                self.asked.append((decision,))
                if decision is not Decision.GO_ON:
                    events.append(list(interrupted(plan))[-1][1])
                    self.run.on_event(events[-1])
                    break
        end = events[-1]
        assert isinstance(end, RolloutFinished)
        return ended(plan, end, events)

    def _decision(self, plan: RolloutPlan, events: Sequence[RolloutEvent]) -> Decision:
        done = sum(isinstance(each, HostMoved) and each.state is HostState.DONE for each in events)
        left = len(plan.hosts) - done
        standing = Standing(release=NEW, from_release=OLD, changed=done, left=left)
        return self.run.take_decision(standing)

    def resume(self, confirm: Confirm | None = None) -> RolloutResult:
        return self._again(Purpose.RESUME, confirm)

    def abort(self, confirm: Confirm | None = None) -> RolloutResult:
        return self._again(Purpose.ABORT, confirm)

    def _again(self, purpose: Purpose, confirm: Confirm | None) -> RolloutResult:
        plan = self._planned(purpose)
        if purpose is Purpose.ABORT:
            plan = replace(plan, image=Image(release=OLD), from_release=NEW)
        assert confirm is not None
        assert confirm(plan)
        return self.carry_out(plan)


def up_to_date() -> RolloutPlan:
    """Every host runs it already."""
    hosts = plan_of(2).hosts
    return replace(plan_of(0), current=hosts, from_release=NEW)


def unchanged(_: RolloutPlan) -> Script:
    yield 0.0, finished(RolloutOutcome.UNCHANGED, release=NEW)


@dataclass
class Stage:
    """Where scenes are played.

    Attributes:
        plan: What is planned.
        scene: What happens then.
        answers: What a person types; None where nobody is there.
        now: The time.
        during_sleep: Called in each sleep.
        rollouts: Those that were opened.
        opened: What each was opened with.
    """

    plan: RolloutPlan = field(default_factory=lambda: plan_of(3))
    scene: Callable[[RolloutPlan], Script] = success
    answers: str | None = None
    now: datetime = datetime(2026, 1, 31, 9, tzinfo=UTC)
    during_sleep: Callable[[], None] = lambda: None
    rollouts: list[ScriptedRollouts] = field(default_factory=list)
    opened: list[tuple[Request, str, Reach]] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.during_sleep()

    def after_start(self, act: Callable[[], None]) -> Callable[[RolloutPlan], Script]:
        """Return a scene in which something happens once the lock is held."""

        def scene(plan: RolloutPlan) -> Script:
            for pause, event in success(plan):
                yield pause, event
                if isinstance(event, RolloutStarted):
                    act()

        return scene

    @contextmanager
    def open_rollouts(
        self, request: Request, group: str, reach: Reach, run: Run
    ) -> Iterator[Rollouts]:
        self.opened.append((request, group, reach))
        self.rollouts.append(ScriptedRollouts(plan=self.plan, scene=self.scene, run=run))
        yield self.rollouts[-1]

    def run(self, *args: str) -> Result:
        world = Access(
            clock=Clock(now=lambda: self.now, sleep=self.sleep),
            can_ask=lambda: self.answers is not None,
            open_rollouts=self.open_rollouts,
        )
        return CliRunner().invoke(root, list(args), obj=world, input=self.answers)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def scenes() -> ModuleType:
    """The names of this file, for tests, which cannot import it."""
    return sys.modules[__name__]
