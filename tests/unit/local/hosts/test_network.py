import ipaddress

import pytest

from cdinfra.local.hosts.docker import DockerError
from cdinfra.local.hosts.network import Addresses, HostNetwork

NETWORK = HostNetwork(name="n", subnet=ipaddress.IPv4Network("172.18.0.0/29"), gateway="172.18.0.1")


def test_each_host_gets_an_address_of_its_own_and_none_the_machines() -> None:
    addresses = Addresses(NETWORK)
    taken = [addresses.take() for _ in range(5)]
    assert taken == ["172.18.0.2", "172.18.0.3", "172.18.0.4", "172.18.0.5", "172.18.0.6"]


def test_an_address_that_was_given_back_is_given_again_when_none_is_new() -> None:
    addresses = Addresses(NETWORK)
    for _ in range(5):
        addresses.take()
    with pytest.raises(DockerError, match="no address left"):
        addresses.take()
    addresses.give_back("")
    addresses.give_back("172.18.0.4")
    assert addresses.take() == "172.18.0.4"


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
