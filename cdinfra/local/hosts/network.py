"""The network of a local cloud's hosts: one bridge of the Docker engine.

The machine has the bridge's gateway address. There it answers the hosts, and nobody else.
"""

import ipaddress
import json
from collections import deque
from dataclasses import dataclass
from threading import Lock

from cdinfra.local.hosts.docker import Docker, DockerError

MTU = 1400
"""Bytes a packet: what passes every machine's own network.
Source: VXLAN and IPsec take at most 100 of Ethernet's 1,500."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNetwork:
    """One network.

    Attributes:
        name: Its name.
        subnet: Its addresses.
        gateway: The machine's address in it.
    """

    name: str
    subnet: ipaddress.IPv4Network
    gateway: str

    def holds(self, address: str) -> bool:
        """Whether an address is one of a host, not the machine's own nor one from outside.

        Args:
            address: An IP address.
        """
        try:
            given = ipaddress.ip_address(address)
        except ValueError:
            return False
        return given in self.subnet and address != self.gateway


class Addresses:
    """Gives each host an address; one that was given back is given again when none is new.

    Args:
        network: The network.
    """

    def __init__(self, network: HostNetwork) -> None:
        self._new = (
            address for each in network.subnet.hosts() if (address := str(each)) != network.gateway
        )
        self._free: deque[str] = deque()
        self._lock = Lock()

    def take(self) -> str:
        """Return an address.

        Raises:
            DockerError: All are taken.
        """
        with self._lock:
            found = next(self._new, "") or (self._free.popleft() if self._free else "")
        if not found:
            message = "the hosts' network has no address left"
            raise DockerError(message, hint="terminate instances that are not needed")
        return found

    def give_back(self, address: str) -> None:
        """Take an address back.

        Args:
            address: The address; empty where a host never had one.
        """
        if address:
            with self._lock:
                self._free.append(address)


def create_network(docker: Docker, name: str, *, label: str) -> HostNetwork:
    """Make a network; one of that name that is left over is removed first.

    A host keeps its address over a restart only in a network whose subnet was named: so the
    engine is asked for a free one first, and then told to use it.

    Args:
        docker: The engine.
        name: Name of the network.
        label: Label by which its owner finds it again.

    Raises:
        DockerError: The engine refuses it.
    """
    docker.attempt("network", "rm", name)
    docker.run("network", "create", "--label", label, name)
    found = _configuration(docker, name)
    docker.run("network", "rm", name)
    docker.run(
        *("network", "create", "--label", label),
        *("--subnet", found["Subnet"], "--gateway", found["Gateway"]),
        *("--opt", f"com.docker.network.driver.mtu={MTU}", name),
    )
    network = ipaddress.IPv4Network(found["Subnet"])
    return HostNetwork(name=name, subnet=network, gateway=found["Gateway"])


def _configuration(docker: Docker, name: str) -> dict[str, str]:
    shown = docker.run("network", "inspect", "--format", "{{json .IPAM.Config}}", name)
    found: dict[str, str] = json.loads(shown)[0]
    return found
