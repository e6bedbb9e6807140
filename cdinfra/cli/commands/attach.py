"""``cdinfra attach``: follows what is under way."""

import click

from cdinfra.cli.app_of import app_of
from cdinfra.cli.carry_out import follow
from cdinfra.cli.command import Command
from cdinfra.cli.options import Request, manifest_option, request_options, stacks_argument


@click.command(
    "attach",
    cls=Command,
    examples=("cdinfra attach", "cdinfra attach web --cloud aws --env production"),
)
@stacks_argument
@manifest_option
@request_options
def attach(request: Request, stacks: tuple[str, ...], manifest: str | None) -> None:
    """Follow the operations that are under way to their ends.

    Shows each from its first event on, whoever started it, and ends as up or down would
    have ended. It starts nothing: to go on with the stacks that remain, repeat up or down,
    which attach first.
    """
    follow(request, app_of(request, manifest), stacks)
