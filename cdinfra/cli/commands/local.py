"""``cdinfra local``: the local cloud itself, apart from what is in it."""

from collections.abc import Mapping
from typing import Any

import click

from cdinfra.cli.command import Command
from cdinfra.cli.lazy import LazyGroup
from cdinfra.cli.local_cloud import running, started, state_dir
from cdinfra.cli.options import Request, local_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.words import printable
from cdinfra.cli.screen import result
from cdinfra.local.hosts.sweep import sweep
from cdinfra.local.process import LocalCloud, stop

local = LazyGroup(
    name="local",
    places={
        "up": "cdinfra.cli.commands.local:local_up",
        "status": "cdinfra.cli.commands.local:local_status",
        "down": "cdinfra.cli.commands.local:local_down",
        "boot": "cdinfra.cli.commands.local_boot:local_boot",
        "fault": "cdinfra.cli.commands.fault:fault",
        "image": "cdinfra.cli.commands.local_images:local_image",
        "login": "cdinfra.cli.commands.local_images:local_login",
        "ssh": "cdinfra.cli.commands.local_ssh:local_ssh",
    },
    help="""Start, look at and end the local cloud.

    It is a process on this machine that answers AWS calls on loopback, needs no account
    and forgets everything when it ends. Its state folder is .cdinfra at the root of the
    checkout that holds the --file, or the one that CDINFRA_STATE names.
    """,
    no_args_is_help=True,
)


@click.command(
    "up",
    cls=Command,
    examples=(
        "cdinfra local up",
        "cdinfra local up --port 4566",
    ),
)
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port on 127.0.0.1; by default a free one."
)
@local_options
def local_up(request: Request, port: int | None) -> None:
    """Start the local cloud, or find the one that runs."""
    cloud = started(request, port)
    result(document(cloud) if request.as_json else cloud.endpoint_url)


@click.command(
    "status",
    cls=Command,
    examples=(
        "cdinfra local status",
        "cdinfra local status --output json",
    ),
)
@local_options
def local_status(request: Request) -> None:
    """Show where the local cloud runs, what it is building, and what it could not build."""
    cloud = running(request)
    health = cloud.control.health()
    result(
        document({**_facts(cloud), "health": health})
        if request.as_json
        else _lines(cloud, health["hosts"])
    )


@click.command("down", cls=Command, examples=("cdinfra local down",))
@local_options
def local_down(request: Request) -> None:
    """End the local cloud; everything in it is gone with it."""
    folder = state_dir(request)
    ended = stop(folder)
    sweep(folder)
    text = "The local cloud has ended." if ended else "The local cloud was not running."
    result(document({"ended": ended}) if request.as_json else text)


def _facts(cloud: LocalCloud) -> dict[str, str | int]:
    return {
        "endpoint_url": cloud.endpoint_url,
        "pid": cloud.pid,
        "started": cloud.started,
        "version": cloud.version,
        "state": str(cloud.state_dir),
        "log": str(cloud.log),
    }


def _lines(cloud: LocalCloud, hosts: Mapping[str, Any]) -> list[str]:
    told = {name: printable(hosts[name]) for name in ("doing", "failure") if hosts.get(name)}
    facts = {**_facts(cloud), "hosts": _hosts_word(hosts), **told}
    width = max(map(len, facts))
    lines = [f"{name.replace('_', ' '):<{width}}  {value}" for name, value in facts.items()]
    return [*lines, *(f"  {printable(each)}" for each in hosts.get("lines", ()))]


def _hosts_word(hosts: Mapping[str, Any]) -> str:
    return "boot as containers" if hosts["booted"] else f"are not booted: {hosts['why']}"
