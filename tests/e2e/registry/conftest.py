"""A local cloud with the machine's Docker engine, and Docker's client with its own login."""

import base64
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cdinfra.aws.connection import LOCAL_REGION, Clients
from cdinfra.local.process import LocalCloud, start, stop

Run = Callable[..., subprocess.CompletedProcess[str]]
NUMBERS = count(1)
DOCKER = shutil.which("docker") or "docker"


@pytest.fixture(scope="session")
def registry_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud of these tests' own that uses the engine."""
    state_dir = Path(tmp_path_factory.mktemp("registry-cloud"))
    yield start(state_dir, environ={**os.environ, "CDINFRA_HOSTS": "on"})
    stop(state_dir)


@pytest.fixture(scope="session")
def client(registry_cloud: LocalCloud) -> Callable[..., Any]:
    """A service of it: ``client("ecr")``, ``client("ecr", "us-east-1")``."""

    def client_of(service: str, region: str = LOCAL_REGION) -> Any:
        return Clients(registry_cloud.connection(region)).client(service)

    return client_of


@pytest.fixture(scope="session")
def ecr(client: Callable[..., Any]) -> Any:
    return client("ecr")


@pytest.fixture
def repository(ecr: Any) -> Any:
    """A repository of the test's own."""
    return ecr.create_repository(repositoryName=f"shop/web-{next(NUMBERS)}")["repository"]


@pytest.fixture
def docker(tmp_path: Path) -> Run:
    """Docker's client, without anybody's logins."""

    def run(*arguments: str, stdin: str | bytes = b"") -> subprocess.CompletedProcess[str]:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [DOCKER, *arguments],
            input=given,
            capture_output=True,
            check=False,
            timeout=120,
            env={**os.environ, "DOCKER_CONFIG": str(tmp_path / "docker")},
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run


@pytest.fixture
def logged_in(docker: Run, ecr: Any) -> Run:
    """Docker's client after a login with ECR's password."""
    user, password, host = login_of(ecr)
    done = docker("login", "--username", user, "--password-stdin", host, stdin=password)
    assert done.returncode == 0, done.stderr
    return docker


@pytest.fixture
def make_image(docker: Run) -> Iterator[Callable[[str, str], None]]:
    """Makes an image of one small file: ``make_image(name, content)``."""
    made: list[str] = []

    def make(name: str, content: str) -> None:
        done = docker("import", "-", name, stdin=archive(content))
        assert done.returncode == 0, done.stderr
        made.append(name)

    yield make
    for name in made:
        docker("rmi", "--force", name)


@pytest.fixture(scope="session")
def login() -> Callable[[Any], tuple[str, str, str]]:
    return login_of


def login_of(ecr: Any) -> tuple[str, str, str]:
    (data,) = ecr.get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return user, password, data["proxyEndpoint"].removeprefix("http://")


def archive(content: str) -> bytes:
    """A tar with one file in it."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        entry = tarfile.TarInfo("content")
        entry.size = len(content.encode())
        tar.addfile(entry, io.BytesIO(content.encode()))
    return written.getvalue()
