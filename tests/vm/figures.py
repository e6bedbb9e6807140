"""What a machine is measured by, and the page that says it: docs/vm.md."""

import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

SHOWN_MODULES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One boot; times are seconds since power-on.

    Attributes:
        title: What is special about the machine.
        kernel_seconds: When the kernel handed over to systemd.
        cloud_init_seconds: When cloud-init was done with everything but the agent's work,
            which it waits for too, as systemd counts it.
        serving_seconds: When the container answered a request from outside for the first time.
        signal_seconds: When CloudFormation had the signal.
        again_seconds: From the order to reboot to the first answer.
        modules: What took longest in cloud-init, and how long.
        memory_mebibytes: Memory in use once it serves, without caches.
        disk_mebibytes: Disk in use then.
        versions: Version by program.
    """

    title: str
    kernel_seconds: float
    cloud_init_seconds: float
    serving_seconds: float
    signal_seconds: float
    again_seconds: float
    modules: Sequence[tuple[str, float]]
    memory_mebibytes: int
    disk_mebibytes: int
    versions: Mapping[str, str]


def read_blame(text: str) -> tuple[tuple[str, float], ...]:
    """Read ``cloud-init analyze blame``, the slowest first.

    >>> read_blame("     08.22000s (init-network/config-ssh)")
    (('init-network/config-ssh', 8.22),)
    """
    found = re.findall(r"^\s*([0-9.]+)s \((\S+)\)$", text, re.MULTILINE)
    return tuple((name, float(seconds)) for seconds, name in found)


def build_page(figures: Sequence[Figures], today: date, emulator: str, load: float) -> str:
    """Return the page.

    Args:
        figures: One for each machine.
        today: When they were taken.
        emulator: Version of what ran the machines.
        load: How many processes wanted a core meanwhile, on average.
    """
    return "\n".join(_lines(figures, today, emulator, load)) + "\n"


def _lines(figures: Sequence[Figures], today: date, emulator: str, load: float) -> Iterator[str]:
    yield "# A whole virtual machine"
    yield ""
    yield "<!-- Written by `make test-vm`; run it again, do not edit this page. -->"
    yield ""
    yield (
        "The [user data](hosts.md) of the example's web group boots a machine with a kernel, a "
        "disk and firmware of its own, which is what a container host does not have: cloud-init "
        "finds EC2 by the firmware's tables and asks by DHCP for its network, udev finds the "
        "disk and the file system grows to it, systemd has cgroup v2, AppArmor confines the "
        "container. The machine gets its metadata from the local cloud's metadata service, its "
        "image from a registry, and signals to the local cloud's CloudFormation."
    )
    yield ""
    yield (
        f"Taken on {today:%Y-%m-%d} on {os.cpu_count()} cores ({platform.machine()}), {emulator}, "
        "without KVM: every instruction of the machine is translated in software, so these are "
        "many times what an instance takes. They vary with what else runs beside it: the "
        f"machine wants two cores, and the load was {load:.1f} in all. Seconds are counted from "
        "power-on."
    )
    yield ""
    yield f"| | {' | '.join(each.title for each in figures)} |"
    yield f"|---|{'---|' * len(figures)}"
    for name, cells in _rows(figures):
        yield f"| {name} | {' | '.join(cells)} |"
    for each in figures:
        yield ""
        yield f"What takes longest in cloud-init, {each.title}:"
        yield ""
        yield "| stage and module | seconds |"
        yield "|---|---|"
        for module, seconds in each.modules[:SHOWN_MODULES]:
            yield f"| `{module}` | {seconds:.1f} |"
    yield ""
    yield (
        "The module that starts the agent waits until it is done, so the packages that the "
        "agent installs, the pull and the health gate are in `scripts-user`."
    )


def _rows(figures: Sequence[Figures]) -> Iterator[tuple[str, list[str]]]:
    times = (
        ("kernel hands over to systemd", "kernel_seconds"),
        ("the container serves", "serving_seconds"),
        ("CloudFormation has the signal", "signal_seconds"),
        ("cloud-init is done", "cloud_init_seconds"),
        ("serves again after the order to reboot", "again_seconds"),
    )
    for name, field in times:
        yield name, [f"{getattr(each, field):.0f} s" for each in figures]
    yield "memory in use", [f"{each.memory_mebibytes} MiB" for each in figures]
    yield "disk in use", [f"{each.disk_mebibytes} MiB" for each in figures]
    for program in figures[0].versions:
        yield program, [each.versions[program] for each in figures]
