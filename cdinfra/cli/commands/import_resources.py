"""``cdinfra import``: takes resources that exist into a stack."""

from pathlib import Path

import click

from cdinfra.cli.carry_out import Planning, carry_out
from cdinfra.cli.command import Command
from cdinfra.cli.options import Manner, Request, consent_options, request_options
from cdinfra.cli.render.words import printable
from cdinfra.cli.screen import tell
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.identifiers import join_wanted, load_wanted, parse_wanted
from cdinfra.deploy.load import load_app
from cdinfra.deploy.plan import Plan


@click.command(
    "import",
    cls=Command,
    examples=(
        "cdinfra import foundation Bucket=shop-dev-pictures",
        "cdinfra import network Vpc=vpc-0a1b2c3d Subnet=subnet-0a1b2c3d --cloud aws",
        "cdinfra import registry --ids ids.json --env production",
    ),
)
@click.argument("stack")
@click.argument("resources", nargs=-1, metavar="[LOGICAL_ID[.PROPERTY]=ID]...")
@click.option(
    "--ids",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help='JSON file of the same: {"Bucket": "pictures"} or {"Bucket": {"BucketName": "pictures"}}.',
)
@consent_options
@request_options
def import_resources(
    request: Request, stack: str, resources: tuple[str, ...], ids: Path | None, manner: Manner
) -> None:
    """Take resources that exist into a STACK, without touching anything else of it.

    infra.py has to describe each, with a DeletionPolicy. A stack that does not exist is made
    of them. What else infra.py has comes with the next up. Where a type needs several
    properties to be identified, name each: LOGICAL_ID.PROPERTY=VALUE.
    """
    app = load_app(request.file, request.env)
    wanted = join_wanted(parse_wanted(resources), load_wanted(ids) if ids else ())

    def plan_import(deployer: Deployer) -> Plan:
        return deployer.plan_import(stack, wanted, refuses_busy=manner.no_wait)

    carry_out(request, app, manner, Planning(make=plan_import), start=True)
    drift, rest = (request.next_command(each, stack) for each in ("drift", "up"))
    tell(f"CloudFormation did not compare them with the template: {printable(drift)}")
    tell(f"The rest of what infra.py has for the stack: {printable(rest)}")
