"""``cdinfra events``: what happened to the stacks."""

import click

from cdinfra.cli.access import deploying
from cdinfra.cli.command import Command
from cdinfra.cli.options import Request, request_options, stacks_argument
from cdinfra.cli.render.as_json import document, event_object
from cdinfra.cli.render.events import dated_line
from cdinfra.cli.screen import result
from cdinfra.deploy.load import load_app


@click.command(
    "events",
    cls=Command,
    examples=("cdinfra events", "cdinfra events web --limit 20 --cloud aws --env production"),
)
@stacks_argument
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Show so many of the newest events.",
)
@request_options
def events(request: Request, stacks: tuple[str, ...], limit: int) -> None:
    """Show what happened to the app's stacks, newest last."""
    app = load_app(request.file, request.env)
    with deploying(request, app) as deployer:
        happened = deployer.events(only=stacks, limit=limit)
    if request.as_json:
        result(document({"events": [event_object(event) for event in happened]}))
    else:
        result([dated_line(event) for event in happened] or "No events.")
