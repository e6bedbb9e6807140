"""Collects what is wrong with a value, so that one error can name all of it."""

from collections.abc import Collection
from re import Pattern

from cdinfra.errors import InvalidInputError, Problem, nearest


class Checks:
    """The problems found in one object so far.

    Args:
        path: Where the object stands, for example ``container/health``.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def add(self, field: str, message: str, hint: str = "") -> None:
        """Note a problem of a field."""
        self.problems.append(Problem(path=f"{self.path}/{field}", message=message, hint=hint))

    def require(self, holds: bool, field: str, message: str, hint: str = "") -> None:
        """Note a problem unless ``holds``."""
        if not holds:
            self.add(field, message, hint)

    def integer(self, field: str, value: object, low: int, high: int) -> None:
        """Require a whole number from ``low`` to ``high``."""
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not low <= value <= high:  # type: ignore[operator] # whole says int
            self.add(field, f"{value!r} is not allowed", f"a whole number from {low} to {high}")

    def number(self, field: str, value: object, low: float, high: float) -> None:
        """Require a number from ``low`` to ``high``."""
        counts = isinstance(value, int | float) and not isinstance(value, bool)
        if not counts or not low <= value <= high:  # type: ignore[operator] # counts says number
            self.add(field, f"{value!r} is not allowed", f"a number from {low} to {high}")

    def one_of(self, field: str, value: object, allowed: Collection[str]) -> None:
        """Require one of the allowed names."""
        names = [str(name) for name in allowed]
        if not isinstance(value, str) or value not in names:
            self.add(field, f"{value!r} is not allowed", nearest(str(value), names))

    def matches(self, field: str, value: object, pattern: Pattern[str], hint: str) -> None:
        """Require a string that the whole pattern matches."""
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.add(field, f"{value!r} is not allowed", hint)

    def text(self, field: str, value: object) -> None:
        """Require a string that can be written as UTF-8 and holds no NUL character."""
        if not isinstance(value, str):
            self.add(field, f"{value!r} is not a string")
        elif not is_text(value):
            self.add(field, "has a NUL character or half a surrogate pair", "plain Unicode text")

    def absolute_path(self, field: str, value: object) -> None:
        """Require an absolute, normal path without control characters."""
        if not isinstance(value, str) or not is_absolute_path(value):
            hint = "an absolute path without . and .., such as /srv/uploads"
            self.add(field, f"{value!r} is not allowed", hint)

    def unique(self, field: str, values: Collection[object]) -> None:
        """Require that no value occurs twice."""
        seen: set[object] = set()
        for value in values:
            self.require(value not in seen, field, f"{value!r} is given twice")
            seen.add(value)

    def done(self) -> None:
        """Raise everything that was found.

        Raises:
            InvalidInputError: There is at least one problem.
        """
        if self.problems:
            raise InvalidInputError(self.problems)


def is_text(value: str) -> bool:
    """Return whether a string survives UTF-8 and C programs: no NUL, no lone surrogate."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def is_absolute_path(value: str) -> bool:
    """Return whether a path is absolute, normal, and free of control characters."""
    if not value.startswith("/") or not is_text(value) or not value.isprintable():
        return False
    parts = value[1:].split("/")
    return value == "/" or not any(part in ("", ".", "..") for part in parts)
