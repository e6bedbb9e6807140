"""``diff --save``, ``diff --plan`` and ``up --plan``."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from cdinfra.aws.fake import FakeAws

Run = Callable[..., Result]
Edit = Callable[[str, str], None]
Answer = Callable[[str], None]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def test_a_saved_plan_is_done_without_being_asked(run: Run, file: Path) -> None:
    shown = run("diff", "--cloud", "aws", "--save", str(file))
    assert shown.exit_code == 0
    assert f"to do just that: cdinfra up --plan {file}" in shown.stderr
    done = run("up", "--cloud", "aws", "--plan", str(file))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("2 stacks: 2 created\n")


def test_a_plan_is_done_once(run: Run, file: Path, aws: FakeAws) -> None:
    run("diff", "--save", str(file))
    run("up", "--plan", str(file))
    before = len(aws.stacks.calls)
    again = run("up", "--plan", str(file))
    assert again.exit_code == 10
    assert "stacks/network/deployed: there was no stack, and now it is CREATE_COMPLETE" in (
        again.stderr
    )
    assert not any("change_set" in call for call in aws.stacks.calls[before:])


def test_a_plan_is_refused_where_infra_py_has_moved(
    run: Run, edit: Edit, file: Path, aws: FakeAws
) -> None:
    run("up")
    edit('"news"', '"old news"')
    run("diff", "--save", str(file))
    edit('"old news"', '"other news"')
    result = run("up", "--plan", str(file), "--output", "json")
    assert result.exit_code == 10
    (error,) = map(json.loads, result.stdout.splitlines())
    assert error["error"]["kind"] == "MovedPlanError"
    assert [each["path"] for each in error["error"]["problems"]] == ["stacks/network/template"]
    assert aws.stacks.change_sets == ()


def test_a_plan_for_another_cloud_is_refused(run: Run, file: Path) -> None:
    run("diff", "--save", str(file))
    result = run("up", "--cloud", "aws", "--plan", str(file))
    assert result.exit_code == 10
    assert "error: cloud: the plan is for 'local', not for 'aws'" in result.stderr


def test_a_narrowed_plan_stays_narrowed(run: Run, file: Path) -> None:
    run("diff", "network", "--save", str(file))
    assert run("up", "--plan", str(file)).stdout.startswith("1 stack: 1 created\n")


def test_a_saved_plan_that_changes_nothing_does_nothing(run: Run, file: Path) -> None:
    run("up")
    assert run("diff", "--save", str(file), "--exit-code").exit_code == 0
    done = run("up", "--plan", str(file))
    assert done.exit_code == 0
    assert done.stdout == "Nothing changes: 2 stacks are up to date.\n"


def test_saving_goes_with_the_exit_code_and_with_json(run: Run, file: Path) -> None:
    result = run("diff", "--save", str(file), "--exit-code", "--output", "json")
    assert result.exit_code == 6
    assert json.loads(result.stdout)["is_empty"] is False
    assert json.loads(file.read_bytes())["format"] == 1


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_saved_plan_is_shown_as_it_was_without_app_or_cloud(
    run: Run, edit: Edit, file: Path, app_file: Path, aws: FakeAws, output: str
) -> None:
    run("up")
    edit('"news"', '"old news"')
    shown = run("diff", "--save", str(file), "--output", output)
    app_file.unlink()
    calls = len(aws.stacks.calls)
    again = run("diff", "--plan", str(file), "--output", output, "--exit-code")
    assert again.exit_code == 6
    assert again.stdout == shown.stdout
    assert again.stderr == "shop dev in the local cloud, eu-central-1\n\n"
    assert len(aws.stacks.calls) == calls


def test_what_says_nothing_beside_a_plan_is_refused(run: Run, file: Path) -> None:
    run("diff", "--save", str(file))
    for words in (
        ("up", "web", "--plan", str(file)),
        ("diff", "web", "--plan", str(file)),
        ("diff", "--save", str(file), "--plan", str(file)),
    ):
        result = run(*words)
        assert result.exit_code == 2
        assert "says nothing beside --plan" in result.stderr


def test_a_plan_guards_data_and_asks_where_that_is_wanted(
    run: Run, edit: Edit, file: Path, aws: FakeAws, answer: Answer
) -> None:
    run("up")
    edit('"pictures"', '"photos"')
    aws.stacks.replaced_types.add("AWS::S3::Bucket")
    run("diff", "--cloud", "aws", "--save", str(file))
    plan = ("up", "--cloud", "aws", "--plan", str(file))
    assert run(*plan).exit_code == 10
    answer("n\n")
    assert run(*plan, "--ask", "--allow-data-loss", "web/Bucket").exit_code == 5
    assert run(*plan, "--allow-data-loss", "web/Bucket").exit_code == 0


def test_a_plan_that_cannot_be_saved_is_no_plan(run: Run, tmp_path: Path) -> None:
    result = run("diff", "--save", str(tmp_path / "none" / "plan.json"))
    assert result.exit_code == 2
    assert "cannot be written: No such file or directory" in result.stderr
