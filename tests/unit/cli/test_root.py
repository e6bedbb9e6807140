import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from cdinfra.cli.options import OutputFormat, Request
from cdinfra.cli.root import COMMANDS, RootGroup, root

HEAVY = ("boto3", "botocore", "cfnlint", "moto", "rich", "troposphere", "awacs", "yaml")


def run(*args: str) -> Result:
    return CliRunner().invoke(root, args)


def walk(
    command: click.Command, ctx: click.Context
) -> Iterator[tuple[click.Command, click.Context]]:
    yield command, ctx
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            child = command.get_command(ctx, name)
            assert child is not None
            yield from walk(child, click.Context(child, info_name=name, parent=ctx))


def walk_all() -> Iterator[tuple[click.Command, click.Context]]:
    # click keeps a command's help option as the first context gives it.
    return walk(root, click.Context(root, info_name="cdinfra", **root.context_settings))


def modules_after(code: str) -> set[str]:
    code += "; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    modules = modules_after("import cdinfra.cli, cdinfra.cli.root")
    assert not modules & set(HEAVY)
    assert not {name for name in modules if name.startswith("cdinfra.cli.commands")}


@pytest.mark.parametrize("place", COMMANDS.values())
def test_importing_a_command_imports_nothing_heavy(place: str) -> None:
    assert not modules_after(f"import {place.partition(':')[0]}") & set(HEAVY)


def test_the_version_is_told() -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("cdinfra 0.")


def test_python_dash_m_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cdinfra", "--version"], check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("cdinfra 0.")


@pytest.mark.parametrize("args", [(), ("--help",), ("-h",)])
def test_help_names_every_command(args: tuple[str, ...]) -> None:
    result = run(*args)
    text = result.stdout + result.stderr
    assert all(f"\n  {name} " in text for name in COMMANDS)


def test_every_command_and_every_option_has_help_and_examples() -> None:
    for command, ctx in walk_all():
        assert command.help, ctx.command_path
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{ctx.command_path} {parameter.name}"
                assert parameter.help.endswith("."), f"{ctx.command_path} {parameter.name}"
        if not isinstance(command, click.Group):
            examples = getattr(command, "examples", ())
            assert examples, ctx.command_path
            assert all(ctx.command_path in example for example in examples)


def test_every_example_is_a_command_line_that_exists() -> None:
    for command, ctx in walk_all():
        for example in getattr(command, "examples", ()):
            words = re.split(r"[|>)]", example.partition(ctx.command_path)[2])[0]
            parsed = command.make_context(ctx.info_name, shlex.split(words), parent=ctx.parent)
            assert parsed.params.keys() == {
                parameter.name for parameter in command.params if parameter.expose_value
            }


@pytest.mark.parametrize(
    ("args", "error", "hint"),
    [
        (("upp",), "no such command 'upp'", "did you mean up?"),
        (("up", "--fil", "x"), "no such option '--fil'", "did you mean --file?"),
        (("up", "--cloud", "gcp"), "'gcp' is not one of 'local', 'aws'", "cdinfra up --help"),
        (("local", "fault", "add"), "missing argument 'KIND'", "cdinfra local fault add --help"),
        (("local", "dwon"), "no such command 'dwon'", "did you mean down?"),
        (("local", "up", "--port", "0"), "0 is not in the range", "cdinfra local up --help"),
    ],
)
def test_a_wrong_command_line_gives_an_error_a_hint_and_exit_code_2(
    args: tuple[str, ...], error: str, hint: str
) -> None:
    result = run(*args)
    assert result.exit_code == 2
    first, second = result.stderr.splitlines()
    assert first.startswith("error: ")
    assert error in first
    assert second == f"hint: {hint}"
    assert result.stdout == ""


@pytest.mark.parametrize("asked", [("--output", "json"), ("--output=json",), ("-o", "json")])
def test_where_json_is_asked_for_errors_are_json_too(asked: tuple[str, ...]) -> None:
    result = run("status", "--file", "there/is/none.py", *asked)
    assert result.exit_code == 2
    error = json.loads(result.stdout)["error"]
    assert error["exit_code"] == 2
    assert error["kind"] == "InvalidInputError"
    assert result.stderr.startswith("error: ")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def broken() -> tuple[str, Path]:
    """Run a command that has a bug; return its error, and the file that its hint names."""
    command = click.Command("list", callback=lambda: "".index("x"))
    result = CliRunner().invoke(_OneCommand(command), ["list"])
    assert result.exit_code == 1
    first, hint = result.stderr.splitlines()
    return first, Path(hint.split(" with ")[1].split(";")[0])


def test_a_bug_is_told_without_a_traceback_and_its_traceback_is_kept(temporary: Path) -> None:
    first, log = broken()
    assert first == "error: this is a bug in cdinfra: ValueError: substring not found"
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert log.is_relative_to(temporary)
    assert log.parent.stat().st_mode & 0o777 == 0o700


def test_the_same_bug_again_leaves_one_file(temporary: Path) -> None:
    assert broken() == broken()
    assert len([*temporary.rglob("*.log")]) == 1


@pytest.mark.parametrize("mode", [0o777, None])
def test_a_folder_that_is_not_the_users_own_is_not_written_to(
    temporary: Path, mode: int | None
) -> None:
    usual = temporary / f"cdinfra-{os.getuid()}"
    if mode is None:
        (temporary / "theirs").mkdir(mode=0o700)
        usual.symlink_to(temporary / "theirs")
    else:
        usual.mkdir()
        usual.chmod(mode)
    _, log = broken()
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert not [*usual.iterdir()]


def test_ctrl_c_ends_with_130_and_without_a_traceback() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    result = CliRunner().invoke(_OneCommand(click.Command("list", callback=interrupted)), ["list"])
    assert result.exit_code == 130
    assert result.stderr.split() == ["interrupted"]


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "cdinfra", "--help"],
            check=False,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr == ""


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in CliRunner().invoke(root, ["upp"], color=True).stderr
    assert "\x1b[" not in CliRunner().invoke(root, ["upp", "--no-color"], color=True).stderr
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in CliRunner().invoke(root, ["upp"], color=True).stderr


SAFE = [name for name in COMMANDS if name != "local"]
# No operating system passes a NUL or half a surrogate pair on.
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
OPTIONS = ["--env", "--output", "json", "text", "--file", "--yes", "-o", "-n", "--exit-code", "--"]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(SAFE) | WORDS.filter(lambda name: name != "local"),
    st.lists(st.sampled_from(OPTIONS) | WORDS, max_size=6),
)
def test_no_command_line_gives_a_traceback(command: str, args: list[str]) -> None:
    result = run(command, *args, "--file", "there/is/none.py")
    assert isinstance(result.exception, SystemExit | None)
    assert result.exit_code in {0, 2, 3}
    assert "Traceback" not in result.output


class _OneCommand(RootGroup):
    def __init__(self, command: click.Command) -> None:
        super().__init__(name="cdinfra", places={"list": ""})
        self.only = command

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:  # noqa: ARG002
        return self.only


def test_what_is_advised_acts_where_the_command_acted(tmp_path: Path) -> None:
    request = Request(file=tmp_path / "infra.py", output=OutputFormat.TEXT, env="staging")
    place = f"--file {tmp_path}/infra.py --env staging"
    assert request.led("why: cdinfra explain web; or cdinfra local up") == (
        f"why: cdinfra explain {place} web; or cdinfra local up"
    )
    assert request.next_command("up", "web") == f"cdinfra up web {place}"
    assert request.next_command("up", "--manifest", "a b.json") == (
        "cdinfra up --manifest 'a b.json'"
    )
    here = Request(file=Path("infra.py"), output=OutputFormat.TEXT)
    assert here.led("why: cdinfra explain web") == "why: cdinfra explain web"
