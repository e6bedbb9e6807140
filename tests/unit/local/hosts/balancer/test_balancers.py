import sys
from types import ModuleType

import pytest

from cdinfra.local.clock import Clock
from cdinfra.local.hosts.balancer.balancers import Balancers, Ground, Means
from cdinfra.local.hosts.docker import Docker, DockerError

MODELS = "moto.elbv2.models"


def no_ground() -> Ground:
    raise DockerError("there is none")


@pytest.fixture
def balancers() -> Balancers:
    means = Means(
        docker=Docker(("false",)),
        cloud="1",
        ground=no_ground,
        address_of=lambda _: "",
        clock=Clock(),
    )
    return Balancers(means)


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
