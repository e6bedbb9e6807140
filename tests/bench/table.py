"""Figures as the table that stands in the docs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timing import Timing

BASELINE = "cdinfra"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One job.

    Attributes:
        job: What is done.
        timings: How long each program takes for it, or in words why there is no figure.
        goal: What cdinfra has to reach, in words.
    """

    job: str
    timings: Mapping[str, Timing | str]
    goal: str = ""


def seconds_text(seconds: float) -> str:
    """Return a duration: milliseconds below one second.

    >>> seconds_text(0.0832), seconds_text(1.234)
    ('83 ms', '1.2 s')
    """
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def cell(timing: Timing | str | None) -> str:
    """Return a figure as the median, with the range of the runs."""
    if timing is None:
        return ""
    if isinstance(timing, str):
        return timing
    low, high = min(timing.seconds), max(timing.seconds)
    return f"{seconds_text(timing.median)} ({seconds_text(low)}-{seconds_text(high)})"


def rows_table(rows: Sequence[Row]) -> list[str]:
    """Return rows as a Markdown table: a column for each program that has any figure."""
    names = list(dict.fromkeys(name for row in rows for name in row.timings))
    heads = ["job", *names, "goal"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = [cell(row.timings.get(name)) for name in names]
        best = _best(row)
        shown = [
            f"**{text}**" if name == best else text for name, text in zip(names, cells, strict=True)
        ]
        lines.append(f"| {' | '.join([row.job, *shown, row.goal])} |")
    return lines


def _best(row: Row) -> str:
    """Return who has the lowest median; nobody where only one has a figure."""
    medians = {name: each.median for name, each in row.timings.items() if isinstance(each, Timing)}
    return min(medians, key=lambda name: medians[name]) if len(medians) > 1 else ""
