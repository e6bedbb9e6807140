"""ECR's records of a repository of its own for each test, in this process."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from moto.ecr.models import ecr_backends

from cdinfra.local.hosts.registry.place import Registry
from cdinfra.local.hosts.registry.records import Records

NUMBERS = count(1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def registry() -> Registry:
    return Registry(account="123456789012", region="eu-central-1", port=5432)


@pytest.fixture
def repository(registry: Registry) -> Iterator[Any]:
    backend = ecr_backends[registry.account][registry.region]
    name = f"shop/web-{next(NUMBERS)}"
    yield backend.create_repository(name, None, {}, None, "MUTABLE", [])
    backend.repositories.pop(name, None)


@pytest.fixture
def records() -> Records:
    return Records(lambda: NOW)
