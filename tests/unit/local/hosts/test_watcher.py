import sys
import time
from pathlib import Path
from typing import Any

from cdinfra.local.hosts.docker import Docker, DockerError
from cdinfra.local.hosts.watcher import Watcher

PROGRAM = """
import json, sys, time
if "ps" in sys.argv:
    print("i-1 exited\\ni-2 running\\n running")
else:
    for action in ("die", "start"):
        print(json.dumps({"Action": action, "Actor": {"Attributes": {"cdinfra.instance": "i-3"}}}))
    sys.stdout.flush()
    time.sleep(60)
"""


class NotingFleet:
    """Hosts that note what they are told; the second one's engine hangs."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bool]] = []

    def observe(self, instance_id: str, *, runs: bool) -> None:
        self.said.append((instance_id, runs))
        if instance_id == "i-2":
            raise DockerError("docker exec did not end within 60 s", hint="")


def watch(fleet: Any, *busy: str) -> Watcher:
    docker = Docker((sys.executable, "-c", PROGRAM))
    return Watcher(docker, "4f1c", fleet=fleet, is_busy=busy.__contains__)


def until(fleet: NotingFleet, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(fleet.said) < count:
        assert time.monotonic() < deadline, fleet.said
        time.sleep(0.01)


def test_it_looks_first_and_then_listens_whatever_one_host_does() -> None:
    fleet = NotingFleet()
    watcher = watch(fleet)
    watcher.start()
    until(fleet, 4)
    watcher.close()
    assert fleet.said == [("i-1", False), ("i-2", True), ("i-3", False), ("i-3", True)]


def test_what_we_do_ourselves_is_not_heard() -> None:
    fleet = NotingFleet()
    watch(fleet, "i-1", "i-2").look()
    assert fleet.said == []


def test_the_client_ends_with_it(tmp_path: Path) -> None:
    process = tmp_path / "process"
    note = (
        f"import os, sys; 'ps' in sys.argv or open({str(process)!r}, 'w').write(str(os.getpid()))"
    )
    program = f"{note}\n{PROGRAM}"
    fleet: Any = NotingFleet()
    docker = Docker((sys.executable, "-c", program))
    watcher = Watcher(docker, "4f1c", fleet=fleet, is_busy=lambda _: False)
    watcher.start()
    until(fleet, 4)
    watcher.close()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{process.read_text()}").exists():
        assert time.monotonic() < deadline, "the client goes on"
        time.sleep(0.05)
