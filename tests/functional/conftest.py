"""A real local cloud for the functional tests: one process, found over HTTP, as a user has it."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from cdinfra.aws.connection import LOCAL_REGION, Clients
from cdinfra.local.process import LocalCloud, start, stop


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud of the test session's own; tests use names of their own in it."""
    state_dir = Path(tmp_path_factory.mktemp("local-cloud"))
    yield start(state_dir)
    stop(state_dir)


@pytest.fixture(scope="session")
def clients(local_cloud: LocalCloud) -> Callable[..., Clients]:
    """The services of a region of it: ``clients()``, ``clients("us-east-1")``."""

    @cache
    def clients_of(region: str = LOCAL_REGION) -> Clients:
        return Clients(local_cloud.connection(region))

    return clients_of
