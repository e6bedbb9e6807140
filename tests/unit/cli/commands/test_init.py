from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cdinfra.cli.root import root


def init(*args: str) -> Result:
    return CliRunner().invoke(root, ["init", *args])


def test_the_new_files_are_the_result_and_the_next_steps_a_notice(tmp_path: Path) -> None:
    result = init(str(tmp_path / "shop"), "--owner", "team", "--ci", "jenkins", "--ci", "gitlab")
    assert result.exit_code == 0
    names = ["infra.py", "Makefile", "requirements.txt", ".gitignore"]
    names += [".gitlab-ci.yml", "Jenkinsfile"]
    assert result.stdout.splitlines() == [str(tmp_path / "shop" / name) for name in names]
    assert "make stack-up" in result.stderr
    assert '"shop"' in (tmp_path / "shop" / "infra.py").read_text()


def test_this_folder_is_where_it_writes_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert init("--owner", "team").exit_code == 0
    assert '"here"' in (folder / "infra.py").read_text()


def test_a_second_time_it_refuses_and_says_how_to_go_on(tmp_path: Path) -> None:
    arguments = (str(tmp_path), "--owner", "team", "--app", "shop")
    assert init(*arguments).exit_code == 0
    result = init(*arguments)
    assert result.exit_code == 2
    assert "Makefile: exists already" in result.stderr
    assert "--keep-existing" in result.stderr
    kept = init(*arguments, "--keep-existing")
    assert kept.exit_code == 0
    assert kept.stdout == ""
    assert f"kept as it is: {tmp_path / 'Makefile'}" in kept.stderr


def test_without_an_owner_and_a_terminal_it_says_what_is_needed(tmp_path: Path) -> None:
    result = init(str(tmp_path / "shop"))
    assert result.exit_code == 2
    assert result.stderr.startswith("error: --owner: is needed")
    assert not (tmp_path / "shop").exists()


def test_a_folder_whose_name_is_no_name_of_an_app_needs_one(tmp_path: Path) -> None:
    result = init(str(tmp_path / "My Shop"), "--owner", "team")
    assert result.exit_code == 2
    assert "'My Shop' is not a valid name" in result.stderr
    assert "--app" in result.stderr
