"""Lines that hosts wrote, each behind the host that wrote it, in a colour of its own."""

from collections.abc import Iterable, Iterator

import click

from cdinfra.cli.render.style import faint, loud
from cdinfra.cli.render.words import clock, printable
from cdinfra.rollout.group_logs import LogLine
from cdinfra.rollout.transport import Ended, Ending

COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green")
"""Colours of hosts, in turn; red is for what is wrong."""


class HostColours:
    """Gives each host a colour, in the order in which they are met."""

    def __init__(self) -> None:
        self._met: dict[str, str] = {}

    def name(self, instance_id: str) -> str:
        """Return the name of a host in its colour."""
        colour = self._met.setdefault(instance_id, COLOURS[len(self._met) % len(COLOURS)])
        return click.style(printable(instance_id), fg=colour)

    def output_lines(self, ended: Ended) -> Iterator[str]:
        """Return what a program wrote on a host."""
        for each in ended.output.splitlines():
            yield f"{self.name(ended.instance_id)}  {printable(each)}"

    def log_lines(self, lines: Iterable[LogLine]) -> Iterator[str]:
        """Return lines of a log, each with its time."""
        for each in lines:
            name = self.name(each.instance_id)
            yield f"{faint(clock(each.at))}  {name}  {printable(each.message.rstrip())}"


def ending_line(ended: Ended) -> str:
    """Return how a program ended that did not end well; empty where it did."""
    if ended.ending is Ending.DONE:
        code = ended.exit_code
        return f"{ended.instance_id}: {loud(f'exit code {code}')}" if code else ""
    return f"{ended.instance_id}: {loud(ended.ending)}: {printable(ended.problem)}"
