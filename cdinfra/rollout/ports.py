"""What the core of a rollout needs of the world, as small protocols.

With these it runs against AWS, and in the tests against a fleet in memory. Each raises
:class:`~cdinfra.errors.CloudError` where the cloud cannot be asked or refuses.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cdinfra.aws.hosts import Host
from cdinfra.errors import Problem
from cdinfra.rollout.image import Image
from cdinfra.rollout.observed import Observed
from cdinfra.rollout.record import Account, Record
from cdinfra.rollout.transport import Transport

Pause = Callable[[float], None]
"""Waits so many seconds, and renews the lock meanwhile."""


class Lease(Protocol):
    """The deploy lock, held."""

    @property
    def generation(self) -> int:
        """Its number; greater each time somebody takes the lock."""

    def renew(self) -> None:
        """Renew it, where it is time to.

        Raises:
            LockLostError: Somebody else has taken it.
        """

    def release(self) -> bool:
        """Give it back; False where it was not ours any more."""


class Lock(Protocol):
    """The deploy lock of a group."""

    def take(
        self, *, purpose: str, release: str, seconds: float, on_wait: Callable[[str, float], None]
    ) -> Lease:
        """Take it.

        Args:
            purpose: What for, ``deploy``.
            release: What the hosts are to run.
            seconds: How long to wait for it where somebody holds it.
            on_wait: Called between two tries with what is waited for and for how long at most;
                what it raises ends the waiting.

        Raises:
            BusyError: Somebody holds it, for longer.
        """


class Journals(Protocol):
    """What is meant to be done, one record a rollout, by the lock's number."""

    def write(self, record: Record) -> None:
        """Write the record of a rollout, over an earlier one of the same."""

    def newest_unfinished(self) -> Record | None:
        """Return the record of the rollout that is to be resumed or aborted; None for none.

        One that failed before it changed a host says nothing of those before it.
        """


class Histories(Protocol):
    """What was done, one entry a rollout, never changed again."""

    def append(self, account: Account) -> object:
        """Add an entry."""

    def newest_generation(self) -> int:
        """Return the lock's number in the newest entry; 0 before the first."""

    def release_to_go_back_to(self, number: int | None) -> str:
        """Return the release of an entry, by digest.

        Args:
            number: Number of the entry; None takes the last good one before the current.

        Raises:
            InvalidInputError: There is no such entry, or none to go back to.
        """

    def releases_to_keep(self) -> tuple[str, ...]:
        """Return the releases whose images hosts are not to remove, newest first."""


class FleetView(Protocol):
    """The hosts of a deploy group."""

    def list_hosts(self) -> tuple[Host, ...]:
        """Return the hosts of the group that are not terminated, whatever their state."""


class TargetState(StrEnum):
    """What load balancers think of a host, all target groups taken together.

    Attributes:
        HEALTHY: It gets requests from each.
        COMING: It is registered, and its first checks are under way.
        UNHEALTHY: At least one finds it unhealthy.
        DRAINING: Connections to it end.
        ABSENT: It is in none, or no more.
    """

    HEALTHY = "healthy"
    COMING = "coming"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStanding:
    """What load balancers think of a host.

    Attributes:
        state: In one word.
        reason: Why, where that is not well; else empty.
    """

    state: TargetState
    reason: str = ""


class Balancer(Protocol):
    """The load balancers before the hosts of a group; calls grow with target groups."""

    @property
    def is_there(self) -> bool:
        """Whether there is any target group."""

    @property
    def drain_seconds(self) -> float:
        """How long connections to a host may take to end, at most: deregistration delay."""

    def deregister(self, hosts: Sequence[Host]) -> None:
        """Take hosts out; one that is not in is no error."""

    def register(self, hosts: Sequence[Host]) -> None:
        """Put hosts in; one that is in is no error."""

    def states(self, hosts: Sequence[Host]) -> Mapping[str, TargetStanding]:
        """Return what is thought of each, by instance id."""


class Tagger(Protocol):
    """The tags that say which release a group is to run."""

    def read_release(self) -> str:
        """Return the release that the stack gives to hosts to come; empty where none."""

    def tag_hosts(self, instance_ids: Sequence[str], release: str, generation: int) -> None:
        """Tag hosts; one that is terminated by now is left out."""

    def set_release(self, release: str, pause: Pause) -> None:
        """Give the stack the release and wait for the end; nothing to change is no error.

        Raises:
            CdinfraError: The stack cannot be updated, or the update failed.
        """


class Registry(Protocol):
    """What finds images."""

    def resolve(self, typed: str, running: str) -> Image:
        """Return the image that a person means.

        Args:
            typed: As typed: ``repo:tag``, ``repo@sha256:…``, ``:tag``.
            running: The release that the group runs, whose repository a bare tag means.

        Raises:
            InvalidInputError: There is no such image.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a look before the rollout has found.

    Attributes:
        problems: What forbids it; every one, not the first.
        notes: What a person should know, one sentence each.
    """

    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


class Preflight(Protocol):
    """Judges what was seen, before anything is touched."""

    def check(self, image: Image, observed: Observed) -> Findings:
        """Return what forbids to roll an image out, and what a person should know."""


def _keep_session() -> None:
    """Do nothing: there is no session that could expire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything of the world that a rollout needs.

    Attributes:
        renew_session: Forgets the credentials, so that the next call reads them anew.
    """

    transport: Transport
    fleet: FleetView
    lock: Lock
    journals: Journals
    histories: Histories
    balancer: Balancer
    tagger: Tagger
    registry: Registry
    preflight: Preflight
    renew_session: Callable[[], None] = _keep_session
