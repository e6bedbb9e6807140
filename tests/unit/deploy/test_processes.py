from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from cdinfra.deploy.processes import Process, start_process

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run_to_end(process: Process) -> tuple[int, list[str]]:
    """Return how a program ends, and everything that it wrote."""
    lines: list[str] = []
    while (code := process.exit_code()) is None:
        lines += process.read_lines()
    return code, [*lines, *process.read_lines()]


def start(folder: Path, program: str, environment: Mapping[str, str] | None = None) -> Process:
    command = (sys.executable, "-c", program)
    return start_process(command, folder=folder, environment=environment or {})


def test_both_streams_are_read_line_by_line_to_the_last(tmp_path: Path) -> None:
    program = "import sys; print('one', flush=True); sys.stderr.write('two'); sys.exit(3)"
    assert run_to_end(start(tmp_path, program)) == (3, ["one", "two"])


def test_it_runs_in_the_folder_with_just_the_given_environment(tmp_path: Path) -> None:
    program = "import os; print(os.getcwd()); print(os.environ.get('HOME')); print(os.environ['A'])"
    code, lines = run_to_end(start(tmp_path, program, {"A": "$(date)"}))
    assert (code, lines) == (0, [str(tmp_path.resolve()), "None", "$(date)"])


def test_arguments_reach_the_program_as_they_are(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import sys; print(sys.argv[1:])", "a b", "$HOME", ";")
    process = start_process(command, folder=tmp_path, environment={})
    assert run_to_end(process) == (0, ["['a b', '$HOME', ';']"])


def test_it_gets_no_input(tmp_path: Path) -> None:
    assert run_to_end(start(tmp_path, "print(len(input()))"))[0] == 1


def test_ending_it_ends_what_it_started_too(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)"
    )
    process = start(tmp_path, program)
    while not (lines := process.read_lines()):
        assert process.exit_code() is None
    process.end()
    assert process.exit_code() == -signal.SIGTERM
    # The kernel ends the child in its own time.
    deadline = time.monotonic() + 10
    while is_alive(int(lines[0])) and time.monotonic() < deadline:
        pass
    assert not is_alive(int(lines[0]))


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123 - of the kernel
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_program_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        start_process(("no-such-program",), folder=tmp_path, environment=dict(os.environ))
