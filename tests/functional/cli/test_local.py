import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cdinfra.cli.root import root
from cdinfra.local.process import LocalCloud, stop

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command, with a state folder in which no local cloud runs yet."""
    monkeypatch.setenv("CDINFRA_STATE", str(tmp_path))
    yield lambda *args: CliRunner().invoke(root, args)
    stop(tmp_path)


@pytest.fixture
def run_beside(local_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command, with the local cloud of the test session."""
    monkeypatch.setenv("CDINFRA_STATE", str(local_cloud.state_dir))

    def invoke(*args: str) -> Result:
        return CliRunner().invoke(root, args)

    yield invoke
    local_cloud.control.clear_faults()


def test_the_local_cloud_is_started_found_again_and_ended(run: Run) -> None:
    up = run("local", "up")
    assert up.exit_code == 0
    assert up.stdout.startswith("http://127.0.0.1:")
    assert "Starting the local cloud" in up.stderr
    again = run("local", "up")
    assert (again.stdout, again.stderr) == (up.stdout, "")
    status = run("local", "status").stdout
    assert status.startswith(f"endpoint url  {up.stdout}")
    assert run("local", "down").stdout == "The local cloud has ended.\n"
    assert run("local", "down").stdout == "The local cloud was not running.\n"


def test_what_needs_the_local_cloud_says_that_it_is_not_running(run: Run) -> None:
    result = run("local", "status")
    assert result.exit_code == 3
    assert result.stderr.splitlines() == [
        "error: the local cloud is not running",
        "hint: start it with `cdinfra local up`",
    ]


def test_ssh_needs_a_local_cloud_that_boots_hosts(run_beside: Run) -> None:
    result = run_beside("local", "ssh", "i-1", "uptime", "--help")
    assert result.exit_code == 3
    assert "hosts are not booted: CDINFRA_HOSTS is off" in result.stderr


def test_ssh_needs_a_local_cloud_that_runs(run: Run) -> None:
    result = run("local", "ssh", "i-1")
    assert result.exit_code == 3
    assert "the local cloud is not running" in result.stderr


def test_a_taken_port_is_one_clear_error(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("local", "up", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 3
    assert "error: the local cloud cannot have port" in result.stderr
    assert "hint: choose another with --port" in result.stderr


def test_the_status_as_json_counts_the_calls(run_beside: Run, local_cloud: LocalCloud) -> None:
    status = json.loads(run_beside("local", "status", "--output", "json").stdout)
    assert status["endpoint_url"] == local_cloud.endpoint_url
    assert status["pid"] == local_cloud.pid
    assert "calls" in status["health"]


def test_faults_are_asked_for_shown_and_taken_back(run_beside: Run) -> None:
    added = run_beside("local", "fault", "add", "throttled", "service=ec2", "times=3")
    assert added.exit_code == 0
    heading, row = added.stdout.splitlines()
    assert heading.split() == ["ID", "KIND", "STRUCK", "SETTINGS"]
    assert row.split()[1:] == ["throttled", "0", "service=ec2", "times=3"]
    listed = json.loads(run_beside("local", "fault", "list", "--output", "json").stdout)["faults"]
    assert listed[0]["fault"] == {"kind": "throttled", "service": "ec2", "times": 3}
    assert run_beside("local", "fault", "clear", listed[0]["id"]).stdout == "Cleared.\n"
    assert run_beside("local", "fault", "list").stdout == "No fault is asked for.\n"


def test_every_wrong_setting_of_a_fault_is_told(run_beside: Run) -> None:
    result = run_beside("local", "fault", "add", "throttled", "tims=3", "every=none")
    assert result.exit_code == 2
    assert "fault/tims: is unknown" in result.stderr
    assert "did you mean 'times'?" in result.stderr
    assert "fault/every: 'none': must be a whole number" in result.stderr
    assert run_beside("local", "fault", "add", "throttled", "three").exit_code == 2
    assert "no setting" in run_beside("local", "fault", "add", "throttled", "three").stderr


def test_a_kind_that_does_not_exist_is_refused_with_the_nearest(run_beside: Run) -> None:
    result = run_beside("local", "fault", "add", "throttle")
    assert result.exit_code == 2
    assert "did you mean 'throttled'?" in result.stderr
