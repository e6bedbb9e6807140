"""What differs between the operating systems that a host may run."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never


class OperatingSystem(StrEnum):
    """An operating system that a host may run."""

    AMAZON_LINUX_2023 = "al2023"
    UBUNTU_24_04 = "ubuntu-24.04"
    DEBIAN_12 = "debian-12"


class PackageTool(StrEnum):
    """The program that installs packages."""

    APT = "apt"
    DNF = "dnf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """What a host needs from its distribution, and how it gets it.

    Attributes:
        tool: The program that installs it.
        names: Docker, and what the agent needs to swap containers without dropping requests.
        has_ssm_agent: Whether the official image runs the SSM agent. Where it does not, the
            hosts are reached by ssh, or the user's own part installs the agent.
    """

    tool: PackageTool
    names: tuple[str, ...]
    has_ssm_agent: bool


def packages_of(operating_system: OperatingSystem) -> Packages:
    """Return what hosts of an operating system install.

    Only packages of the distribution's own repositories. Debian's docker.io runs no
    container on a kernel with AppArmor unless the package apparmor is there, and only
    recommends it; iptables is named because Docker needs it and newer packages no longer
    depend on it.

    Source: docs.aws.amazon.com, "AMIs with SSM Agent preinstalled".
    """
    match operating_system:
        case OperatingSystem.AMAZON_LINUX_2023:
            names = ("docker", "iptables-nft", "nftables", "conntrack-tools")
            return Packages(tool=PackageTool.DNF, names=names, has_ssm_agent=True)
        case OperatingSystem.UBUNTU_24_04:
            return Packages(tool=PackageTool.APT, names=_DEBIAN_NAMES, has_ssm_agent=True)
        case OperatingSystem.DEBIAN_12:
            return Packages(tool=PackageTool.APT, names=_DEBIAN_NAMES, has_ssm_agent=False)
        case _:
            assert_never(operating_system)


_DEBIAN_NAMES = ("docker.io", "apparmor", "iptables", "nftables", "conntrack")
