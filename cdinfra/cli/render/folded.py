"""Which lines of a run fit a terminal: what is under way first, the rest in one line each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cdinfra.cli.render.progress import ResourceProgress, StackProgress
from cdinfra.cli.render.words import count
from cdinfra.events import Outcome

MOST_RESOURCES = 8
"""Most lines for the resources of one stack, however tall the terminal is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A line that stands for several."""

    text: str


Line: TypeAlias = StackProgress | ResourceProgress | Folded


def folded(stacks: Iterable[StackProgress], height: int) -> tuple[Line, ...]:
    """Return the lines to draw, each stack before its resources.

    Args:
        stacks: The stacks in the order of the plan.
        height: Most lines, at least 3.
    """
    lines = _stack_lines(tuple(stacks), height)
    busy = [each for each in lines if isinstance(each, StackProgress) and each.active]
    wanted = [min(len(each.active), MOST_RESOURCES) for each in busy]
    room = {
        stack.stack: share
        for stack, share in zip(busy, _shared(height - len(lines), wanted), strict=True)
    }
    return tuple(_with_resources(lines, room))


def _with_resources(lines: Iterable[Line], room: dict[str, int]) -> Iterator[Line]:
    for each in lines:
        yield each
        if isinstance(each, StackProgress) and each.stack in room:
            yield from _resource_lines(tuple(each.active.values()), room[each.stack])


def _resource_lines(active: Sequence[ResourceProgress], room: int) -> Iterator[Line]:
    if len(active) <= room:
        yield from active
    elif room == 1:
        yield Folded(text=f"{count(len(active), 'resource')} under way")
    elif room:
        yield from active[: room - 1]
        yield Folded(text=f"and {len(active) - room + 1} more")


def _stack_lines(stacks: Sequence[StackProgress], height: int) -> tuple[Line, ...]:
    if len(stacks) <= height:
        return tuple(stacks)
    waiting = [each for each in stacks if each.started is None and each.outcome is None]
    shown = [each for each in stacks if each.is_under_way or each.outcome is Outcome.FAILED]
    done = len(stacks) - len(waiting) - len(shown)
    above = [Folded(text=f"{count(done, 'stack')} done")] if done else []
    below = [Folded(text=f"{count(len(waiting), 'stack')} waiting")] if waiting else []
    room = height - len(above) - len(below)
    if len(shown) > room:
        below.insert(0, Folded(text=f"and {count(len(shown) - room + 1, 'stack')} more"))
        shown = shown[: room - 1]
    return (*above, *shown, *below)


def _shared(room: int, wanted: Sequence[int]) -> list[int]:
    """Share lines out: one to each in turn, until nobody wants more or none is left."""
    shares = [0] * len(wanted)
    while room > 0 and shares != list(wanted):
        for index, most in enumerate(wanted):
            if shares[index] < most and room > 0:
                shares[index] += 1
                room -= 1
    return shares
