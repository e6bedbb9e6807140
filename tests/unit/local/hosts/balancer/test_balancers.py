import sys
from types import ModuleType

import pytest

from cdinfra.local.clock import Clock
from cdinfra.local.hosts.balancer.balancers import Balancers, Ground, Means
from cdinfra.local.hosts.docker import Docker, DockerError

MODELS = "moto.elbv2.models"


def no_ground() -> Ground:
    raise DockerError("there is none")


class Machine:
    """Who has which ports, until when, in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.taken_until: dict[int, float] = {}

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def is_taken(self, _address: str, port: int) -> bool:
        return self.taken_until.get(port, 0.0) > self.seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def balancers(machine: Machine) -> Balancers:
    means = Means(
        docker=Docker(("false",)),
        cloud="1",
        ground=no_ground,
        address_of=lambda _: "",
        clock=Clock(now=lambda: machine.seconds, sleep=machine.sleep),
    )
    return Balancers(means, is_taken=machine.is_taken)


@pytest.mark.parametrize("module", [None, ModuleType(MODELS)])
def test_a_service_that_is_not_imported_or_half_has_no_load_balancers(
    balancers: Balancers, module: ModuleType | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, MODELS, module)
    balancers.tick()
    assert not balancers.holds("i-1")
    balancers.close()


def test_a_load_balancer_keeps_its_address_while_it_is_there(balancers: Balancers) -> None:
    arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/web/0123"
    again = arn.replace("0123", "4567")
    first = balancers.address(arn)
    assert first == balancers.address(arn)
    assert first != balancers.address(again)
    assert balancers.view(arn).ports == ()


def test_a_port_that_somebody_keeps_cannot_be_had_and_one_that_is_just_let_go_can(
    balancers: Balancers, machine: Machine
) -> None:
    arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/web/0123"
    assert balancers.can_have(arn, 80)
    machine.taken_until = {80: 3.0, 443: 1e9}
    assert balancers.can_have(arn, 80)
    assert 3.0 <= machine.seconds < 4.0
    assert not balancers.can_have(arn, 443)
