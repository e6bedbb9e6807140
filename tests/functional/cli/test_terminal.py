"""The installed command on a real terminal, over HTTP against a real local cloud."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cdinfra.local.fault_types import ResourceFault, ResourceFaultKind
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

    def run(*args: str, **variables: str) -> tuple[int, str, str]:
        terminal, end = pty.openpty()
        kept = {name: value for name, value in os.environ.items() if name != "CI"}
        state = str(local_cloud.state_dir)
        environment = {**kept, "CDINFRA_STATE": state, "TERM": "xterm", **variables}
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


def test_resources_are_drawn_with_the_time_that_they_took_before(
    run_on_terminal: Run, edit: Callable[[str, str], None], local_cloud: LocalCloud
) -> None:
    topic = '{"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "%s"}}'
    edit('TOPIC = BUCKET = {"Type": "AWS::S3::Bucket"}', f"TOPIC = BUCKET = {topic % 'one'}")
    for before, after in (("one", "two"), ("two", "three")):
        code, _, shown = run_on_terminal("up", "--no-color")
        assert code == 0, shown
        assert "~0." not in shown
        edit(topic % before, topic % after)
    slow = ResourceFault(kind=ResourceFaultKind.RESOURCE_SLOW, stack="terminal-*", seconds=1)
    fault = local_cloud.control.add_fault(slow)
    code, _, shown = run_on_terminal("up", "--no-color")
    local_cloud.control.clear_faults(fault.fault_id)
    assert code == 0, shown
    assert "~0." in shown
    assert run_on_terminal("down")[0] == 0


@pytest.mark.parametrize("variable", [{"CI": "true"}, {"TERM": "dumb"}])
def test_where_nothing_may_be_redrawn_a_terminal_gets_plain_lines(
    run_on_terminal: Run, variable: dict[str, str]
) -> None:
    code, _, shown = run_on_terminal("up", "--no-color", **variable)
    assert code == 0, shown
    assert "\x1b" not in shown
    assert "CREATE_COMPLETE" in shown
    assert run_on_terminal("down", "--no-color", **variable)[0] == 0
