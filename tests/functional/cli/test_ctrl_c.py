"""Ctrl-C on a real terminal, and a process that is killed: over HTTP against a real local cloud."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from cdinfra.local.fault_types import ResourceFault, ResourceFaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cdinfra.aws.connection import Clients
    from cdinfra.local.process import LocalCloud

HELD_SECONDS = 10.0
"""How long an operation is held up: another process has to find it under way still."""

DEADLINE_SECONDS = 60.0
CTRL_C = b"\x03"

ON_OWN_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Takes the terminal over, so that what is typed there becomes signals, then runs the command."""


@dataclass
class Terminal:
    """A terminal with a command on it."""

    process: subprocess.Popen[str]
    end: int
    shown: str = field(default="")

    def wait_for(self, text: str) -> None:
        """Wait until a text stands there that was not waited for before."""
        start, deadline = len(self.shown), time.monotonic() + DEADLINE_SECONDS
        while text not in self.shown[start:]:
            assert time.monotonic() < deadline, self.shown
            assert select.select([self.end], [], [], DEADLINE_SECONDS)[0], self.shown
            self.shown += os.read(self.end, 4096).decode(errors="replace")

    def type(self, keys: bytes) -> None:
        os.write(self.end, keys)

    def ended(self, *, pressing: bytes = b"") -> int:
        """Wait for the end; after each quiet second keys are pressed again, as people do.

        A signal that comes just before the process begins to read does not end the reading.
        """
        deadline = time.monotonic() + DEADLINE_SECONDS
        try:
            while True:
                assert time.monotonic() < deadline, self.shown
                if not select.select([self.end], [], [], 1.0)[0]:
                    self.type(pressing)
                elif piece := os.read(self.end, 4096):
                    self.shown += piece.decode(errors="replace")
                else:
                    break
        except OSError:
            """The other end is closed: that is how a terminal ends."""
        os.close(self.end)
        return self.process.wait(timeout=DEADLINE_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Command:
    """The command line, with an app and a local cloud.

    Attributes:
        cloud: The local cloud.
        file: The app.
        name: Its name.
    """

    cloud: LocalCloud
    file: Path
    name: str

    def _words(self, *args: str) -> tuple[list[str], dict[str, str]]:
        words = [sys.executable, "-m", "cdinfra", *args, "--file", str(self.file)]
        # With CI set nothing is redrawn, and this is about a person at a terminal.
        environment = {name: value for name, value in os.environ.items() if name != "CI"}
        return words, {
            **environment,
            "CDINFRA_STATE": str(self.cloud.state_dir),
            "TERM": "xterm",
        }

    def on_terminal(self, *args: str) -> Terminal:
        words, environment = self._words(*args)
        end, other = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", ON_OWN_TERMINAL, *words],
            stdin=other,
            stdout=other,
            stderr=other,
            env=environment,
            text=True,
        )
        os.close(other)
        return Terminal(process, end)

    def start(self, *args: str) -> subprocess.Popen[str]:
        words, environment = self._words(*args)
        pipe = subprocess.PIPE
        return subprocess.Popen(words, stdout=pipe, stderr=pipe, env=environment, text=True)

    def run(self, *args: str) -> tuple[int, str, str]:
        process = self.start(*args)
        stdout, stderr = process.communicate(timeout=DEADLINE_SECONDS)
        return process.returncode, stdout, stderr

    def hold(self, stack: str) -> None:
        """Let whatever is done with a resource of a stack take long, once."""
        slow = ResourceFault(
            kind=ResourceFaultKind.RESOURCE_SLOW,
            stack=f"{self.name}-dev-{stack}",
            seconds=HELD_SECONDS,
            times=1,
        )
        self.cloud.control.add_fault(slow)


@pytest.fixture
def command(
    app_file: Path, edit: Callable[[str, str], None], local_cloud: LocalCloud
) -> Iterator[Command]:
    edit('App("shop"', 'App("interrupted"')
    edit('"Properties": {"BucketName": "pictures"}', '"Properties": {}')
    made = Command(cloud=local_cloud, file=app_file, name="interrupted")
    yield made
    local_cloud.control.clear_faults()
    code, _, stderr = made.run("down")
    assert code == 0, stderr


def test_ctrl_c_asks_and_who_waits_then_cancels_gets_everything_back(command: Command) -> None:
    command.hold("network")
    terminal = command.on_terminal("up")
    terminal.wait_for("creating")
    terminal.type(CTRL_C)
    terminal.wait_for("[w]:")
    terminal.type(b"w\n")
    terminal.wait_for("creating")
    terminal.type(CTRL_C)
    terminal.wait_for("[w]:")
    terminal.type(b"c\n")
    assert terminal.ended() == 130, terminal.shown
    assert "interrupted-dev-network was cancelled: what was made of it" in terminal.shown
    code, stdout, _ = command.run("status")
    assert (code, stdout.count("not deployed")) == (0, 2)


def test_ctrl_c_twice_leaves_it_running_and_attach_comes_back(command: Command) -> None:
    command.hold("network")
    terminal = command.on_terminal("up")
    terminal.wait_for("creating")
    terminal.type(CTRL_C)
    terminal.wait_for("[w]:")
    terminal.type(CTRL_C)
    assert terminal.ended(pressing=CTRL_C) == 130, terminal.shown
    assert "Come back to it with: cdinfra attach --file " in terminal.shown
    code, stdout, stderr = command.run("attach")
    assert (code, stdout.splitlines()[0]) == (0, "1 stack: 1 created"), stderr


def test_after_kill_9_a_second_up_shows_every_event_and_makes_the_stacks_that_remain(
    command: Command, clients: Callable[..., Clients]
) -> None:
    command.hold("network")
    first = command.start("up")
    cloudformation = clients().client("cloudformation")
    assert first.stderr is not None
    assert any("CREATE_IN_PROGRESS" in line for line in iter(first.stderr.readline, ""))
    first.kill()
    first.communicate(timeout=DEADLINE_SECONDS)
    assert first.returncode == -9
    code, stdout, stderr = command.run("up")
    assert code == 0, stderr
    assert stdout.startswith("2 stacks: 1 created, 1 unchanged\n"), stdout
    assert "interrupted-dev-network is CREATE_IN_PROGRESS (since " in stderr
    assert "by cdinfra): following it" in stderr
    events = cloudformation.describe_stack_events(StackName="interrupted-dev-network")
    for event in events["StackEvents"]:
        if event["ResourceStatus"] != "REVIEW_IN_PROGRESS":
            assert event["ClientRequestToken"].startswith("cdinfra-")
            shown = f"{event['ResourceStatus']:<28} {event['LogicalResourceId']} "
            assert sum(shown in line for line in stderr.splitlines()) >= 1, shown
