"""A rollout on a real terminal: the fleet is in memory, and its time runs twenty times as fast."""

import os
import pty
import select
import subprocess
import sys
import time

SCRIPT = """
import sys, time
from contextlib import contextmanager

from cdinfra.cli.access import Access
from cdinfra.cli.root import root
from cdinfra.deploy.clock import Clock
from cdinfra.rollout.fake_group import GROUP, FakeGroup
from cdinfra.rollout.rollouts import Rollouts

group = FakeGroup(int(sys.argv[1]))


def sleep(seconds):
    time.sleep(seconds / 20)
    group.clock.sleep(seconds)


@contextmanager
def opened(request, name, reach, run):
    yield Rollouts(GROUP, group.ports, run)


world = Access(clock=Clock(now=group.clock.now, sleep=sleep), open_rollouts=opened)
root.main(sys.argv[2:], obj=world)
"""

DEADLINE_SECONDS = 60.0
CTRL_C = b"\x03"

ON_OWN_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Takes the terminal over, so that what is typed there becomes signals, then runs the command."""


class Terminal:
    """A terminal on which a rollout runs.

    Args:
        words: Number of hosts, and the command line.
    """

    def __init__(self, *words: str) -> None:
        self.end, other = pty.openpty()
        self.shown = ""
        kept = {name: value for name, value in os.environ.items() if name != "CI"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_OWN_TERMINAL, sys.executable, "-c", SCRIPT, *words],
            stdin=other,
            stdout=other,
            stderr=other,
            env={**kept, "TERM": "xterm", "COLUMNS": "100", "LINES": "24"},
        )
        os.close(other)

    def wait_for(self, text: str) -> None:
        """Wait until a text stands there that was not waited for before."""
        start, deadline = len(self.shown), time.monotonic() + DEADLINE_SECONDS
        while text not in self.shown[start:]:
            assert time.monotonic() < deadline, self.shown
            assert select.select([self.end], [], [], DEADLINE_SECONDS)[0], self.shown
            self.shown += os.read(self.end, 4096).decode(errors="replace")

    def type(self, keys: bytes) -> None:
        os.write(self.end, keys)

    def ended(self) -> int:
        """Read to the end; return the exit code."""
        try:
            while select.select([self.end], [], [], DEADLINE_SECONDS)[0]:
                self.shown += os.read(self.end, 4096).decode(errors="replace")
        except OSError:
            """The other end is closed: that is how a terminal ends."""
        os.close(self.end)
        return self.process.wait(timeout=DEADLINE_SECONDS)


def test_hosts_move_through_their_states_and_the_end_stands_below() -> None:
    terminal = Terminal("3", "deploy", "web", ":v2")
    for state in ("pulling", "pulled", "swapping", "done"):
        terminal.wait_for(state)
    assert terminal.ended() == 0, terminal.shown
    assert "deployed" in terminal.shown
    assert "; 3 of 3 hosts changed, after " in terminal.shown.rstrip().splitlines()[-1]
    assert "✓" in terminal.shown


def test_ctrl_c_is_seen_at_once_and_asks_when_the_hosts_at_work_are_done() -> None:
    terminal = Terminal("8", "deploy", "web", ":v2")
    terminal.wait_for("swapping")
    terminal.type(CTRL_C)
    terminal.wait_for("Ctrl-C: asks when the hosts at work are done")
    terminal.wait_for("[l]eave it like this, go [b]ack, or go [o]n?")
    terminal.type(b"l\n")
    assert terminal.ended() == 130, terminal.shown
    assert "cdinfra resume web" in terminal.shown


def test_who_goes_back_gets_the_old_release_on_every_host() -> None:
    terminal = Terminal("8", "deploy", "web", ":v2")
    terminal.wait_for("swapping")
    terminal.type(CTRL_C)
    terminal.wait_for("[b]ack")
    terminal.type(b"b\n")
    assert terminal.ended() == 13, terminal.shown
    assert "rolled back" in terminal.shown


def test_a_second_ctrl_c_leaves_at_once_and_says_how_to_go_on() -> None:
    terminal = Terminal("8", "deploy", "web", ":v2")
    terminal.wait_for("swapping")
    terminal.type(CTRL_C)
    terminal.wait_for("once more leaves at once")
    terminal.type(CTRL_C)
    assert terminal.ended() == 130, terminal.shown
    assert "Finish it with: cdinfra resume web; undo it with: cdinfra abort web" in terminal.shown
