"""How a rollout ended."""

from dataclasses import dataclass

from cdinfra.errors import (
    CdinfraError,
    HookFailedError,
    NothingChangedError,
    RollbackIncompleteError,
    RolledBackError,
    RolloutLeftError,
    UnfinishedError,
)
from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.plan import Purpose

ERRORS: dict[RolloutOutcome, type[CdinfraError]] = {
    RolloutOutcome.NOTHING_CHANGED: NothingChangedError,
    RolloutOutcome.ROLLED_BACK: RolledBackError,
    RolloutOutcome.ROLLBACK_INCOMPLETE: RollbackIncompleteError,
    RolloutOutcome.UNFINISHED: UnfinishedError,
    RolloutOutcome.INTERRUPTED: RolloutLeftError,
}
"""What each outcome is that is no success; an abort that rolled back is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedHost:
    """A host on which the rollout failed.

    Attributes:
        instance_id: The host.
        reason: Why: the probe's last answer, or what the host said.
        log: The last lines of its container.
        runs: What it runs now, as far as it said; empty where it did not.
    """

    instance_id: str
    reason: str
    log: tuple[str, ...] = ()
    runs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutResult:
    """How a rollout ended.

    Attributes:
        purpose: What it was for.
        group: What a person types for the deploy group, ``web``.
        outcome: How it ended.
        image: The release that the hosts were to run, by digest.
        from_release: The release that the group ran before; empty before its first.
        release: What the group runs now; empty where it is not one release.
        generation: The lock's number; 0 where the lock was not needed.
        changed: Hosts that run another release than before.
        hosts: Hosts that took part, those that were up to date among them.
        failed: The hosts on which it failed.
        seconds: How long it took, from the lock on.
        reason: Why it did not end well; else empty.
        next: The command to type next; empty where there is nothing to do.
        hook_failure: Why a hook failed after a rollout that went well; else empty.
    """

    purpose: Purpose
    group: str
    outcome: RolloutOutcome
    image: str
    from_release: str
    release: str
    generation: int = 0
    changed: int = 0
    hosts: int = 0
    failed: tuple[FailedHost, ...] = ()
    seconds: float = 0.0
    reason: str = ""
    next: str = ""
    hook_failure: str = ""

    @property
    def is_success(self) -> bool:
        """Whether what was asked for has been done, the hooks after it among that."""
        if self.hook_failure:
            return False
        if self.purpose is Purpose.ABORT and self.outcome is RolloutOutcome.ROLLED_BACK:
            return True
        return self.outcome not in ERRORS

    @property
    def error(self) -> type[CdinfraError]:
        """What it is that did not end well; its exit code tells the outcomes apart."""
        return HookFailedError if self.hook_failure else ERRORS[self.outcome]

    def raise_for_failure(self) -> None:
        """Raise if it did not end well; the error's exit code tells the outcomes apart.

        Raises:
            NothingChangedError: It failed before any host had changed.
            RolledBackError: It failed, and every host runs the old release again.
            RollbackIncompleteError: It failed, and some hosts could not be brought back.
            UnfinishedError: Every host runs the release, but tags or history are not written.
            RolloutLeftError: Somebody pressed Ctrl-C and left it as it is.
            HookFailedError: It went well, and a hook after it failed.
        """
        if self.is_success:
            return
        lines = [f"{self.group}: {self.outcome}: {self.hook_failure or self.reason}"]
        lines += [f"{each.instance_id}: {each.reason}" for each in self.failed]
        raise self.error("\n".join(lines), hint=self.next)
