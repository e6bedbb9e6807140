import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from cdinfra.errors import LocalCloudError
from cdinfra.local.clock import Clock
from cdinfra.local.process import find, start, stop
from cdinfra.local.state_directory import StateDirectory


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    stop(folder)


def ended(state_dir: Path) -> bool:
    state = StateDirectory(path=state_dir)
    return Clock().wait_until(lambda: not state.is_alive(), seconds=10)


def fast_clock(*, step: float = 1.0) -> Clock:
    """A clock on which so many seconds pass at every look."""
    return Clock(now=count(0.0, step).__next__)


def test_a_started_cloud_is_found_again_and_stopped(state_dir: Path) -> None:
    assert find(state_dir) is None
    cloud = start(state_dir)
    assert cloud.endpoint_url == f"http://127.0.0.1:{cloud.port}"
    assert cloud.control.health()["pid"] == cloud.pid
    assert find(state_dir) == cloud
    assert start(state_dir) == cloud
    assert not cloud.is_outdated
    assert replace(cloud, code="edited since").is_outdated
    assert stop(state_dir)
    assert find(state_dir) is None
    assert not stop(state_dir)
    assert not (state_dir / "local.json").exists()
    assert "stops" in cloud.log.read_text()


def test_a_killed_cloud_is_found_dead_and_started_again(state_dir: Path) -> None:
    killed = start(state_dir)
    os.kill(killed.pid, signal.SIGKILL)
    assert ended(state_dir)
    assert find(state_dir) is None
    again = start(state_dir)
    assert again.pid != killed.pid
    assert again.control.health()["pid"] == again.pid


def test_many_who_start_at_once_get_one_process(state_dir: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from cdinfra.local.process import start; "
        "print(start(Path(sys.argv[1])).pid)"
    )
    command = [sys.executable, "-c", script, str(state_dir)]
    with ThreadPoolExecutor(4) as pool:
        runs = [
            pool.submit(subprocess.run, command, capture_output=True, text=True, check=True)
            for _ in range(4)
        ]
        pids = {run.result().stdout.strip() for run in runs}
    cloud = find(state_dir)
    assert cloud is not None
    assert pids == {str(cloud.pid)}


def test_a_port_that_is_taken_gives_one_clear_error_and_leaves_nothing(state_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LocalCloudError, match=f"cannot have port {port}") as error:
            start(state_dir, port=port)
    assert "--port" in error.value.hint
    assert find(state_dir) is None


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_is_none_gives_one_clear_error(state_dir: Path, port: int) -> None:
    with pytest.raises(LocalCloudError, match=f"cannot have port {port}"):
        start(state_dir, port=port)


def test_another_port_than_the_running_one_is_refused(state_dir: Path) -> None:
    cloud = start(state_dir)
    assert start(state_dir, port=cloud.port) == cloud
    with pytest.raises(LocalCloudError, match=f"on port {cloud.port} and not 1"):
        start(state_dir, port=1)


def test_the_cloud_ends_by_itself_when_its_folder_is_deleted(state_dir: Path) -> None:
    cloud = start(state_dir)
    (state_dir / "local.json").unlink()
    assert ended(state_dir)
    assert "is gone" in cloud.log.read_text()


def test_a_stopped_process_is_killed_at_last(state_dir: Path) -> None:
    cloud = start(state_dir)
    os.kill(cloud.pid, signal.SIGSTOP)
    assert stop(state_dir, clock=fast_clock())
    assert find(state_dir) is None


def test_a_process_that_hangs_is_reported_with_its_log(state_dir: Path) -> None:
    cloud = start(state_dir)
    os.kill(cloud.pid, signal.SIGSTOP)
    with pytest.raises(LocalCloudError, match="does not answer") as error:
        find(state_dir, clock=fast_clock(step=15.0))
    os.kill(cloud.pid, signal.SIGKILL)
    assert str(cloud.log) in error.value.hint
    assert "serves on" in error.value.message


def test_the_listener_is_on_loopback_only(state_dir: Path) -> None:
    cloud = start(state_dir)
    listening = Path("/proc/net/tcp").read_text() if Path("/proc/net/tcp").exists() else ""
    if listening:
        local = [
            line.split()[1] for line in listening.splitlines() if f":{cloud.port:04X} " in line
        ]
        assert {address.partition(":")[0] for address in local if address} >= {"0100007F"}
        assert f"00000000:{cloud.port:04X}" not in local
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", cloud.port), timeout=5)


def test_it_runs_in_the_foreground_too(state_dir: Path) -> None:
    command = [sys.executable, "-m", "cdinfra.local.server", "--state", str(state_dir)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        state = StateDirectory(path=state_dir)
        assert Clock().wait_until(state.record.exists, seconds=10)
        cloud = find(state_dir)
        assert cloud is not None
        assert cloud.pid == process.pid
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert second.returncode == LocalCloudError.exit_code
        assert "runs already" in second.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_a_folder_that_cannot_be_made_gives_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalCloudError, match="cannot be written"):
        start(tmp_path / "file" / "state")
    assert find(tmp_path / "file" / "state") is None
