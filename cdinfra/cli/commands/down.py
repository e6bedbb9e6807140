"""``cdinfra down``: deletes the stacks of infra.py."""

import click

from cdinfra.cli.carry_out import Planning, carry_out
from cdinfra.cli.command import Command
from cdinfra.cli.local_cloud import NotRunningError
from cdinfra.cli.options import (
    Manner,
    Request,
    consent_options,
    request_options,
    stacks_argument,
)
from cdinfra.cli.render.as_json import line
from cdinfra.cli.repair_options import deletion_options
from cdinfra.cli.screen import result
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.load import load_app
from cdinfra.deploy.plan import Plan
from cdinfra.deploy.repairs import Repairs


@click.command(
    "down",
    cls=Command,
    examples=(
        "cdinfra down",
        "cdinfra down web worker",
        "cdinfra down --cloud aws --env staging",
        "cdinfra down network --retain network/Vpc",
        "cdinfra down data --cloud aws --allow-data-loss data/Table",
    ),
)
@stacks_argument
@deletion_options
@consent_options
@request_options
def down(request: Request, stacks: tuple[str, ...], manner: Manner, repairs: Repairs) -> None:
    """Delete the app's stacks, in the reverse order.

    Names every resource whose data is lost. With --cloud aws it asks before it deletes
    anything, and loses no data that is not named with --allow-data-loss. STACK narrows it
    to some stacks. A deletion that failed is tried again.
    """
    app = load_app(request.file, request.env)

    def plan_down(deployer: Deployer) -> Plan:
        return deployer.plan_down(stacks, refuses_busy=manner.no_wait, repairs=repairs)

    try:
        carry_out(request, app, manner, Planning(make=plan_down), start=False)
    except NotRunningError:
        text = "Nothing to do: the local cloud is not running."
        result(line({"result": {"stacks": [], "hosts": []}}) if request.as_json else text)
