import ipaddress

import pytest

from cdinfra.local.hosts.network import Addresses, HostNetwork

NETWORK = HostNetwork(name="n", subnet=ipaddress.IPv4Network("172.18.0.0/29"), gateway="172.18.0.1")


def test_each_host_gets_an_address_of_its_own_and_none_the_machines() -> None:
    addresses = Addresses(NETWORK)
    taken = [addresses.take() for _ in range(5)]
    assert taken == ["172.18.0.2", "172.18.0.3", "172.18.0.4", "172.18.0.5", "172.18.0.6"]


@pytest.mark.parametrize(
    ("address", "holds"),
    [
        ("172.18.0.2", True),
        ("172.18.0.1", False),
        ("172.18.0.9", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("", False),
        ("host", False),
    ],
)
def test_only_hosts_are_of_the_network(address: str, *, holds: bool) -> None:
    assert NETWORK.holds(address) is holds
