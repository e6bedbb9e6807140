"""What a verb of the host agent came to: its last line, read as a value; pure.

The text is foreign: a host may run another version of the agent, or no agent at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cdinfra.deploy.agent_output import UnreadReport, find_result, number_in, text_in

MOST_LOG_LINES = 20
"""As many as the agent writes of a container."""

LONGEST_LINE = 500
"""Characters of one line, as the agent cuts them."""


class AgentOutcome(StrEnum):
    """How a verb of the agent ended.

    Attributes:
        CHANGED: The host runs the release, and did not before.
        UNCHANGED: The host ran it already.
        IDLE: The host is to run nothing.
        DRAINED: It takes no connections.
        STATUS: It said what it runs.
        PRUNED: Old images are gone.
        PULLED: The image is there, and was not before.
        PRESENT: The image was there already.
        FAILED: It could not be done.
        INVALID: What was asked, or the host's settings, are wrong.
        REFUSED: A newer generation was there.
        BUSY: Another run was at work for too long.
        UNKNOWN: It said nothing that is understood.
    """

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    IDLE = "idle"
    DRAINED = "drained"
    STATUS = "status"
    PRUNED = "pruned"
    PULLED = "pulled"
    PRESENT = "present"
    FAILED = "failed"
    INVALID = "invalid"
    REFUSED = "refused"
    BUSY = "busy"
    UNKNOWN = "unknown"

    @property
    def is_success(self) -> bool:
        """Whether it did what it was asked."""
        return self not in {self.FAILED, self.INVALID, self.REFUSED, self.BUSY, self.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResult:
    """What a verb of the agent came to.

    Attributes:
        outcome: How it ended.
        verb: The verb; empty where it does not say.
        message: Why it did not do what it was asked; empty where it did.
        log: The last lines of the container, where it failed.
        seconds: How long it took; None where it does not say.
        details: Everything that it says, as it says it.
    """

    outcome: AgentOutcome
    verb: str = ""
    message: str = ""
    log: tuple[str, ...] = ()
    seconds: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def parse_result(output: str) -> AgentResult:
    """Return what a verb came to, whatever the host wrote.

    Args:
        output: What the verb wrote, or at least its last line.
    """
    said = find_result(output)
    if isinstance(said, UnreadReport):
        return AgentResult(outcome=AgentOutcome.UNKNOWN, message=said.problem)
    outcome = _outcome(said)
    message = text_in(said, "message")
    if not message and not outcome.is_success:
        message = _unsaid(said, outcome)
    return AgentResult(
        outcome=outcome,
        verb=text_in(said, "verb"),
        message=message,
        log=_log(said),
        seconds=number_in(said, "seconds"),
        details=said,
    )


def _outcome(said: Mapping[str, Any]) -> AgentOutcome:
    try:
        return AgentOutcome(text_in(said, "outcome"))
    except ValueError:
        return AgentOutcome.UNKNOWN


def _unsaid(said: Mapping[str, Any], outcome: AgentOutcome) -> str:
    if outcome is AgentOutcome.UNKNOWN:
        return f"its agent says {str(said.get('outcome'))[:LONGEST_LINE]!r}, which is not known"
    return "it does not say why"


def _log(said: Mapping[str, Any]) -> tuple[str, ...]:
    lines = said.get("log")
    if not isinstance(lines, list):
        return ()
    texts = [each for each in lines if isinstance(each, str)]
    return tuple(each[:LONGEST_LINE] for each in texts[-MOST_LOG_LINES:])
