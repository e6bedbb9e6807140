"""The printed scripts in the real shells: a Tab is pressed, and the line is read back."""

import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BEGIN_OF_LINE = "\x01"
"""Ctrl-A. With ``echo `` typed there, the shell prints what stood on the line."""

PATIENCE_SECONDS = 60


@pytest.fixture
def environment(app_file: Path) -> dict[str, str]:
    """The environment of a shell that finds ``cdinfra``, in the folder of an app file."""
    folder = app_file.parent
    program = folder / "bin" / "cdinfra"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cdinfra "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: each for name, each in os.environ.items() if name != "CI"}
    return {**kept, "PATH": path, "TERM": "xterm", "HOME": str(folder), "PS1": "$ "}


def typed(command: list[str], steps: list[tuple[str, str]], environment: dict[str, str]) -> str:
    """Type into an interactive shell; return what stood on its terminal until it ended.

    Args:
        command: The shell.
        steps: What to wait for on the terminal, after what the step before has waited for, and
            the keys that are pressed then: a shell may drop what is typed while it completes.
        environment: Its environment.
    """
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        command,
        stdin=end,
        stdout=end,
        stderr=end,
        env=environment,
        cwd=environment["HOME"],
        start_new_session=True,
    )
    os.close(end)
    shown, seen = "", 0
    waiting = list(steps)
    try:
        while select.select([terminal], [], [], PATIENCE_SECONDS)[0]:
            shown += os.read(terminal, 4096).decode()
            while waiting and (found := shown.find(waiting[0][0], seen)) >= 0:
                mark, keys = waiting.pop(0)
                seen = found + len(mark)
                os.write(terminal, keys.encode())
    except OSError:  # the other end is closed: that is how a terminal ends
        pass
    else:
        process.kill()
    os.close(terminal)
    process.wait(timeout=PATIENCE_SECONDS)
    return shown


def completed(shell: str, script: str, line: str, whole: str, environment: dict[str, str]) -> str:
    """Return a line as a shell completes it when Tab is pressed at its end."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    commands = {"bash": ["bash", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"]}
    steps = [
        ("$ ", f"{script}; echo 'set' 'up'\n"),
        ("set up", ""),
        ("$ ", f"{line}\t"),
        (whole, f"{BEGIN_OF_LINE}echo 'line:' \nexit\n"),
    ]
    shown = typed(commands[shell], steps, environment)
    lines = [each.strip() for each in shown.replace("\r", "\n").split("\n")]
    found = [each.removeprefix("line: ") for each in lines if each.startswith("line: ")]
    assert found, shown
    return found[-1]


LINES = [
    ("cdinfra expl", "cdinfra explain"),
    ("cdinfra up --all-", "cdinfra up --all-resources"),
    ("cdinfra up --env st", "cdinfra up --env staging"),
    ("cdinfra up net", "cdinfra up network"),
    ("cdinfra up network w", "cdinfra up network web"),
]


@pytest.mark.parametrize(("line", "whole"), LINES)
def test_bash_completes(line: str, whole: str, environment: dict[str, str]) -> None:
    script = 'eval "$(cdinfra completion bash)"'
    assert completed("bash", script, line, whole, environment) == whole


@pytest.mark.parametrize(("line", "whole"), LINES)
def test_zsh_completes(line: str, whole: str, environment: dict[str, str]) -> None:
    script = 'autoload -U compinit; compinit -u; eval "$(cdinfra completion zsh)"'
    assert completed("zsh", script, line, whole, environment) == whole


@pytest.mark.parametrize(("line", "whole"), LINES)
def test_fish_completes(line: str, whole: str, environment: dict[str, str]) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("fish is not installed here")
    done = subprocess.run(
        [fish, "-c", f"cdinfra completion fish | source; complete -C '{line}'"],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
        cwd=environment["HOME"],
    )
    assert done.stdout.split("\t")[0].split() == [whole.rsplit(maxsplit=1)[-1]]


def test_bash_completes_nothing_where_there_is_no_app_file(
    environment: dict[str, str], app_file: Path
) -> None:
    app_file.unlink()
    script = 'eval "$(cdinfra completion bash)"'
    line = "cdinfra up net"
    assert completed("bash", script, line, line, environment) == line
