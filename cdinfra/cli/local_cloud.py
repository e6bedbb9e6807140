"""The local cloud as the commands meet it: the one that belongs to ``infra.py``."""

import os
from collections.abc import Sequence
from pathlib import Path

from cdinfra.aws.hosts import Host
from cdinfra.cli.options import Cloud, Request
from cdinfra.cli.render.words import printable
from cdinfra.cli.screen import tell
from cdinfra.errors import LocalCloudError
from cdinfra.local.process import LocalCloud, find, start
from cdinfra.local.state_directory import state_directory

HOSTS_CANNOT_BE_LAUNCHED = "Hosts cannot be launched"
HOSTS_ARE_NOT_BOOTED = "These hosts exist in the API alone, and are not booted"

OUTDATED = "The local cloud runs other code than this; to end it and all in it: cdinfra local down"


class NotRunningError(LocalCloudError):
    """The local cloud is not running."""


def state_dir(request: Request) -> Path:
    """Return the state folder of the local cloud that belongs to ``infra.py``."""
    return state_directory(request.file.parent, environ=os.environ)


def running(request: Request) -> LocalCloud:
    """Return the local cloud, which must run.

    Raises:
        NotRunningError: It does not.
    """
    cloud = find(state_dir(request))
    if cloud is None:
        raise NotRunningError(
            "the local cloud is not running", hint="start it with `cdinfra local up`"
        )
    return cloud


def started(request: Request, port: int | None = None) -> LocalCloud:
    """Return the local cloud; where it is not running, say so and start it.

    Raises:
        LocalCloudError: It cannot be started, or runs on another port than the one asked for.
    """
    folder = state_dir(request)
    if (cloud := find(folder)) is not None:
        if cloud.is_outdated:
            tell(OUTDATED)
        return start(folder, port=port)
    tell("Starting the local cloud …")
    cloud = start(folder, port=port)
    tell(f"The local cloud runs at {cloud.endpoint_url}; `cdinfra local down` ends it.")
    return cloud


def tell_of_hosts(request: Request, hosts: Sequence[Host], *, failed: bool = False) -> None:
    """Say that hosts of the local cloud are not booted, and why.

    Args:
        request: The shared options.
        hosts: The hosts that were listed.
        failed: Whether a stack failed, for which an image that cannot be built may be the
            reason, so that there are no hosts.
    """
    if not (hosts or failed) or request.cloud is not Cloud.LOCAL or request.as_json:
        return
    cloud = find(state_dir(request))
    shown = cloud.control.health()["hosts"] if cloud is not None else {}
    if failure := shown.get("failure"):
        tell(f"{HOSTS_CANNOT_BE_LAUNCHED}: {printable(failure)}; see `cdinfra local status`.")
    elif hosts and not shown.get("booted"):
        tell(f"{HOSTS_ARE_NOT_BOOTED}: {shown.get('why', 'the local cloud has ended')}.")
