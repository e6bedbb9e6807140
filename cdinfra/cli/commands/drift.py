"""``cdinfra drift``: what was changed in the cloud past the templates."""

import click

from cdinfra.aws.drift import Drift
from cdinfra.cli.access import deploying
from cdinfra.cli.command import Command
from cdinfra.cli.failures import DRIFT_FOUND
from cdinfra.cli.options import Request, request_options, stacks_argument
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.drift import drift_lines
from cdinfra.cli.screen import result
from cdinfra.deploy.load import load_app


@click.command(
    "drift",
    cls=Command,
    examples=(
        "cdinfra drift",
        "cdinfra drift web --cloud aws --env production",
        "cdinfra drift --output json > drift.json",
    ),
)
@stacks_argument
@request_options
def drift(request: Request, stacks: tuple[str, ...]) -> None:
    """Show what was changed in the cloud past the deployed templates.

    CloudFormation looks at the resources of the deployed stacks, or of those that STACK
    names, and compares them with the template that was deployed, not with infra.py.
    Where anything has drifted, the exit code is 7.
    """
    app = load_app(request.file, request.env)
    with deploying(request, app) as deployer:
        found = deployer.drift(stacks)
    drifted = any(each.drift is Drift.DRIFTED for each in found)
    if request.as_json:
        result(document({"drifted": drifted, "stacks": found}))
    else:
        result(drift_lines(found))
    if drifted:
        click.get_current_context().exit(DRIFT_FOUND)
