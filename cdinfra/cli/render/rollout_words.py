"""How the things of a rollout are worded everywhere: phases, batches, states, ends."""

from typing import assert_never

from cdinfra.cli.render.hosts import short_release
from cdinfra.cli.render.words import count, duration, printable
from cdinfra.rollout.events import HostState, Phase, PhaseStarted, RolloutOutcome
from cdinfra.rollout.plan import RolloutPlan

_DOING = {
    Phase.PREFLIGHT: "looking at the hosts",
    Phase.LOCK: "taking the lock",
    Phase.PULL: "pulling the image",
    Phase.DRAIN: "draining",
    Phase.SWAP: "swapping",
    Phase.HEALTH: "watching",
    Phase.REGISTER: "registering",
    Phase.TAGS: "writing the tags",
    Phase.HISTORY: "writing the history",
    Phase.UNLOCK: "giving the lock back",
}

STATE_COLOURS = {
    HostState.DONE: "green",
    HostState.BACK: "green",
    HostState.FAILED: "red",
    HostState.NOT_BACK: "red",
    HostState.GONE: "yellow",
    HostState.GOING_BACK: "yellow",
}
"""The colour of a state; the word and the mark beside it say the same."""

OUTCOME_COLOURS = {
    RolloutOutcome.DEPLOYED: "green",
    RolloutOutcome.UNCHANGED: "",
    RolloutOutcome.NOTHING_CHANGED: "red",
    RolloutOutcome.ROLLED_BACK: "yellow",
    RolloutOutcome.ROLLBACK_INCOMPLETE: "red",
    RolloutOutcome.UNFINISHED: "red",
    RolloutOutcome.INTERRUPTED: "yellow",
}


def phase_words(phase: PhaseStarted, plan: RolloutPlan | None) -> str:
    """Return a step in words: ``swapping, canary``, ``swapping, batch 2 of 4``."""
    doing = _DOING[phase.phase]
    if not phase.batch:
        return doing
    return f"{doing}, {batch_words(phase.batch, plan, of=phase.of)}"


def batch_words(number: int, plan: RolloutPlan | None, *, of: int = 0) -> str:
    """Return a batch in words: ``canary``, ``batch 2``, ``batch 2 of 4``.

    Args:
        number: Its number from 1.
        plan: The plan that it is of; None where that is not known.
        of: How many there are; 0 leaves that out.
    """
    name = f"batch {number} of {of}" if of else f"batch {number}"
    batches = plan.batches[number - 1 : number] if plan else ()
    if not any(each.is_canary for each in batches):
        return name
    return f"canary, {name}" if of else "canary"


def waiting_words(what: str, seconds: float | None) -> str:
    """Return what is being waited for, in words."""
    most = "" if seconds is None else f", {duration(seconds)} at most"
    return f"waiting for {printable(what)}{most}"


def short(release: str) -> str:
    """Return a release in short, or that there is none."""
    return short_release(release) if release else "nothing"


def runs(hosts: int, release: str) -> str:
    """Return that so many hosts run a release: ``2 hosts run web@0123456789ab``."""
    return f"{count(hosts, 'host')} {'runs' if hosts == 1 else 'run'} {short(release)}"


def mark(state: HostState) -> str:
    """Return the mark of a state at which nothing moves; empty while a host is at work."""
    match state:
        case HostState.WAITING | HostState.PULLED:
            return "·"
        case HostState.DONE:
            return "✓"
        case HostState.BACK:
            return "↩"
        case HostState.FAILED | HostState.NOT_BACK:
            return "✗"
        case HostState.GONE:
            return "-"
        case (
            HostState.PULLING
            | HostState.DRAINING
            | HostState.SWAPPING
            | HostState.CHECKING
            | HostState.REGISTERING
            | HostState.GOING_BACK
        ):
            return ""
        case _:
            assert_never(state)
