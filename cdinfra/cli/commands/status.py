"""``cdinfra status``: how the stacks are."""

import click

from cdinfra.cli.access import deploying
from cdinfra.cli.command import Command
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.style import faint, status_text, strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.render.words import printable, stamp
from cdinfra.cli.screen import result
from cdinfra.deploy.load import load_app
from cdinfra.deploy.summary import StackSummary


@click.command(
    "status",
    cls=Command,
    examples=("cdinfra status", "cdinfra status --cloud aws --env production --output json"),
)
@request_options
def status(request: Request) -> None:
    """Show the status of each of the app's stacks.

    Stacks that are not deployed yet, and deployed ones that infra.py has dropped, are
    shown too.
    """
    app = load_app(request.file, request.env)
    with deploying(request, app) as deployer:
        stacks = deployer.status()
    result(document({"stacks": stacks}) if request.as_json else _lines(stacks))


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
