import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cdinfra.errors import LocalCloudError
from cdinfra.local.hosts.docker import Docker
from cdinfra.local.hosts.image import Images
from cdinfra.local.hosts.registry.client import Answered, Asked, RegistryUnreachableError
from cdinfra.local.hosts.registry.container import (
    RegistryEngine,
    await_answer,
    last_words,
    start_container,
)
from cdinfra.local.hosts.registry.place import Registry
from cdinfra.local.hosts.registry.settings import RegistrySettings

REGISTRY = Registry(account="123456789012", region="eu-central-1", port=5432)
SETTINGS = RegistrySettings(
    registry=REGISTRY, certificate="PEM", secret="pass", cloud_port=4566, endpoint="172.20.0.1:9"
)
NOTING = """
import json, sys
with open(sys.argv[1], "a") as notes:
    print(json.dumps(sys.argv[2:]), file=notes)
print("registry: no space\\nleft")
"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def engine(notes: Path) -> RegistryEngine:
    docker = Docker((sys.executable, "-c", NOTING, str(notes)))
    return RegistryEngine(
        docker=docker,
        images=Images(docker, say=lambda _: None),
        network="cdinfra-4f1c",
        take_address=lambda: "172.20.0.7",
        cloud="4f1c",
        port=4566,
        endpoint="172.20.0.1:9",
    )


def test_a_registry_is_published_on_loopback_alone_and_removed_with_its_local_cloud(
    engine: RegistryEngine, notes: Path
) -> None:
    released: list[int] = []

    address = start_container(engine, SETTINGS, release_port=lambda: released.append(1))

    *_, removed, run = map(json.loads, notes.read_text().splitlines())
    name = "cdinfra-4f1c-registry-123456789012-eu-central-1"
    assert removed == ["rm", "--force", "--volumes", name]
    assert run[run.index("--publish") + 1] == "127.0.0.1:5432:5000"
    assert run[run.index("--label") + 1] == "cdinfra.local=4f1c"
    assert run[run.index("--network") + 1] == "cdinfra-4f1c"
    assert run[run.index("--ip") + 1] == address == "172.20.0.7"
    assert released == [1]


def test_what_a_registry_said_last_is_told_in_one_line(engine: RegistryEngine) -> None:
    assert last_words(engine, REGISTRY) == " (registry: no space left)"


def answering(*statuses: int) -> Callable[[Registry, Asked], Answered]:
    left = list(statuses)

    def ask(_registry: Registry, _asked: Asked) -> Answered:
        status = left.pop(0) if len(left) > 1 else left[0]
        if not status:
            raise RegistryUnreachableError("refused", hint="wait")
        return Answered(status=status, headers={}, body=b"")

    return ask


def test_a_registry_is_waited_for_until_it_asks_who_is_there() -> None:
    pauses: list[float] = []

    await_answer(REGISTRY, ask=answering(0, 0, 503, 401), sleep=pauses.append)

    assert len(pauses) == 3


@pytest.mark.parametrize(("status", "why"), [(0, "refused"), (503, "it answers 503")])
def test_a_registry_that_never_answers_is_given_up_after_a_minute(status: int, why: str) -> None:
    pauses: list[float] = []

    with pytest.raises(LocalCloudError, match=why):
        await_answer(REGISTRY, ask=answering(status), sleep=pauses.append)
    assert sum(pauses) == pytest.approx(60)
