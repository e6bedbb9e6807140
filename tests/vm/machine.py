"""One virtual machine that looks like an EC2 instance: QEMU in software, no KVM, no root.

The network is QEMU's own, in user mode. It is wide enough to hold both the machine's
private address and 169.254.169.254, for only what is inside of the network can be led to a
port of this machine; so nothing link-local ever leaves, either.
"""

import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vm.image import Image
from vm.tools import FailedProgramError, environ, limited, run

RELAY = Path(__file__).with_name("relay.py")

DEADLINE_SECONDS = 25 * 60
"""After this long the machine is ended, whatever becomes of who started it."""

MEMORY_MEBIBYTES = 2048
CORES = 2

NETWORK = "168.0.0.0/5"
"""The narrowest network that holds 169.254.169.254 and a private address, 172.16.0.0/12."""

ROUTER, RESOLVER = "172.31.0.1", "172.31.0.2"
METADATA = "169.254.169.254"

COMMAND_LINE = "root=/dev/nvme0n1p1 rw console=ttyS0 net.ifnames=0"
"""What the kernel is told. Source: Debian's image for EC2, /etc/default/grub.d."""

HOST_KEYS = re.compile(
    r"-----BEGIN SSH HOST KEY KEYS-----\s+(.*?)\s+-----END SSH HOST KEY KEYS-----", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """What EC2 says of the machine.

    Attributes:
        instance_id: Its id.
        instance_type: Its type.
        private_address: Its address.
        mac: Address of its network card.
        root_gibibytes: Size of its disk, to which the file system grows at the first boot.
    """

    instance_id: str
    instance_type: str
    private_address: str
    mac: str
    root_gibibytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Ports of this machine's loopback, and where each leads.

    Attributes:
        into: Port of the machine by port here.
        out: Port here by the address and port that the machine connects to.
    """

    into: Mapping[int, int]
    out: Mapping[tuple[str, int], int]


def build_command(
    instance: Instance, image: Image, disk: Path, console: Path, ways: Ways
) -> list[str]:
    """Return the call of QEMU."""
    return [
        *("qemu-system-x86_64", "-name", instance.instance_id, "-nodefaults", "-no-user-config"),
        *("-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"),
        *("-smp", str(CORES), "-m", str(MEMORY_MEBIBYTES)),
        *("-display", "none", "-serial", f"file:{console}"),
        *("-kernel", str(image.kernel), "-initrd", str(image.initrd), "-append", COMMAND_LINE),
        *("-drive", f"if=none,id=root,file={_option(disk)},format=raw,cache=unsafe,discard=unmap"),
        *("-device", "nvme,drive=root,serial=vol0000000000000000a"),
        *("-device", "virtio-rng-pci"),
        *("-netdev", ",".join(_network(instance, ways))),
        *("-device", f"virtio-net-pci,netdev=net,mac={instance.mac},romfile="),
        *_system_tables(instance),
    ]


def _network(instance: Instance, ways: Ways) -> Iterator[str]:
    yield f"user,id=net,net={NETWORK},host={ROUTER},dns={RESOLVER},ipv6=off"
    yield f"dhcpstart={instance.private_address}"
    for here, inside in ways.into.items():
        yield f"hostfwd=tcp:127.0.0.1:{here}-:{inside}"
    for (address, port), here in ways.out.items():
        relay = shlex.join([sys.executable, "-I", "-S", str(RELAY), str(here)])
        yield f"guestfwd=tcp:{address}:{port}-cmd:{_option(relay)}"


def _option(text: object) -> str:
    """Return text as an option of QEMU holds it. A comma is doubled. Source: qemu(1), "-drive"."""
    return str(text).replace(",", ",,")


def _system_tables(instance: Instance) -> Iterator[str]:
    """Yield what the firmware's tables say: by them a system knows that it is on EC2.

    Source: EC2 user guide, "Identify EC2 instances"; the tables of a Nitro instance.
    """
    uuid = f"ec2{instance.instance_id.removeprefix('i-')[:5]}-0000-4000-8000-000000000000"
    maker = "manufacturer=Amazon EC2"
    yield from ("-smbios", "type=0,vendor=Amazon EC2,version=1.0")
    yield from (
        "-smbios",
        f"type=1,{maker},product={instance.instance_type},uuid={uuid},serial={uuid}",
    )
    yield from ("-smbios", f"type=2,{maker},asset={instance.instance_id}")
    yield from ("-smbios", f"type=3,{maker},asset=Amazon EC2")


def host_keys(console: str) -> list[str]:
    """Return the public keys of the ssh server, which cloud-init writes on the console."""
    found = HOST_KEYS.search(console)
    return [line.strip() for line in found[1].splitlines()] if found else []


class Machine:
    """A machine that runs.

    Args:
        process: Its process.
        console: What it has written on its serial console so far.
        key: ssh key of root.
        ssh_port: Port here that leads to its ssh server.
        started: When it was switched on, by the monotonic clock.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        *,
        console: Path,
        key: Path,
        ssh_port: int,
        started: float,
    ) -> None:
        self.started = started
        self._process = process
        self._console = console
        self._key = key
        self._ssh_port = ssh_port

    def seconds(self) -> float:
        """Return how long ago it was switched on."""
        return time.monotonic() - self.started

    def console(self) -> str:
        """Return what stands on its serial console."""
        return self._console.read_text(encoding="utf-8", errors="replace").replace("\r", "")

    def wait_until(self, condition: Callable[[], bool], what: str) -> float:
        """Wait for something, and return how many seconds after power-on it was so.

        Raises:
            FailedProgramError: The machine's deadline came first; with its last lines.
        """
        while not condition():
            if self._process.poll() is not None:
                raise FailedProgramError(f"the machine ended before {what}:\n{self._last_lines()}")
            time.sleep(0.5)
        return self.seconds()

    def ssh(self, command: str, *, seconds: float = 120) -> str:
        """Run a command as root, and return what it prints.

        The host's key is checked: it is what the machine has shown on its console.

        Raises:
            FailedProgramError: It failed.
        """
        known = self._console.with_name("known_hosts")
        if not known.exists():
            self.wait_until(lambda: bool(host_keys(self.console())), "it showed its ssh keys")
            place = f"[127.0.0.1]:{self._ssh_port}"
            lines = [f"{place} {key}\n" for key in host_keys(self.console())]
            known.write_text("".join(lines), encoding="utf-8")
        options = (
            *("-F", "none", "-i", self._key, "-p", str(self._ssh_port)),
            *("-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"),
            *("-o", f"UserKnownHostsFile={known}", "-o", "GlobalKnownHostsFile=none"),
            *("-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=30"),
        )
        return run("ssh", *options, "root@127.0.0.1", command, seconds=seconds)

    def _last_lines(self) -> str:
        return "\n".join(self.console().splitlines()[-30:])


@contextmanager
def running(instance: Instance, image: Image, ways: Ways, folder: Path) -> Iterator[Machine]:
    """Switch a machine on, and off again in the end.

    Args:
        instance: What it is.
        image: What it starts from.
        ways: Ports; one of ``into`` leads to port 22.
        folder: Where its console is kept, in ``console.log``.
    """
    disk, console = folder / "disk.img", folder / "console.log"
    run("cp", "--sparse=always", image.disk, disk)
    run("truncate", f"--size={instance.root_gibibytes}G", disk)
    console.write_bytes(b"")
    command = build_command(instance, image, disk, console, ways)
    started = time.monotonic()
    with (folder / "qemu.log").open("wb") as log:
        process = subprocess.Popen(
            limited(DEADLINE_SECONDS, *command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environ(),
        )
    try:
        ssh_port = next(here for here, inside in ways.into.items() if inside == 22)
        yield Machine(process, console=console, key=image.key, ssh_port=ssh_port, started=started)
    finally:
        process.terminate()
        disk.unlink()
        process.wait(30)


def free_port() -> int:
    """Return a port of this machine's loopback that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
