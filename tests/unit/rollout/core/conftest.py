"""A group in memory, and what was told of its rollouts."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from cdinfra.rollout.events import HostMoved, HostState, RolloutEvent
from cdinfra.rollout.fake_group import FakeGroup, release
from cdinfra.rollout.interrupts import TakeDecision, never_interrupted
from cdinfra.rollout.result import RolloutResult
from cdinfra.rollout.strategy import Share, Strategy

ONE_BY_ONE = Strategy(batch=Share(number=1), host_seconds=120)


@dataclass(kw_only=True)
class Run:
    """A group, and what was told of it."""

    group: FakeGroup
    events: list[RolloutEvent] = field(default_factory=list)

    def deploy(
        self,
        typed: str = ":v2",
        strategy: Strategy = ONE_BY_ONE,
        decide: TakeDecision = never_interrupted,
    ) -> RolloutResult:
        rollouts = self.group.rollouts(self.events.append, decide)
        return rollouts.carry_out(rollouts.plan_deploy(typed, strategy))

    def told(self, kind: type) -> list[RolloutEvent]:
        return [each for each in self.events if isinstance(each, kind)]

    def moves(self, instance_id: str) -> list[HostState]:
        return [
            each.state
            for each in self.events
            if isinstance(each, HostMoved) and each.instance_id == instance_id
        ]

    @property
    def ids(self) -> list[str]:
        return list(self.group.fleet.hosts)


def build_run(hosts: int = 3, *, is_balanced: bool = False, runs: str = release(1)) -> Run:
    return Run(group=FakeGroup(hosts, is_balanced=is_balanced, runs=runs))


@pytest.fixture
def run_of() -> Callable[..., Run]:
    """Make groups: ``run_of(hosts, is_balanced=…, runs=…)``."""
    return build_run
