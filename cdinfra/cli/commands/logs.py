"""``cdinfra logs``: what the containers of a group's hosts write."""

import re
from collections.abc import Sequence
from datetime import timedelta

import click

from cdinfra.cli.access import access
from cdinfra.cli.command import Command
from cdinfra.cli.failures import INTERRUPTED, end
from cdinfra.cli.group_access import connected_as_meant, state_group_argument
from cdinfra.cli.options import Request, followed_options
from cdinfra.cli.render.as_json import line
from cdinfra.cli.render.host_lines import HostColours
from cdinfra.cli.screen import result
from cdinfra.cli.transport_options import host_option
from cdinfra.deploy.load import load_app
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.rollout.find_group import find_stack
from cdinfra.rollout.group_logs import GroupLogs, LogLine, find_log_group, last_of

DEFAULT_SINCE = "10m"

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_INSTANCE_ID = re.compile(r"i-[0-9a-f]{1,32}")
_SPAN = re.compile(r"(?P<number>[0-9]{1,6})(?P<unit>[smhd])")


def _span(_: click.Context, __: click.Parameter, value: str) -> timedelta:
    found = _SPAN.fullmatch(value)
    if found is None:
        raise click.BadParameter(f"{value!r} is no length of time, such as 30s, 10m, 2h or 1d")
    return timedelta(**{_UNITS[found["unit"]]: int(found["number"])})


@click.command(
    "logs",
    cls=Command,
    examples=(
        "cdinfra logs web",
        "cdinfra logs web -f --since 1h",
        "cdinfra logs web --tail 20 --host i-0123456789abcdef0",
        "cdinfra logs web --output json | jq -r .message",
    ),
)
@state_group_argument
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines, until Ctrl-C.")
@click.option(
    "--since",
    metavar="SPAN",
    callback=_span,
    default=DEFAULT_SINCE,
    show_default=True,
    help="How far back: 30s, 10m, 2h, 1d.",
)
@click.option(
    "--tail",
    metavar="N",
    type=click.IntRange(0),
    help="Of these the last N lines; with --follow before the new ones.",
)
@host_option
@followed_options
def logs(
    request: Request,
    *,
    group: str,
    follow: bool,
    since: timedelta,
    tail: int | None,
    only: tuple[str, ...],
) -> None:
    """Show what the containers of a group's release wrote on all hosts, in the order of time.

    GROUP is the name of the group's stack, or the value of its hosts' tag DeployGroup. The
    lines are those of the stack's log group in CloudWatch Logs; those of hosts that are gone
    are there, too. In JSON each line is an object of its own. Ctrl-C ends --follow with exit
    code 130.
    """
    app = load_app(request.file, request.env)
    stack = find_stack(app, group)
    _refuse_other_names(only)
    aws = connected_as_meant(request, app).at(stack.place)
    found = GroupLogs(aws, find_log_group(aws, stack), only)
    clock = access().clock
    colours = HostColours()

    def show(lines: Sequence[LogLine]) -> None:
        result(map(line, lines) if request.as_json else colours.log_lines(lines))

    begin = clock.now() - since
    if not follow:
        show(last_of(found.read(begin), tail))
        return
    try:
        found.follow(begin, clock, show, tail=tail)
    except KeyboardInterrupt:
        end(INTERRUPTED)


def _refuse_other_names(only: Sequence[str]) -> None:
    problems = [
        Problem(path="--host", message=f"{each!r} is no instance id", hint="such as i-0123abcd")
        for each in only
        if not _INSTANCE_ID.fullmatch(each)
    ]
    if problems:
        raise InvalidInputError(problems)
