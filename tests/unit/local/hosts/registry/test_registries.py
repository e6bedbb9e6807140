from collections.abc import Callable, Iterator

import pytest

from cdinfra.errors import LocalCloudError
from cdinfra.local.hosts.docker import DockerError
from cdinfra.local.hosts.registry.client import RegistryClient
from cdinfra.local.hosts.registry.container import RegistryEngine
from cdinfra.local.hosts.registry.registries import Registries

REGION, ACCOUNT = "eu-central-1", "123456789012"

Make = Callable[..., Registries]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Registries] = []

    def registries(
        find_engine: Callable[[], RegistryEngine] | None,
        changed: Callable[[], None] = lambda: None,
    ) -> Registries:
        made.append(
            Registries(
                find_engine,
                client=RegistryClient("secret"),
                certificate="",
                secret="secret",
                changed=changed,
                sleep=lambda _: None,
            )
        )
        return made[-1]

    yield registries
    for each in made:
        each.close()


def broken_engine() -> RegistryEngine:
    raise DockerError("no space left on device", hint="free some")


def test_without_an_engine_there_is_no_registry(make: Make) -> None:
    registries = make(None)

    assert registries.need(REGION, ACCOUNT) is None
    assert registries.of_place(REGION, ACCOUNT) is None
    assert registries.routes() == {}


def test_a_registry_that_does_not_start_says_why_and_leads_nowhere(make: Make) -> None:
    registries = make(broken_engine)
    registry = registries.need(REGION, ACCOUNT)

    assert registry is not None
    with pytest.raises(LocalCloudError, match="no space left on device"):
        registries.wait(registry)
    assert registries.routes() == {}


def test_a_failed_start_is_tried_again_on_the_same_port(make: Make) -> None:
    tries: list[int] = []

    def find_engine() -> RegistryEngine:
        tries.append(1)
        return broken_engine()

    registries = make(find_engine)
    first = registries.need(REGION, ACCOUNT)
    assert first is not None
    with pytest.raises(LocalCloudError):
        registries.wait(first)
    second = registries.need(REGION, ACCOUNT)
    assert second == first
    with pytest.raises(LocalCloudError):
        registries.wait(first)
    assert len(tries) == 2


def test_each_account_and_region_has_a_registry_of_its_own(make: Make) -> None:
    registries = make(broken_engine)
    places = [(REGION, ACCOUNT), ("eu-west-1", ACCOUNT), (REGION, "222222222222")]
    found = [registries.need(*place) for place in places]

    assert len({each.port for each in found if each}) == 3
    for each in found:
        assert each is not None
        assert registries.of_service(each.service) == each
    assert registries.of_service("999999999999.dkr.ecr.eu-west-1.amazonaws.com") is None


def test_hosts_are_told_when_a_start_has_ended(make: Make) -> None:
    told: list[int] = []
    registries = make(broken_engine, lambda: told.append(1))
    registries.need(REGION, ACCOUNT)
    registries.close()

    assert told == [1]
