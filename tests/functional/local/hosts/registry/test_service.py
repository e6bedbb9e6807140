import json
from datetime import UTC, datetime

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from cdinfra.local.hosts.registry.service import RegistryService


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
