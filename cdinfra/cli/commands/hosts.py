"""``cdinfra hosts``: the instances that carry the app's tags."""

import click

from cdinfra.cli.access import deploying
from cdinfra.cli.command import Command
from cdinfra.cli.local_cloud import tell_of_hosts
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.result import host_lines
from cdinfra.cli.screen import result
from cdinfra.deploy.load import load_app


@click.command(
    "hosts",
    cls=Command,
    examples=(
        "cdinfra hosts",
        "cdinfra hosts --output json | jq -r '.hosts[].private_address'",
    ),
)
@request_options
def hosts(request: Request) -> None:
    """List the app's hosts by deploy group, with the release that each is meant to run."""
    app = load_app(request.file, request.env)
    with deploying(request, app) as deployer:
        found = deployer.hosts()
    if request.as_json:
        result(document({"hosts": found}))
    else:
        result(host_lines(found) if found else "No hosts.")
        tell_of_hosts(request, found)
