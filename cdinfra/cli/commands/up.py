"""``cdinfra up``: makes the stacks of infra.py real."""

import click

from cdinfra.cli.app_of import app_of
from cdinfra.cli.carry_out import carry_out
from cdinfra.cli.command import Command
from cdinfra.cli.options import (
    Manner,
    Request,
    consent_options,
    manifest_option,
    request_options,
    stacks_argument,
)


@click.command(
    "up",
    cls=Command,
    examples=(
        "cdinfra up",
        "cdinfra up web --env staging",
        "cdinfra up --cloud aws --env production --yes",
        "cdinfra up --manifest build/templates/shop/dev/1.4.0/manifest.json",
        "cdinfra up --output json | jq -r 'select(.result).result.stacks[].outcome'",
    ),
)
@stacks_argument
@manifest_option
@consent_options
@request_options
def up(request: Request, stacks: tuple[str, ...], manner: Manner, manifest: str | None) -> None:
    """Create or update the stacks that infra.py describes, and delete those it dropped.

    Shows what will change, does it with live events, and ends with the outputs and the
    hosts. With --cloud aws it asks before it changes anything. STACK narrows it to some
    stacks.
    """
    app = app_of(request, manifest)
    carry_out(request, app, manner, lambda deployer: deployer.plan_up(only=stacks), start=True)
