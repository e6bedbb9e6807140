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
from cdinfra.cli.repair_options import rollback_options
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.plan import Plan
from cdinfra.deploy.repairs import Repairs


@click.command(
    "up",
    cls=Command,
    examples=(
        "cdinfra up",
        "cdinfra up web --env staging",
        "cdinfra up --cloud aws --env production --yes",
        "cdinfra up web --continue-rollback --skip-resource web/Database",
        "cdinfra up --manifest build/templates/shop/dev/1.4.0/manifest.json",
        "cdinfra up --output json | jq -r 'select(.result).result.stacks[].outcome'",
    ),
)
@stacks_argument
@manifest_option
@rollback_options
@consent_options
@request_options
def up(
    request: Request,
    stacks: tuple[str, ...],
    manner: Manner,
    manifest: str | None,
    repairs: Repairs,
) -> None:
    """Create or update the stacks that infra.py describes, and delete those it dropped.

    Shows what will change, does it with live events, and ends with the outputs and the
    hosts. With --cloud aws it asks before it changes anything. STACK narrows it to some
    stacks. An operation that is under way on one of them is followed to its end first.
    """
    app = app_of(request, manifest)

    def plan_rollbacks(deployer: Deployer) -> Plan:
        return deployer.plan_rollbacks(stacks, repairs=repairs, refuses_busy=manner.no_wait)

    def plan_up(deployer: Deployer) -> Plan:
        return deployer.plan_up(stacks, refuses_busy=manner.no_wait)

    if repairs.continues:
        carry_out(request, app, manner, plan_rollbacks, start=True, quiet=True)
    carry_out(request, app, manner, plan_up, start=True)
