"""``cdinfra up``: makes the stacks of infra.py real."""

from dataclasses import replace
from pathlib import Path

import click

from cdinfra.cli.app_choice import AppChoice, app_options
from cdinfra.cli.carry_out import Planning, carry_out
from cdinfra.cli.command import Command
from cdinfra.cli.options import (
    Manner,
    Request,
    consent_options,
    request_options,
    stacks_argument,
)
from cdinfra.cli.plan_files import PLAN_FILE, refuse_beside_plan, reviewed_planning
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
        "cdinfra up --release web=123456789012.dkr.ecr.eu-central-1.amazonaws.com/web@sha256:…",
        "cdinfra up web --continue-rollback --skip-resource web/Database",
        "cdinfra up --cloud aws --env production --plan plan.json",
        "cdinfra up data --cloud aws --allow-data-loss data/Table",
        "cdinfra up --manifest build/templates/shop/dev/1.4.0/manifest.json",
        "cdinfra up --output json | jq -r 'select(.result).result.stacks[].outcome'",
    ),
)
@stacks_argument
@app_options
@rollback_options
@click.option(
    "--plan",
    type=PLAN_FILE,
    metavar="FILE",
    help="Do what `cdinfra diff --save FILE` showed, without asking, or nothing if it has moved.",
)
@consent_options
@request_options
def up(
    request: Request,
    stacks: tuple[str, ...],
    manner: Manner,
    choice: AppChoice,
    repairs: Repairs,
    plan: Path | None,
) -> None:
    """Create or update the stacks that infra.py describes, and delete those it dropped.

    Shows what will change, does it with live events, and ends with the outputs and the
    hosts. With --cloud aws it asks before it changes anything, and loses no data that is not
    named with --allow-data-loss. STACK narrows it to some stacks. An operation that is under
    way on one of them is followed to its end first.
    """
    app = choice.app(request)

    def plan_rollbacks(deployer: Deployer) -> Plan:
        return deployer.plan_rollbacks(stacks, repairs=repairs, refuses_busy=manner.no_wait)

    def plan_up(deployer: Deployer) -> Plan:
        return deployer.plan_up(stacks, refuses_busy=manner.no_wait)

    if plan is not None:
        refuse_beside_plan(("STACK", stacks), ("--continue-rollback", repairs.continues))
        planning = reviewed_planning(request, app, plan, refuses_busy=manner.no_wait)
        # Whoever saved the plan has seen it.
        agreed = replace(manner, assume_yes=manner.assume_yes or not manner.ask)
        carry_out(request, app, agreed, planning, start=True)
        return
    if repairs.continues:
        rollbacks = Planning(make=plan_rollbacks, quiet=True)
        # What may be lost is named for the update that comes after.
        carry_out(request, app, replace(manner, allow_data_loss=()), rollbacks, start=True)
    carry_out(request, app, manner, Planning(make=plan_up), start=True)
