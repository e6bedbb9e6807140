"""One changed value as lines: short ones side by side, long ones as a line diff."""

from collections.abc import Iterator
from difflib import unified_diff
from itertools import groupby, takewhile

import click

from cdinfra.cli.render.readable import leaves
from cdinfra.cli.render.words import count, printable

SHORT = 60
"""Longest value, in characters, that is shown in one line beside another."""

MAX_DIFF_LINES = 40
"""Most lines that one changed value takes."""

MAX_DIFF_WIDTH = 120
"""Most characters that are shown of one line of a changed text."""

CONTEXT_LINES = 1

KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"
"""What CloudFormation shows for a value that only the change itself makes.

Source: CloudFormation API reference, ResourceTargetDefinition, AfterValue.
"""


COMPUTED = "value is computed by CloudFormation"
"""Why a change set lists a property whose value, as far as it can be seen, stays the same."""


def change_lines(
    path: str,
    before: str | None,
    after: str | None,
    note: str = "",
    *,
    same: str = COMPUTED,
    told: str = "",
) -> list[str]:
    """Return how a value changes.

    A JSON value is taken apart, so that only the leaves that differ are shown.

    Args:
        path: Where the value stands.
        before: The value now; None where it is not set.
        after: The value then; None where it is taken away.
        note: What to say behind it, for example that it forces a replacement.
        same: What to say where both values come to the same.
        told: Last word of a leaf's path that is told elsewhere; empty for none.
    """
    old, new = leaves(before), leaves(after)
    changed = [leaf for leaf in dict.fromkeys((*old, *new)) if old.get(leaf) != new.get(leaf)]
    if not changed:
        # CloudFormation lists it, so it is told nevertheless.
        return [_line("~", path, same, note)]
    lines: list[str] = []
    for leaf in changed:
        if told and (path + leaf).endswith(told):
            continue
        lines += text_lines(path + leaf, old.get(leaf), new.get(leaf), note)
    return lines


def text_lines(path: str, before: str | None, after: str | None, note: str = "") -> list[str]:
    """Return how a text changes, as it is.

    Args:
        path: Where it stands.
        before: The text now; None where there is none.
        after: The text then; None where there is none any more.
        note: What to say behind it.
    """
    if _is_long(before) or _is_long(after):
        return [_line("~", path, "", note), *_diff(before or "", after or "")]
    if before is None:
        return [_line("+", path, _shown(after), note)]
    if after is None:
        return [_line("-", path, _shown(before), note)]
    return [_line("~", path, f"{_shown(before)} → {_shown(after)}", note)]


def _is_long(value: str | None) -> bool:
    return value is not None and (len(value) > SHORT or "\n" in value)


def _shown(value: str | None) -> str:
    if value == KNOWN_AFTER_APPLY:
        return "(known afterwards)"
    return printable(value) if value else '""'


def _line(mark: str, path: str, text: str, note: str) -> str:
    colour = {"+": "green", "-": "red"}.get(mark, "yellow")
    words = [click.style(mark, fg=colour) + " " + printable(path), text, note]
    return "  ".join(word for word in words if word)


def _diff(before: str, after: str) -> Iterator[str]:
    rows = unified_diff(before.splitlines(), after.splitlines(), n=CONTEXT_LINES, lineterm="")
    shown = list(rows)[2:]  # without the names of two files that do not exist
    for row in _windows(shown[:MAX_DIFF_LINES]):
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(row[0])
        yield "    " + click.style(printable(row), fg=colour)
    if len(shown) > MAX_DIFF_LINES:
        yield f"    … {count(len(shown) - MAX_DIFF_LINES, 'more line')}"


def _windows(rows: list[str]) -> Iterator[str]:
    """Cut long lines to where they differ from the line that they replace."""
    for kind, group in groupby(rows, key=lambda row: row[0] in "+-"):
        block = list(group)
        old = [row for row in block if row[0] == "-"]
        new = [row for row in block if row[0] == "+"]
        partners = dict([*zip(old, new, strict=False), *zip(new, old, strict=False)])
        for row in block:
            partner = partners.get(row, "") if kind else ""
            yield _window(row, _same_start(row[1:], partner[1:]))


def _same_start(text: str, other: str) -> int:
    pairs = zip(text, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _window(row: str, same: int) -> str:
    if len(row) <= MAX_DIFF_WIDTH:
        return row
    start = max(1, same - MAX_DIFF_WIDTH // 3)
    end = start + MAX_DIFF_WIDTH
    return row[0] + ("…" if start > 1 else "") + row[start:end] + ("…" if end < len(row) else "")
