"""``cdinfra exec``: a program on all hosts of a group at once."""

import click

from cdinfra.cli.access import access
from cdinfra.cli.command import Command
from cdinfra.cli.failures import end
from cdinfra.cli.group_access import connected_as_meant, state_group_argument
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.host_lines import HostColours, ending_line
from cdinfra.cli.screen import result, tell
from cdinfra.cli.transport_options import Reach, host_option, reach_options
from cdinfra.deploy.load import load_app
from cdinfra.rollout.choice import find_hosts
from cdinfra.rollout.everywhere import run_everywhere, worst_code
from cdinfra.rollout.find_group import find_stack
from cdinfra.rollout.transport import Ended

TIMEOUT_SECONDS = 60
LONGEST_TIMEOUT_SECONDS = 86_400


@click.command(
    "exec",
    cls=Command,
    examples=(
        "cdinfra exec web -- uptime",
        "cdinfra exec web -- sh -c 'free -m; df -h /'",
        "cdinfra exec web --transport ssh --ssh-user admin -- cdinfra-host status",
        "cdinfra exec web --output json -- cdinfra-host status | jq '.hosts[].exit_code'",
    ),
)
@state_group_argument
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.IntRange(5, LONGEST_TIMEOUT_SECONDS),
    default=TIMEOUT_SECONDS,
    show_default=True,
    help="How long it may run on each host; what takes longer is killed there.",
)
@host_option
@reach_options
@request_options
def exec_command(
    request: Request,
    *,
    group: str,
    command: tuple[str, ...],
    timeout: int,
    only: tuple[str, ...],
    reach: Reach,
) -> None:
    """Run a program on all hosts of a group at once, as root.

    GROUP is the name of the group's stack, or the value of its hosts' tag DeployGroup. COMMAND,
    after --, is a program and its arguments, which arrive exactly so: no shell reads them. What
    it writes to stdout and stderr is shown when it has ended, each line behind its host; by SSM
    that is the first 24,000 characters.

    The exit code is the highest of all hosts; 255 where a host cannot be reached, or it is not
    known what became of the program there.
    """
    app = load_app(request.file, request.env)
    stack = find_stack(app, group)
    aws = connected_as_meant(request, app).at(stack.place)
    hosts = find_hosts(aws, app, stack, only)
    colours = HostColours()

    def show(ended: Ended) -> None:
        if request.as_json:
            return
        result(colours.output_lines(ended))
        if line := ending_line(ended):
            tell(line)

    with reach.opened(request, aws) as transport:
        found = run_everywhere(
            transport, hosts, command, seconds=timeout, clock=access().clock, on_ended=show
        )
    if request.as_json:
        result(document({"hosts": found}))
    end(worst_code(found))
