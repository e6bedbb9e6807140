from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from cdinfra.cli.root import COMMANDS, root

APP = """
import sys
from cdinfra import App

print("loading", file=sys.stderr)


class Plain:
    foundational = False

    def __init__(self, name):
        self.name = name

    def build(self, context):
        from cdinfra.model import StackTemplate

        name = context.stack_name(self.name)
        return StackTemplate(name=self.name, stack_name=name, document={"Resources": {}})


def build_app(env):
    app = App("shop", env=env, environments=("staging", "production"), owner="me")
    for name in ("network", "web", "worker"):
        app.add(Plain(name))
    if env == "production":
        app.add(Plain("archive"))
    return app
"""

Complete = Callable[..., list[str]]


@pytest.fixture
def complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Complete:
    """Returns what completes the last of some words, in a folder with an app file."""
    (tmp_path / "infra.py").write_text(APP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def completions(*words: str, env: Mapping[str, str] | None = None) -> list[str]:
        for name, value in (env or {"CDINFRA_ENV": "staging"}).items():
            monkeypatch.setenv(name, value)
        asked = ShellComplete(root, {}, "cdinfra", "_CDINFRA_COMPLETE")
        return [each.value for each in asked.get_completions(list(words[:-1]), words[-1])]

    return completions


def test_commands_are_completed(complete: Complete) -> None:
    assert complete("") == list(COMMANDS)
    assert complete("d") == ["diff", "down", "deploy", "drift"]
    assert complete("local", "fault", "") == ["add", "list", "clear"]


def test_options_and_their_choices_are_completed(complete: Complete) -> None:
    assert "--cloud" in complete("up", "--c")
    assert complete("up", "--cloud", "") == ["local", "aws"]
    assert complete("completion", "") == ["bash", "zsh", "fish"]


def test_environments_are_those_of_the_app_file(complete: Complete) -> None:
    assert complete("up", "--env", "") == ["staging", "production"]
    assert complete("diff", "-e", "p") == ["production"]


def test_environments_are_known_though_the_chosen_one_is_none_of_them(complete: Complete) -> None:
    assert complete("up", "--env", "", env={"CDINFRA_ENV": "dev"}) == ["staging", "production"]


def test_stacks_are_those_of_the_environment_that_are_not_named_yet(complete: Complete) -> None:
    assert complete("up", "") == ["network", "web", "worker"]
    assert complete("up", "web", "w") == ["worker"]
    assert complete("up", "--env", "production", "") == ["network", "web", "worker", "archive"]
    assert complete("up", "a", env={"CDINFRA_ENV": "production"}) == ["archive"]
    assert complete("template", "n") == ["network"]


def test_the_app_file_is_the_one_that_is_named(complete: Complete, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(APP.replace("worker", "mailer"), encoding="utf-8")
    assert complete("up", "--file", "other.py", "m") == ["mailer"]


@pytest.mark.parametrize("command", ["deploy", "rollback", "redeploy", "resume", "abort"])
def test_deploy_groups_are_the_stacks_that_have_hosts(
    complete: Complete, tmp_path: Path, command: str
) -> None:
    hosts = 'web.deploy_group_in = lambda context: "x"'
    named = APP.replace("    return app", f"    web = app.stacks[1]\n    {hosts}\n    return app")
    (tmp_path / "infra.py").write_text(named, encoding="utf-8")
    assert complete(command, "") == ["web"]
    assert complete(command, "x") == []


@pytest.mark.parametrize("broken", ["", "build_app = (", "raise SystemExit(3)", "1 / 0"])
def test_a_broken_app_file_completes_nothing_and_says_nothing(
    complete: Complete, tmp_path: Path, capfd: pytest.CaptureFixture[str], broken: str
) -> None:
    (tmp_path / "infra.py").write_text(broken, encoding="utf-8")
    assert complete("up", "") == []
    assert complete("up", "--env", "") == []
    assert complete("deploy", "") == []
    assert capfd.readouterr() == ("", "")


def test_what_the_app_file_prints_does_not_disturb(
    complete: Complete, capfd: pytest.CaptureFixture[str]
) -> None:
    assert complete("up", "n") == ["network"]
    assert capfd.readouterr() == ("", "")


def test_no_app_file_completes_nothing(complete: Complete) -> None:
    assert complete("up", "--file", "none.py", "") == []
