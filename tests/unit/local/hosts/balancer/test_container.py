import io
import tarfile

from cdinfra.local.clock import Clock
from cdinfra.local.hosts.balancer.container import (
    USER,
    BalancerContainer,
    Setting,
    archive,
    create_arguments,
)
from cdinfra.local.hosts.docker import Docker

SETTING = Setting(
    name="cdinfra-1-balancer-2",
    cloud="1",
    arn="arn:lb",
    image="services:1",
    network="net",
    inner_address="172.18.0.9",
    outer_address="127.77.1.2",
)


def test_the_container_has_the_true_ports_and_no_rights() -> None:
    arguments = create_arguments(SETTING, (80, 443))
    assert "--publish=127.77.1.2:80:80" in arguments
    assert "--publish=127.77.1.2:443:443" in arguments
    assert "--cap-drop=ALL" in arguments
    assert arguments[arguments.index("--user") + 1] == f"{USER}:{USER}"
    assert "cdinfra.local=1" in arguments


def test_files_are_the_users_own_and_nobody_elses() -> None:
    made = archive({"haproxy.cfg": "x", "tls-443/00.pem": "y"}, "/var/lib/balancer/next")
    with tarfile.open(fileobj=io.BytesIO(made)) as tar:
        members = tar.getmembers()
    assert [(each.name, oct(each.mode), each.uid) for each in members] == [
        ("var/lib/balancer", "0o700", USER),
        ("var/lib/balancer/next", "0o700", USER),
        ("var/lib/balancer/next/tls-443", "0o700", USER),
        ("var/lib/balancer/next/haproxy.cfg", "0o600", USER),
        ("var/lib/balancer/next/tls-443/00.pem", "0o600", USER),
    ]


def test_an_engine_that_refuses_is_silence() -> None:
    container = BalancerContainer(Docker(("false",)), SETTING, clock=Clock())
    assert container.observe() is None
    assert container.command(["show info"]) == ""
