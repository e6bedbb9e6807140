"""``cdinfra orphans``: what carries the app's tags and belongs to no stack."""

import click

from cdinfra.cli.access import deploying
from cdinfra.cli.command import Command
from cdinfra.cli.failures import ORPHANS_FOUND
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.orphans import orphan_lines
from cdinfra.cli.screen import result
from cdinfra.deploy.load import load_app


@click.command(
    "orphans",
    cls=Command,
    examples=(
        "cdinfra orphans",
        "cdinfra orphans --exit-code --cloud aws --env production",
        "cdinfra orphans --output json | jq -r '.orphans[].delete_command'",
    ),
)
@click.option(
    "--exit-code",
    is_flag=True,
    help=f"End with exit code {ORPHANS_FOUND} where there are orphans.",
)
@request_options
def orphans(request: Request, *, exit_code: bool) -> None:
    """List resources that carry the app's tags and that no stack owns.

    What a deleted stack had to retain, what a deletion could not delete, what somebody made
    by hand: with the command that imports it into a stack, and the one that deletes it.
    Nothing is deleted. IAM roles and Auto Scaling groups are not seen, but the hosts of
    such a group are.
    """
    app = load_app(request.file, request.env)
    with deploying(request, app) as deployer:
        found = deployer.orphans(options=request.place)
    result(document({"orphans": found}) if request.as_json else orphan_lines(found))
    if exit_code and found:
        click.get_current_context().exit(ORPHANS_FOUND)
