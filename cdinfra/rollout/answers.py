"""How a command ended on a host, judged; pure."""

from dataclasses import dataclass
from enum import StrEnum

from cdinfra.rollout.agent_result import AgentOutcome, parse_result
from cdinfra.rollout.transport import Ended, Ending


class Verdict(StrEnum):
    """What came of a verb of the agent on a host.

    Attributes:
        DONE: It has done what it was asked.
        BUSY: Another run was at work; it can be asked again.
        FAILED: It could not, and said why.
        REFUSED: A newer generation was there.
        UNREACHABLE: It cannot have begun.
        UNSURE: It may have begun, and nobody knows what became of it.
    """

    DONE = "done"
    BUSY = "busy"
    FAILED = "failed"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a verb on a host.

    Attributes:
        verdict: In one word.
        outcome: What the agent calls it; empty where it said nothing.
        reason: Why it was not done; else empty.
        log: The last lines of the container, where it failed.
    """

    verdict: Verdict
    outcome: str = ""
    reason: str = ""
    log: tuple[str, ...] = ()


_NO_PROGRAM = (126, 127)
"""How a shell ends that cannot run a program. Source: POSIX, Shell Command Language, 2.8.2."""


def judge(ended: Ended) -> Answer:
    """Return what came of a verb of the agent, given how its command ended."""
    if ended.ending is Ending.UNREACHABLE:
        return Answer(verdict=Verdict.UNREACHABLE, reason=ended.problem or "it cannot be reached")
    if ended.ending is not Ending.DONE:
        reason = ended.problem or f"the command {_WORDS[ended.ending]}"
        return Answer(verdict=Verdict.UNSURE, reason=reason)
    said = parse_result(ended.output)
    if said.outcome is AgentOutcome.UNKNOWN:
        if ended.exit_code in _NO_PROGRAM:
            return Answer(verdict=Verdict.FAILED, reason="it has no cdinfra-host")
        reason = f"{said.message} (exit code {ended.exit_code})"
        return Answer(verdict=Verdict.UNSURE, reason=reason)
    verdict = _VERDICTS.get(said.outcome, Verdict.DONE)
    reason = "" if verdict is Verdict.DONE else said.message
    return Answer(verdict=verdict, outcome=str(said.outcome), reason=reason, log=said.log)


_VERDICTS = {
    AgentOutcome.FAILED: Verdict.FAILED,
    AgentOutcome.INVALID: Verdict.FAILED,
    AgentOutcome.REFUSED: Verdict.REFUSED,
    AgentOutcome.BUSY: Verdict.BUSY,
}

_WORDS = {
    Ending.TIMED_OUT: "was still running when its time was over",
    Ending.LOST: "was lost sight of",
    Ending.CANCELLED: "was called off",
}
