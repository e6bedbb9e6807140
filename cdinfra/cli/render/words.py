"""How single things are worded everywhere: durations, counts, foreign text."""

from datetime import UTC, datetime

NAME_WIDTH = 12
"""Characters that the name of a stack takes at least where lines stand below each other."""

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    r"""Return foreign text as one line without control characters.

    A reason, a tag or a name that somebody else chose must not be able to move the
    cursor or to fake a line of ours.

    >>> printable("a\nb\x1b[31m")
    'a\\\\nb\\\\x1b[31m'
    """
    return "".join(
        character if character.isprintable() else _NAMED.get(character, _escape(character))
        for character in text
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def duration(seconds: float) -> str:
    """Return a duration for people: ``12 s``, ``3 min 05 s``, ``1 h 02 min``, ``3 d 04 h``.

    >>> duration(185)
    '3 min 05 s'
    """
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600:02} h"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 stack``, ``2 stacks``.

    >>> count(2, "stack")
    '2 stacks'
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def clock(moment: datetime) -> str:
    """Return the time of day in UTC: ``09:05:00``."""
    return moment.astimezone(UTC).strftime("%H:%M:%S")


def stamp(moment: datetime | None) -> str:
    """Return date and time in UTC, or nothing: ``2026-01-31 09:05:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if moment else ""
