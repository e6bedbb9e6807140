import json
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from cdinfra.errors import LocalCloudError
from cdinfra.local.api_handlers import ApiError, CallPlace
from cdinfra.local.hosts.docker import DockerError
from cdinfra.local.hosts.registry.ecr import Ecr
from cdinfra.local.hosts.registry.passwords import Passwords
from cdinfra.local.hosts.registry.place import Registry
from cdinfra.local.hosts.registry.registries import RegistryStartingError
from cdinfra.local.hosts.registry.service import RegistryService
from cdinfra.local.refusals import NOT_RETRIED, NOT_YET


def service() -> RegistryService:
    return RegistryService(
        None,
        changed=lambda: None,
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        sleep=lambda _seconds: None,
    )


@pytest.mark.parametrize(
    "path",
    [
        "/_cdinfra/registry/token",
        "/_cdinfra/registry/token?service=123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "/_cdinfra/registry/123456789012/eu-central-1/v2/web/manifests/v1",
        "/_cdinfra/registry/123456789012/eu-central-1/v2/",
        "/_cdinfra/registry/../../v2/web/manifests/v1",
    ],
)
def test_a_registry_that_there_is_not_is_said_to_be_none(path: str) -> None:
    response = service().respond(Request(EnvironBuilder(path=path).get_environ()))

    assert response.status_code == 404
    (error,) = json.loads(response.get_data())["errors"]
    assert error["message"] == "the local cloud has no such registry"


def test_without_a_registry_hosts_are_led_nowhere() -> None:
    registries = service()

    assert registries.routes() == {}
    registries.close()


class Slow:
    """Registries of which none is there yet, or that cannot be had."""

    def __init__(self, error: LocalCloudError) -> None:
        self._error = error

    def need(self, _region: str, _account: str) -> Registry:
        return Registry(account="123456789012", region="eu-central-1", port=5432)

    def wait(self, _registry: Registry) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RegistryStartingError("the registry is starting", hint="wait"), NOT_YET),
        (DockerError("no space left", hint="free some"), NOT_RETRIED),
    ],
)
def test_clients_ask_again_while_a_registry_starts_and_not_where_it_cannot(
    error: LocalCloudError, status: int
) -> None:
    slow: Any = Slow(error)
    none: Any = None
    ecr = Ecr(
        registries=slow,
        records=none,
        client=none,
        tokens=none,
        passwords=Passwords(lambda: datetime(2026, 1, 1, tzinfo=UTC)),
        why_none="",
    )
    place = CallPlace(region="eu-central-1", account="123456789012")
    with pytest.raises(ApiError) as caught:
        ecr.authorization_token({}, place)
    assert caught.value.refusal.status == status
    assert caught.value.refusal.message == f"{error.message}: {error.hint}"
