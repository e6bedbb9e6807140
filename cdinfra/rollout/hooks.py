"""Hooks around a rollout: programs of a person's own before its first host changes, and after it.

Before: all hosts have pulled, and none has changed; where a hook fails, it ends there, and what
an earlier run had changed goes back. After: where a hook fails, the release stays, and the
command ends as failed. An abort, and a rollout that went back, have hooks of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from cdinfra.errors import CdinfraError, LockLostError
from cdinfra.model import Hook, When
from cdinfra.rollout.events import OnRolloutEvent, RolloutOutcome
from cdinfra.rollout.interrupts import Decision
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.record import Record
from cdinfra.rollout.stops import StopError
from cdinfra.rollout.work import Work

FAILED = frozenset(
    {
        RolloutOutcome.NOTHING_CHANGED,
        RolloutOutcome.ROLLED_BACK,
        RolloutOutcome.ROLLBACK_INCOMPLETE,
    }
)
"""Outcomes after which the hooks run that are for a rollout which failed."""

MOMENTS = MappingProxyType(
    {
        When.BEFORE_DEPLOY: "before it",
        When.AFTER_DEPLOY: "after it",
        When.FAILED_DEPLOY: "after the failure",
    }
)
"""When hooks run, in words."""

PAUSE_SECONDS = 0.2
"""Between two looks at a hook that runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a hook is told of the rollout.

    Attributes:
        when: The moment.
        record: Its journal: who, from, to, generation.
        purpose: What it is for.
        outcome: How it ended; None before.
    """

    when: When
    record: Record
    purpose: Purpose
    outcome: RolloutOutcome | None = None


class RolloutHooks(Protocol):
    """Runs the hooks of one deploy group."""

    @property
    def declared(self) -> tuple[Hook, ...]:
        """The hooks that run around its rollouts."""

    def run(self, occasion: Occasion, on_event: OnRolloutEvent, wait: Callable[[], bool]) -> str:
        """Run the hooks of a moment, one after the other, up to the first that fails.

        Args:
            occasion: The moment, and the rollout.
            on_event: Told of each hook and of every line that it writes.
            wait: Waits a little; returns False where the hook is to end. May raise, which ends
                the hook, too.

        Returns:
            Why one failed; empty where all went well.
        """


def run_before(work: Work) -> None:
    """Run the hooks before the first host changes.

    Raises:
        StopError: One failed.
        LeaveError: Somebody wants the rollout left as it is.
        LockLostError: Somebody else has taken the lock.
    """
    if work.hooks is None:
        return
    work.hooks_begun = True

    def wait() -> bool:
        work.check_stop()
        work.pacing.wait_for("a hook", PAUSE_SECONDS)
        return True

    failure = work.hooks.run(_occasion(work, When.BEFORE_DEPLOY, None), work.tell, wait)
    if failure:
        raise StopError(failure)


def run_after(work: Work, outcome: RolloutOutcome) -> str:
    """Run the hooks after a rollout; its end is written down by then.

    Returns:
        Why one failed after a rollout that went well; empty where all went well. Of a rollout
        that failed itself, that is told, and nothing is returned.
    """
    when = _moment_after(work, outcome)
    if work.hooks is None or when is None:
        return ""

    try:
        failure = work.hooks.run(
            _occasion(work, when, outcome), work.tell, lambda: _wait_after(work)
        )
    except KeyboardInterrupt:
        failure = "a hook after it was ended by Ctrl-C"
    except LockLostError as error:
        failure = f"a hook after it was ended: {error.message}"
    except CdinfraError as error:
        failure = f"the hooks after it could not be run: {error.message}"
    if failure and when is When.FAILED_DEPLOY:
        work.notice(failure)
        return ""
    return failure


def _wait_after(work: Work) -> bool:
    work.pacing.wait_for("a hook", PAUSE_SECONDS)
    return work.decide() is Decision.GO_ON


def _moment_after(work: Work, outcome: RolloutOutcome) -> When | None:
    if outcome is RolloutOutcome.DEPLOYED:
        return When.AFTER_DEPLOY
    began = work.hooks_begun or outcome is not RolloutOutcome.NOTHING_CHANGED
    return When.FAILED_DEPLOY if outcome in FAILED and began else None


def _occasion(work: Work, when: When, outcome: RolloutOutcome | None) -> Occasion:
    return Occasion(when=when, record=work.record, purpose=work.plan.purpose, outcome=outcome)
