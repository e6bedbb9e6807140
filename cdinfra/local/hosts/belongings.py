"""What a local cloud has made on the engine: found by its name, and removed with it.

The name lies in the state folder, made once at random: the same folder at two paths is one
local cloud, and the same path on two machines is two.
"""

import uuid
from contextlib import suppress
from pathlib import Path

from cdinfra.local.hosts.container import owned_by
from cdinfra.local.hosts.docker import Docker

NAME_FILE = "hosts-name"
REMOVE_SECONDS = 120.0


def cloud_name(folder: Path) -> str:
    """Return the name of a local cloud in labels and names; made where it has none yet.

    Args:
        folder: Its state folder.
    """
    file = folder / NAME_FILE
    with suppress(FileExistsError), file.open("x", encoding="ascii") as new:
        new.write(uuid.uuid4().hex[:8])
    return file.read_text(encoding="ascii")


def has_belongings(folder: Path) -> bool:
    """Whether a local cloud ever looked for something of its own on an engine.

    Args:
        folder: Its state folder.
    """
    return (folder / NAME_FILE).exists()


def remove_belongings(docker: Docker, cloud: str) -> bool:
    """Remove a local cloud's containers, their volumes, and its networks.

    Args:
        docker: The engine.
        cloud: Name of the local cloud.

    Returns:
        Whether there was anything.

    Raises:
        DockerError: The engine does not answer.
    """
    owned = owned_by(cloud)
    containers = docker.attempt("ps", "--all", "--quiet", *owned).text.split()
    if containers:
        docker.attempt("rm", "--force", "--volumes", *containers, seconds=REMOVE_SECONDS)
    networks = docker.attempt("network", "ls", "--quiet", *owned).text.split()
    if networks:
        docker.attempt("network", "rm", *networks)
    return bool(containers or networks)
