"""Removes what a local cloud that was killed left on the engine."""

import os
from pathlib import Path

from cdinfra.local.hosts.belongings import cloud_name, has_belongings, remove_belongings
from cdinfra.local.hosts.engine import find_engine


def sweep(folder: Path) -> None:
    """Remove what the ended local cloud of a folder left, where an engine answers.

    Args:
        folder: Its state folder.

    Raises:
        DockerError: The engine answers, and then does not.
    """
    if not has_belongings(folder):
        return
    if (docker := find_engine(os.environ).docker) is not None:
        remove_belongings(docker, cloud_name(folder))
