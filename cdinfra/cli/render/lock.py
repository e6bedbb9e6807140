"""The deploy lock of a group, for people and for programs."""

from collections.abc import Iterator
from typing import Any

from cdinfra.cli.options import Request
from cdinfra.cli.render.style import strong
from cdinfra.cli.render.words import duration, printable, stamp
from cdinfra.deploy.plain import plain
from cdinfra.rollout.state.lock_record import LockState

FREE = "nobody holds the deploy lock"


def lock_object(state: LockState) -> dict[str, Any]:
    """Return the lock as an object, with whether it is held."""
    return {"is_held": state.is_held, **plain(state)}


def lock_lines(stack: str, state: LockState) -> Iterator[str]:
    """Return who holds the lock, and how it came to that.

    Args:
        stack: What a person types for the group.
        state: The lock as it was seen.
    """
    yield strong(f"{stack}: {_summary(state)}")
    facts = {name: value for name, value in _facts(state).items() if value}
    width = max(map(len, facts), default=0)
    yield from (f"  {name:<{width}}  {printable(value)}" for name, value in facts.items())


def broken_lines(state: LockState, stack: str, request: Request) -> Iterator[str]:
    """Return what breaking has done.

    Args:
        state: The lock as it was before.
        stack: What a person types for the group.
        request: Where it was done.
    """
    if state.holder is None:
        yield f"{stack}: {FREE}."
        return
    yield printable(f"{stack}: the deploy lock was taken from {state.holder}.")
    resume, abort = (request.next_command(word, stack) for word in ("resume", "abort"))
    yield f"Hosts may be half way: {resume}, or {abort}"


def _summary(state: LockState) -> str:
    if state.is_held:
        return "the deploy lock is held"
    if state.holder is not None:
        return "the deploy lock is free; its last holder's lease has run out"
    return FREE


def _facts(state: LockState) -> dict[str, str]:
    holder, broken = state.holder, state.broken
    reason = f": {broken.reason}" if broken and broken.reason else ""
    return {
        "holder": holder.owner if holder else "",
        "for": holder.purpose if holder else "",
        "release": holder.release if holder else "",
        "run": holder.run_url if holder else "",
        "process": str(holder.pid) if holder and holder.pid else "",
        "since": stamp(state.since) if holder else "",
        "lease": f"{duration(state.seconds_left)} left" if state.is_held else "",
        "generation": str(state.generation) if state.generation else "none yet",
        "broken": f"by {broken.by} at {stamp(broken.at)}{reason}" if broken else "",
    }
