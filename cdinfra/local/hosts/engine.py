"""Whether there is a Docker engine to boot hosts with, and if not, why and how to get one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from cdinfra.local.hosts.docker import INSTALL, Docker, DockerError

HOSTS_VARIABLE = "CDINFRA_HOSTS"
"""Environment variable: ``off`` boots no hosts though there is an engine."""

LOOK_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerEngine:
    """Whether hosts can be booted.

    Attributes:
        docker: The engine; None where there is none.
        why: Why hosts are not booted, and how to have them; empty where they are.
    """

    docker: Docker | None
    why: str = ""


def given_off(environ: Mapping[str, str]) -> bool:
    """Whether somebody wants no hosts to be booted.

    Args:
        environ: The process's environment.
    """
    return environ.get(HOSTS_VARIABLE, "").lower() == "off"


def find_engine(environ: Mapping[str, str] | None = None) -> ContainerEngine:
    """Look for an engine that runs.

    Args:
        environ: The process's environment.
    """
    given = os.environ if environ is None else environ
    if given_off(given):
        return ContainerEngine(docker=None, why=f"{HOSTS_VARIABLE} is off")
    docker = Docker()
    try:
        ran = docker.attempt("version", "--format", "{{.Server.Os}}", seconds=LOOK_SECONDS)
    except DockerError as error:
        return ContainerEngine(docker=None, why=f"{error.message}; {INSTALL}")
    if ran.code != 0:
        return ContainerEngine(docker=None, why=f"no Docker engine answers; {INSTALL}")
    if far := _elsewhere(docker, given):
        return ContainerEngine(docker=None, why=f"the Docker engine is not on this machine: {far}")
    if ran.text != "linux":
        return ContainerEngine(docker=None, why="the Docker engine runs no Linux containers")
    return ContainerEngine(docker=docker)


def _elsewhere(docker: Docker, environ: Mapping[str, str]) -> str:
    """Return the engine's address where that is another machine; hosts have to reach this one."""
    address = environ.get("DOCKER_HOST", "")
    if not address:
        form = "{{.Endpoints.docker.Host}}"
        address = docker.attempt("context", "inspect", "--format", form).text
    return "" if address.startswith(("unix://", "fd://")) or "://" not in address else address


def need_engine(environ: Mapping[str, str]) -> Docker:
    """Return the engine.

    Args:
        environ: The process's environment.

    Raises:
        DockerError: There is none.
    """
    found = find_engine(environ)
    if found.docker is None:
        is_off = given_off(environ)
        raise DockerError(
            f"hosts are not booted: {found.why}",
            hint=f"unset {HOSTS_VARIABLE}" if is_off else INSTALL,
        )
    return found.docker
