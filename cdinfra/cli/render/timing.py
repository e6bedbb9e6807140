"""How time that passes is set against the time that something took before."""

from cdinfra.cli.render.words import duration

LATE_FACTOR = 1.25
"""So many times the expected time is longer than usual; less may be chance."""


def is_late(elapsed: float, expected: float | None) -> bool:
    """Whether something takes longer than it did before."""
    return expected is not None and elapsed > expected * LATE_FACTOR


def expectation(elapsed: float, expected: float | None) -> str:
    """Return the expected time as it stands after the elapsed one; empty where none is known.

    >>> expectation(250, 300)
    'of ~5 min 00 s'
    >>> expectation(430, 300)
    'over ~5 min 00 s'
    """
    if expected is None:
        return ""
    return f"{'over' if is_late(elapsed, expected) else 'of'} ~{duration(expected)}"


def sentence(elapsed: float, expected: float | None) -> str:
    """Return both times for a log.

    >>> sentence(250, 300)
    '4 min 10 s (last time 5 min 00 s)'
    """
    last = "" if expected is None else f" (last time {duration(expected)})"
    return f"{duration(elapsed)}{last}"
