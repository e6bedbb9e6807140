"""Losing data needs a name, in every command that can lose some."""

import json
import re
from collections.abc import Callable

import pytest
from click.testing import Result

from cdinfra.aws.fake import FakeAws

Run = Callable[..., Result]
Edit = Callable[[str, str], None]
Answer = Callable[[str], None]

REFUSAL = """
error: web/Bucket: AWS::S3::Bucket shop-dev-web-bucket is deleted, and its data is lost
hint: keep it with a DeletionPolicy and an UpdateReplacePolicy, or lose it: \
--allow-data-loss web/Bucket
"""


@pytest.fixture
def calls(aws: FakeAws) -> Callable[[], list[str]]:
    """Returns what was done in the cloud, past what only looks."""

    def done() -> list[str]:
        return [
            call
            for call in aws.stacks.calls
            if call.startswith(("execute_change_set", "delete_stack"))
        ]

    return done


def test_an_account_loses_no_data_that_is_not_named_not_even_with_yes(
    run: Run, aws: FakeAws, calls: Callable[[], list[str]]
) -> None:
    run("up")
    before = calls()
    result = run("down", "--cloud", "aws", "--yes")
    assert result.exit_code == 10
    assert result.stderr.endswith(REFUSAL)
    assert calls() == before
    assert aws.stacks.change_sets == ()


def test_the_option_of_the_hint_is_what_it_takes(run: Run) -> None:
    run("up")
    refused = run("down", "--cloud", "aws", "--yes")
    options = re.findall(r"--allow-data-loss \S+", refused.stderr)[-1].split()
    result = run("down", "--cloud", "aws", "--yes", *options)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "2 stacks: 2 deleted\n"


def test_up_guards_a_replacement_as_it_does_a_deletion(run: Run, edit: Edit, aws: FakeAws) -> None:
    run("up")
    edit('"pictures"', '"photos"')
    aws.stacks.replaced_types.add("AWS::S3::Bucket")
    refused = run("up", "--cloud", "aws", "--yes", "--output", "json")
    assert refused.exit_code == 10
    plan, error = map(json.loads, refused.stdout.splitlines())
    assert plan["plan"]["actions"][1]["resources"][0]["loses_data"] is True
    assert error["error"]["kind"] == "DataLossError"
    assert [each["path"] for each in error["error"]["problems"]] == ["web/Bucket"]
    assert aws.stacks.change_sets == ()
    named = ("--allow-data-loss", "web/Bucket")
    assert run("up", "--cloud", "aws", "--yes", *named).exit_code == 0


def test_the_local_cloud_only_tells_unless_it_is_to_ask(run: Run, answer: Answer) -> None:
    run("up")
    answer("y\n")
    assert run("down", "--ask").exit_code == 10
    result = run("down")
    assert result.exit_code == 0
    assert "DATA IS LOST: web/Bucket" in result.stderr


def test_a_name_that_loses_nothing_is_refused_in_any_cloud(run: Run) -> None:
    run("up")
    result = run("down", "--allow-data-loss", "web/Bukcet")
    assert result.exit_code == 2
    assert "did you mean 'web/Bucket'?" in result.stderr
    result = run("up", "--allow-data-loss", "web/Bucket")
    assert result.exit_code == 2
    assert "loses nothing in this plan (leave it out)" in result.stderr
