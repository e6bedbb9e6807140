"""``cdinfra local ssh``: a shell on a host of the local cloud."""

import os

import click

from cdinfra.cli.command import Command
from cdinfra.cli.local_cloud import running
from cdinfra.cli.options import Request, local_options
from cdinfra.errors import LocalCloudError
from cdinfra.local.hosts.engine import need_engine
from cdinfra.local.ssh import INSTALL_SSH, open_way


@click.command(
    "ssh",
    cls=Command,
    context_settings={"allow_interspersed_args": False},
    examples=(
        "cdinfra local ssh i-0123456789abcdef0",
        "cdinfra local ssh --user root i-0123456789abcdef0 cdinfra-host status",
    ),
)
@click.argument("instance")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--user", default="", help="Whom to be there; by default the image's own user.")
@local_options
def local_ssh(request: Request, instance: str, command: tuple[str, ...], user: str) -> None:
    """Open a shell on a host, or run a command there.

    INSTANCE is the host's instance id, and COMMAND what its shell gets, as with ssh. The key is
    made once and kept in the state folder; the host's own keys are checked.
    """
    ssh = open_way(running(request), need_engine(os.environ), instance, user)
    try:
        os.execvp(ssh[0], [*ssh, *command])  # noqa: S606 - the terminal is ssh's from here on
    except OSError as error:
        raise LocalCloudError(f"ssh cannot be run: {error.strerror}", hint=INSTALL_SSH) from error
