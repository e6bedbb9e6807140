"""Brings the host itself into shape: packages and the Docker engine.

Each step looks first, and does nothing on a host (or an image) that has it all.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cdinfra.cloudinit.agent.routes import must
from cdinfra.cloudinit.agent.system import persist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdinfra.cloudinit.agent.system import System

APT = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]


def missing_packages(system: System, tool: str, packages: Sequence[str]) -> list[str]:
    """Return the packages that are not installed, each in whatever version."""
    if tool == "apt":
        names = {package.partition("=")[0]: package for package in packages}
        argv = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\\n", *names]
        lines = system.run(argv).output.splitlines()
        return [names[name] for name in names if f"installed {name}" not in lines]
    return [name for name in packages if system.run(["rpm", "-q", "--quiet", name]).code != 0]


def install(system: System, tool: str, packages: Sequence[str]) -> None:
    """Install what is missing; a mirror that fails is asked again."""
    missing = missing_packages(system, tool, packages)
    if not missing:
        return
    system.say(f"installing {' '.join(missing)}")
    persist(system, 10, lambda: fetch(system, tool, missing))


def fetch(system: System, tool: str, packages: Sequence[str]) -> None:
    """Install packages from the distribution's mirrors."""
    if tool == "apt":
        must(system, [*APT, "update"], timeout=600)
        options = ["--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"]
        must(system, [*APT, "install", *options, *packages], timeout=1200)
    else:
        must(system, ["dnf", "-q", "-y", "install", *packages], timeout=1200)


def uptime(system: System) -> int:
    """Return the seconds since the first process of this host started; 0 if unknown.

    Source: proc(5), /proc/uptime and the field starttime of /proc/[pid]/stat.
    """
    try:
        up = float(system.path("/proc/uptime").read_text(encoding="utf-8").split()[0])
        start = system.path("/proc/1/stat").read_text(encoding="utf-8").rpartition(")")[2]
        return int(up - int(start.split()[19]) / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError):
        return 0


def start_engine(system: System) -> None:
    """Start Docker, now and at each boot."""
    if system.run(["systemctl", "is-active", "--quiet", "docker.service"]).code != 0:
        must(system, ["systemctl", "enable", "--now", "docker.service"], timeout=300)
