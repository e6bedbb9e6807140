"""Picks what the host agent wrote out of a console or a log stream; pure.

A failed verb of the agent writes its reason, ``cdinfra-host: the reason``, and below it the
last lines of the container. In the log group they stand alone. On the console they stand
between what else the machine prints, each as systemd's journal forwards it:
``[   12.345678] cdinfra-host[612]: the line``.
"""

import re
from collections.abc import Iterable, Sequence

MOST_LINES = 20
"""Lines below a reason, at most; as many as the agent writes of a container."""

LONGEST_LINE = 300
"""Characters of one line."""

REASON = "cdinfra-host: "
"""What the agent's reason begins with."""

_RESULT = re.compile(r'\{"verb": "')
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_ON_CONSOLE = re.compile(r"(?:^|\s)cdinfra-host\[(?P<process>\d+)\]: ?(?P<text>.*)$")
"""A line of the agent, whatever the console puts before it.

Source: systemd, journald-console.c: the time since boot where the kernel prints one, the
unit's syslog identifier, the process, the text.
"""


def lines_on_console(console: str) -> tuple[str, ...]:
    """Return the agent's last report on a console; its last lines where it has made none.

    Args:
        console: What the console shows.
    """
    plain = _ESCAPES.sub("", console)
    found = [match for line in plain.splitlines() if (match := _ON_CONSOLE.search(line.rstrip()))]
    by_process: dict[str, list[str]] = {}
    for each in found:
        if not _RESULT.match(each["text"]):
            by_process.setdefault(each["process"], []).append(each["text"])
    # Two runs are two stories; the last one that gives a reason is the one to tell.
    runs = list(by_process.values())
    failed = [run for run in runs if any(line.startswith(REASON) for line in run)]
    chosen = failed or runs
    return _last_report(chosen[-1]) if chosen else ()


def lines_of_stream(messages: Iterable[str]) -> tuple[str, ...]:
    """Return the agent's last report in its log stream.

    Args:
        messages: The messages, oldest first.
    """
    lines = [line for each in messages for line in _ESCAPES.sub("", each).splitlines() or [""]]
    return _last_report(lines)


def _last_report(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the last reason and what follows it, of that the last lines."""
    starts = [number for number, line in enumerate(lines) if line.startswith(REASON)]
    report = lines[starts[-1] :] if starts else lines
    reason = [report[0].removeprefix(REASON)] if starts else []
    shown = [*reason, *report[len(reason) :][-MOST_LINES:]]
    cut = [_cut(each.rstrip()) for each in shown]
    while cut and not cut[-1]:
        cut.pop()
    return tuple(cut)


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"
