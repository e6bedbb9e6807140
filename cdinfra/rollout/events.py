"""What happens during a rollout, as values: the view, the pipe, JSON and the tests consume them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from cdinfra.events import HookOutput, HookStarted
from cdinfra.rollout.plan import RolloutPlan


class Phase(StrEnum):
    """The steps of a rollout, in their order."""

    PREFLIGHT = "preflight"
    LOCK = "lock"
    PULL = "pull"
    DRAIN = "drain"
    SWAP = "swap"
    HEALTH = "health"
    REGISTER = "register"
    TAGS = "tags"
    HISTORY = "history"
    UNLOCK = "unlock"


class HostState(StrEnum):
    """Where a host is on its way."""

    WAITING = "waiting"
    PULLING = "pulling"
    PULLED = "pulled"
    DRAINING = "draining"
    SWAPPING = "swapping"
    CHECKING = "checking"
    REGISTERING = "registering"
    DONE = "done"
    FAILED = "failed"
    GONE = "gone"
    GOING_BACK = "going back"
    BACK = "back"
    NOT_BACK = "not back"


class RolloutOutcome(StrEnum):
    """How a rollout ended.

    Attributes:
        DEPLOYED: Every host runs the release, and tags and history say so.
        UNCHANGED: There was nothing to do.
        NOTHING_CHANGED: It failed before any host had changed.
        ROLLED_BACK: It failed, and every host that had changed runs the old release again.
        ROLLBACK_INCOMPLETE: It failed, and some hosts could not be brought back.
        UNFINISHED: Every host runs the release, but tags or history could not be written.
        INTERRUPTED: It was left as it is, to be resumed or aborted.
    """

    DEPLOYED = "deployed"
    UNCHANGED = "unchanged"
    NOTHING_CHANGED = "nothing changed"
    ROLLED_BACK = "rolled back"
    ROLLBACK_INCOMPLETE = "rollback incomplete"
    UNFINISHED = "unfinished"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutStarted:
    """A rollout begins: it holds the lock.

    Attributes:
        plan: What it is going to do.
        generation: The lock's number.
    """

    plan: RolloutPlan
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStarted:
    """A step begins.

    Attributes:
        phase: Which.
        batch: Number of the batch from 1; 0 where the step is of the whole fleet.
        of: How many batches there are; 0 likewise.
        hosts: How many hosts take part.
    """

    phase: Phase
    batch: int = 0
    of: int = 0
    hosts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostMoved:
    """A host is in another state.

    Attributes:
        instance_id: The host.
        state: Where it is now.
        batch: Number of its batch from 1; 0 outside of batches.
        seconds: How long it was in the state before.
        reason: Why, where it failed: the probe's last answer.
        log: The last lines of its container, where it failed.
    """

    instance_id: str
    state: HostState
    batch: int = 0
    seconds: float = 0.0
    reason: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """Something is being waited for.

    Attributes:
        what: What, in words: ``the lock, which jenkins holds for 40 s more``.
        seconds: How long at most; None where nobody knows.
    """

    what: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Something that a person should know, and that changes nothing.

    Attributes:
        text: One sentence.
    """

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WentBack:
    """The rollout has failed; the hosts that had changed are brought back.

    Attributes:
        reason: Why it failed.
        hosts: How many go back.
        release: What they go back to.
    """

    reason: str
    hosts: int
    release: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutFinished:
    """A rollout ended.

    Attributes:
        outcome: How.
        release: What the group runs now; empty where it is not one release.
        changed: Hosts that run another release than before.
        failed: Hosts that failed, by instance id.
        seconds: How long it took, from the lock on.
        reason: Why it did not end well; else empty.
        next: The command to type next; empty where there is nothing to do.
    """

    outcome: RolloutOutcome
    release: str
    changed: int
    failed: tuple[str, ...]
    seconds: float
    reason: str = ""
    next: str = ""


RolloutEvent: TypeAlias = (
    RolloutStarted
    | PhaseStarted
    | HostMoved
    | Waited
    | Noticed
    | WentBack
    | HookStarted
    | HookOutput
    | RolloutFinished
)
OnRolloutEvent: TypeAlias = Callable[[RolloutEvent], None]
