"""Brings the host itself into shape: packages and the Docker engine.

Each step looks first, and does nothing on a host (or an image) that has it all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdinfra.cloudinit.agent.routes import must
from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdinfra.cloudinit.agent.system import System

INSTALL_TRIES = 3
APT = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]


def missing_packages(system: System, tool: str, packages: Sequence[str]) -> list[str]:
    """Return the packages that are not installed."""
    if tool == "apt":
        argv = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\\n", *packages]
        lines = system.run(argv).output.splitlines()
        return [name for name in packages if f"installed {name}" not in lines]
    return [name for name in packages if system.run(["rpm", "-q", "--quiet", name]).code != 0]


def install(system: System, tool: str, packages: Sequence[str]) -> None:
    """Install what is missing; a mirror that fails is asked again."""
    missing = missing_packages(system, tool, packages)
    if not missing:
        return
    system.say(f"installing {' '.join(missing)}")
    for attempt in range(1, INSTALL_TRIES + 1):
        try:
            if tool == "apt":
                must(system, [*APT, "update"], timeout=600)
                options = ["--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"]
                must(system, [*APT, "install", *options, *missing], timeout=1200)
            else:
                must(system, ["dnf", "-q", "-y", "install", *missing], timeout=1200)
        except Failure as failure:
            if attempt == INSTALL_TRIES:
                raise
            system.say(failure.message)
            system.sleep(10 * attempt)
        else:
            return


def start_engine(system: System) -> None:
    """Start Docker, now and at each boot."""
    if system.run(["systemctl", "is-active", "--quiet", "docker.service"]).code != 0:
        must(system, ["systemctl", "enable", "--now", "docker.service"], timeout=300)
