"""What a rollout is going to do, as values."""

from dataclasses import dataclass
from enum import StrEnum

from cdinfra.model import Hook
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.image import Image
from cdinfra.rollout.strategy import Strategy


class Purpose(StrEnum):
    """What a rollout is for."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    REDEPLOY = "redeploy"
    RESUME = "resume"
    ABORT = "abort"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPlan:
    """One host of a rollout.

    Attributes:
        instance_id: The host.
        from_release: What it runs; empty where nothing.
        agent: Fingerprint of its agent.
    """

    instance_id: str
    from_release: str
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Hosts that are worked on one after the other, or some at a time.

    Attributes:
        hosts: The hosts, in order.
        at_once: How many of them may be away at once.
        is_canary: Whether these are the first, on which the release is tried.
        pause_seconds: How long to wait and watch when all of them are done.
    """

    hosts: tuple[HostPlan, ...]
    at_once: int
    is_canary: bool = False
    pause_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutPlan:
    """What a rollout is going to do.

    Attributes:
        purpose: What it is for.
        group: The deploy group.
        image: What the hosts are to run.
        from_release: What the group runs; empty before its first release.
        batches: The hosts that change, in order.
        current: Hosts that run it already, and healthily.
        strategy: How it is gone about.
        notes: What a person should know before: one sentence each.
        hooks: The programs that run around it.
    """

    purpose: Purpose
    group: DeployGroup
    image: Image
    from_release: str
    batches: tuple[Batch, ...]
    current: tuple[HostPlan, ...]
    strategy: Strategy
    notes: tuple[str, ...] = ()
    hooks: tuple[Hook, ...] = ()

    @property
    def hosts(self) -> tuple[HostPlan, ...]:
        """The hosts that change, in order."""
        return tuple(host for batch in self.batches for host in batch.hosts)
