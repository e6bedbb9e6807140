"""From the times that a history keeps to bars: what anybody may have written there becomes sane."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from cdinfra.cli.render.report.markup import LONGEST_TIME
from cdinfra.rollout.events import HostState
from cdinfra.rollout.record import Account
from cdinfra.rollout.timeline import HostTimes

FAILING = frozenset({HostState.FAILED, HostState.NOT_BACK})
"""States that are seen however short they are."""

SHORTEST = 0.1
"""Seconds that a picture shows at least."""

MOST_TICKS = 5
"""Marks on the axis after its begin, few enough for the labels on a phone."""

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long a host was in a state.

    Attributes:
        state: The state.
        begin: When it came into it, in seconds since the rollout began.
        end: When it left it, or the rollout ended.
    """

    state: HostState
    begin: float
    end: float


def whole_seconds(account: Account) -> float:
    """Return how many seconds the picture of a rollout spans, 0.1 at least."""
    moments = (account.seconds, *(each for host in account.times for each in host.since))
    return max(SHORTEST, *map(_sane, moments))


def spans(host: HostTimes, whole: float) -> Iterator[Span]:
    """Yield how long a host was in each of its states.

    What it was in for no time at all is left out, unless it failed there or stayed there.

    Args:
        host: The host.
        whole: How long the rollout took, in seconds.
    """
    begins: list[float] = []
    for each in host.since:
        begins.append(max(begins[-1] if begins else 0.0, min(_sane(each), whole)))
    moves = list(zip(host.states, begins, strict=False))
    ends = [*(begin for _, begin in moves[1:]), whole]
    for number, ((state, begin), end) in enumerate(zip(moves, ends, strict=False), 1):
        if end > begin or state in FAILING or number == len(moves):
            yield Span(state=state, begin=begin, end=end)


def ticks(whole: float) -> tuple[float, ...]:
    """Return the moments that the axis names: 5 round ones at most, after 0.

    >>> ticks(61.5)
    (0.0, 15.0, 30.0, 45.0, 60.0)
    """
    step = next((each for each in _STEPS if whole / each < MOST_TICKS + 1), whole / MOST_TICKS)
    return tuple(round(number * step, 1) for number in range(int(whole / step) + 1))


def _sane(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_TIME) if isfinite(seconds) else 0.0
