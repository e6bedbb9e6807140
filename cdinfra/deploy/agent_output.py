"""Finds the result in what a verb of ``cdinfra-host`` wrote: its last line, one JSON object; pure.

Each verb ends so, and a host may run another version of the agent than this one knows: the
text is foreign, and what is missing or of another form counts as not said.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HIGHEST_NUMBER = 1e12
"""What is above that is no number of seconds."""

LONGEST_QUOTE = 100
"""Characters of a line that is quoted for being no result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadReport:
    """Why there is no result in what a host wrote.

    Attributes:
        problem: Why, in words.
        is_silent: Whether it wrote nothing at all, as a host without the agent.
    """

    problem: str
    is_silent: bool = False


def find_result(output: str) -> Mapping[str, Any] | UnreadReport:
    """Return the last JSON object among the lines of an output, or why there is none.

    Args:
        output: What the verb wrote, or at least its last line.
    """
    lines = [each for each in output.splitlines() if each.strip()]
    if not lines:
        return UnreadReport(problem="it wrote nothing", is_silent=True)
    said = next((found for each in reversed(lines) if (found := _object(each))), None)
    if said is None:
        return UnreadReport(problem=f"it wrote {lines[-1][:LONGEST_QUOTE]!r}")
    return said


def text_in(said: Mapping[str, Any], name: str) -> str:
    """Return a text of a result; empty where it says none."""
    value = said.get(name)
    return value if isinstance(value, str) else ""


def number_in(said: Mapping[str, Any], name: str) -> float | None:
    """Return a number of a result that is not negative; None where it says none."""
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < HIGHEST_NUMBER else None


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
