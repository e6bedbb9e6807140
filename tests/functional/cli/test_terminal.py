"""The installed command on a real terminal, over HTTP against a real local cloud."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cdinfra.local.process import LocalCloud

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_on_terminal(
    app_file: Path, edit: Callable[[str, str], None], local_cloud: LocalCloud
) -> Run:
    """Returns exit code, stdout, and what stood on the terminal."""
    edit('App("shop"', 'App("terminal"')
    edit('{"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "news"}}', "BUCKET")
    edit('BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "pictures"}}', "")
    edit("TOPIC = BUCKET", 'TOPIC = BUCKET = {"Type": "AWS::S3::Bucket"}')

    def run(*args: str) -> tuple[int, str, str]:
        terminal, end = pty.openpty()
        environment = {**os.environ, "CDINFRA_STATE": str(local_cloud.state_dir), "TERM": "xterm"}
        process = subprocess.Popen(
            [sys.executable, "-m", "cdinfra", *args, "--file", str(app_file)],
            stdin=end,
            stdout=subprocess.PIPE,
            stderr=end,
            env=environment,
            text=True,
        )
        os.close(end)
        shown = _read_all(terminal)
        stdout, _ = process.communicate(timeout=60)
        return process.returncode, stdout, shown

    return run


def _read_all(terminal: int) -> str:
    shown = b""
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:  # the other end is closed: that is how a terminal ends
        pass
    os.close(terminal)
    return shown.decode()


def test_on_a_terminal_the_stacks_are_drawn_live(run_on_terminal: Run) -> None:
    code, stdout, shown = run_on_terminal("up")
    assert code == 0, shown
    assert stdout.startswith("2 stacks: 2 created\n")
    assert "✓" in shown
    assert "creating" in shown
    code, stdout, shown = run_on_terminal("up", "--no-color")
    assert (code, stdout) == (0, "Nothing changes: 2 stacks are up to date.\n")
    code, stdout, shown = run_on_terminal("down", "--no-color")
    assert (code, stdout) == (0, "2 stacks: 2 deleted\n"), shown
    assert "ITS DATA IS LOST" in shown
