"""``cdinfra outputs``: what the stacks say of themselves."""

import click

from cdinfra.cli.access import deploying
from cdinfra.cli.command import Command
from cdinfra.cli.options import Request, request_options, stacks_argument
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.result import output_lines
from cdinfra.cli.screen import result
from cdinfra.deploy.load import load_app


@click.command(
    "outputs",
    cls=Command,
    examples=("cdinfra outputs", "cdinfra outputs web --output json | jq -r .web.LoadBalancerUrl"),
)
@stacks_argument
@request_options
def outputs(request: Request, stacks: tuple[str, ...]) -> None:
    """Show the outputs of the app's stacks."""
    app = load_app(request.file, request.env)
    with deploying(request, app) as deployer:
        values = deployer.outputs(only=stacks)
    result(document(values) if request.as_json else output_lines(values) or "No outputs.")
