"""A real local cloud for the functional tests: one process, found over HTTP, as a user has it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from cdinfra.aws.connection import LOCAL_REGION, Clients
from cdinfra.local.process import LocalCloud, start, stop

REPOSITORY = Path(__file__).parents[2]


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


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this repository, alone in its folder."""
    folder = tmp_path_factory.mktemp("wheel")
    _uv("build", "--quiet", "--wheel", "--out-dir", str(folder), str(REPOSITORY))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def fresh_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel, what it requires, and nothing else."""
    venv = tmp_path_factory.mktemp("fresh") / "venv"
    python = venv / "bin" / "python"
    _uv("venv", "--quiet", "--python", sys.executable, str(venv))
    lock = str(REPOSITORY / "requirements.lock")
    _uv("pip", "install", "--quiet", "--python", str(python), "-c", lock, str(wheel))
    return python


def _uv(*arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("uv")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
