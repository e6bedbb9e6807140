"""``cdinfra hosts``: the instances that carry the app's tags, and what runs on them."""

import click

from cdinfra.cli.access import deploying
from cdinfra.cli.command import Command
from cdinfra.cli.local_cloud import tell_of_hosts
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.hosts import seen_host_lines, seen_host_object, tag_lines
from cdinfra.cli.render.result import host_lines
from cdinfra.cli.render.words import printable
from cdinfra.cli.screen import result, tell
from cdinfra.deploy.host_survey import Survey
from cdinfra.deploy.load import load_app

TIMEOUT_SECONDS = 10.0
LONGEST_TIMEOUT_SECONDS = 300.0


@click.command(
    "hosts",
    cls=Command,
    examples=(
        "cdinfra hosts",
        "cdinfra hosts --no-ask",
        "cdinfra hosts --tags",
        "cdinfra hosts --output json | jq -r '.hosts[].private_address'",
        "cdinfra hosts --output json | jq '.hosts[] | {instance_id, running: .report.running}'",
    ),
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(1, LONGEST_TIMEOUT_SECONDS),
    default=TIMEOUT_SECONDS,
    show_default=True,
    help="How long to wait for the hosts' answers.",
)
@click.option("--no-ask", is_flag=True, help="Ask no host; show what the tags say.")
@click.option("--tags", "with_tags", is_flag=True, help="List the hosts' tags below the table.")
@request_options
def hosts(request: Request, *, timeout: float, no_ask: bool, with_tags: bool) -> None:
    """List the app's hosts: the release that each is meant to run, and what does run there.

    The hosts are asked all at once, by SSM Run Command. One that does not answer is listed
    with the reason: no agent, offline, timed out. Where a load balancer stands before them,
    what it thinks of each is shown, too. What cannot be asked for want of a permission is
    left out, and said. JSON has the tags always.
    """
    app = load_app(request.file, request.env)
    with deploying(request, app) as deployer:
        found = deployer.survey(timeout=None if no_ask else timeout)
    if request.as_json:
        objects = [seen_host_object(each) for each in found.hosts]
        result(document({"hosts": objects, "notes": found.notes}))
    else:
        _show(request, found, with_tags=with_tags)


def _show(request: Request, found: Survey, *, with_tags: bool) -> None:
    described = [each.host for each in found.hosts]
    if not described:
        result("No hosts.")
    elif found.was_asked:
        result(seen_host_lines(found.hosts))
    else:
        result(host_lines(described))
    if described and with_tags:
        result(["", *tag_lines(described)])
    tell(f"note: {printable(each)}" for each in found.notes)
    if not found.was_asked:
        tell_of_hosts(request, described)
