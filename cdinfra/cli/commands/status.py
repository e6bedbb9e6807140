"""``cdinfra status``: how the stacks are, and how a deploy group is."""

import click

from cdinfra.cli.access import access, deploying
from cdinfra.cli.command import Command
from cdinfra.cli.completion import complete_stack
from cdinfra.cli.failures import DRIFT_FOUND
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.style import faint, status_text, strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.render.words import printable, stamp
from cdinfra.cli.screen import result, tell
from cdinfra.deploy.load import load_app
from cdinfra.deploy.reader import Reader
from cdinfra.deploy.summary import StackSummary
from cdinfra.events import Event
from cdinfra.model import Deployable

TIMEOUT_SECONDS = 10.0
LONGEST_TIMEOUT_SECONDS = 300.0


@click.command(
    "status",
    cls=Command,
    examples=(
        "cdinfra status",
        "cdinfra status web",
        "cdinfra status web --output json | jq '.hosts[] | {instance_id, drift}'",
        "cdinfra status --cloud aws --env production --output json",
    ),
)
@click.argument("group", required=False, metavar="[GROUP]", shell_complete=complete_stack)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(1, LONGEST_TIMEOUT_SECONDS),
    default=TIMEOUT_SECONDS,
    show_default=True,
    help="How long to wait for the answers of GROUP's hosts.",
)
@request_options
def status(request: Request, *, group: str | None, timeout: float) -> None:
    """Show the status of each of the app's stacks, or how the hosts of GROUP are.

    Stacks that are not deployed yet, and deployed ones that infra.py has dropped, are
    shown too.

    GROUP is a stack of hosts, by its name or the value of their tag DeployGroup. Its hosts
    are asked all at once, and each is compared with the group: the release that it runs, the
    launch template that it was launched with, its agent. Where anything differs, the exit
    code is 7.
    """
    app = load_app(request.file, request.env)
    if group is not None:
        _show_group(request, app, group, timeout)
        return
    with deploying(request, app) as deployer:
        stacks = deployer.status()
    result(document({"stacks": stacks}) if request.as_json else _lines(stacks))


def _show_group(request: Request, app: Deployable, name: str, timeout: float) -> None:
    # The rollout is slow to import, and only here needed.
    from cdinfra.cli.group_access import connected_as_meant  # noqa: PLC0415
    from cdinfra.cli.render.group_status import group_lines, group_object  # noqa: PLC0415
    from cdinfra.rollout.find_group import find_group  # noqa: PLC0415
    from cdinfra.rollout.read_status import read_status  # noqa: PLC0415

    aws = connected_as_meant(request, app)
    group = find_group(aws, app, name)
    found = read_status(aws.at(group.place), group, clock=access().clock, timeout=timeout)
    stacks = Reader(aws, app, on_event=_ignore).status()
    stack = next(each for each in stacks if each.stack == group.stack)
    if request.as_json:
        result(document({"stack": stack, **group_object(found)}))
    else:
        result([*_lines((stack,)), "", *group_lines(found)])
        tell(f"note: {printable(each)}" for each in found.notes)
    if found.is_drifted:
        click.get_current_context().exit(DRIFT_FOUND)


def _ignore(_: Event) -> None:
    """Tell nobody."""


def _lines(stacks: tuple[StackSummary, ...]) -> list[str]:
    rows = [
        (
            strong(stack.stack),
            status_text(stack.status) if stack.status else faint("not deployed"),
            stamp(stack.updated_at or stack.created_at),
            str(stack.location or ""),
            _remark(stack),
        )
        for stack in stacks
    ]
    if any(stack.location for stack in stacks):
        return table(("STACK", "STATUS", "CHANGED", "PLACE", ""), rows)
    without = [(*row[:3], row[4]) for row in rows]
    return table(("STACK", "STATUS", "CHANGED", ""), without)


def _remark(stack: StackSummary) -> str:
    remarks = ["" if stack.in_app else "not in infra.py any more", printable(stack.reason)]
    return "; ".join(filter(None, remarks))
