from pathlib import Path

import pytest

from cdinfra.local.hosts.docker import DockerError
from cdinfra.local.hosts.engine import find_engine, need_engine


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A client whose words the test writes, in front of any other."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "docker"


def write(docker: Path, script: str) -> None:
    docker.write_text(f"#!/bin/sh\n{script}\n")
    docker.chmod(0o755)


def test_an_engine_that_answers_is_found(docker: Path) -> None:
    write(docker, "echo linux")
    assert find_engine({}).docker is not None


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 1", "no Docker engine answers; install Docker"),
        ("echo windows", "runs no Linux containers"),
    ],
)
def test_why_hosts_cannot_be_booted_is_said(docker: Path, script: str, why: str) -> None:
    write(docker, script)
    found = find_engine({})
    assert found.docker is None
    assert why in found.why


def test_without_a_client_the_words_say_how_to_get_one(docker: Path) -> None:
    assert not docker.exists()
    assert "docker cannot be run: No such file or directory; install" in find_engine({}).why


def test_hosts_can_be_left_off(docker: Path) -> None:
    write(docker, "echo linux")
    assert find_engine({"CDINFRA_HOSTS": "off"}).why == "CDINFRA_HOSTS is off"


def test_who_needs_an_engine_is_refused_without(docker: Path) -> None:
    write(docker, "exit 1")
    with pytest.raises(DockerError, match="hosts are not booted: no Docker engine answers"):
        need_engine({})


@pytest.mark.parametrize("address", ["ssh://server", "tcp://192.0.2.1:2376"])
def test_an_engine_on_another_machine_boots_no_hosts(docker: Path, address: str) -> None:
    write(docker, "echo linux")
    found = find_engine({"DOCKER_HOST": address})
    assert found.docker is None
    assert found.why == f"the Docker engine is not on this machine: {address}"


def test_the_address_of_a_context_counts_where_the_environment_names_none(docker: Path) -> None:
    write(docker, '[ "$1" = context ] && echo ssh://server || echo linux')
    assert "ssh://server" in find_engine({}).why
    write(docker, '[ "$1" = context ] && echo unix:///var/run/docker.sock || echo linux')
    assert find_engine({}).docker is not None


def test_who_needs_one_where_hosts_are_off_is_told_how_to_have_them() -> None:
    with pytest.raises(DockerError, match="hosts are not booted: CDINFRA_HOSTS is off") as caught:
        need_engine({"CDINFRA_HOSTS": "off"})
    assert caught.value.hint == "unset CDINFRA_HOSTS"
