"""``cdinfra explain`` of operations of the past, as a person types it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from cdinfra.aws.fake import FakeAws

    Run = Callable[..., Result]


@pytest.fixture
def failed(run: Run, aws: FakeAws) -> FakeAws:
    """A cloud in which the network failed, and then came up."""
    aws.stacks.fail("shop-dev-network", "Topic", "news already exists")
    run("up")
    aws.stacks.fail("shop-dev-network", "Topic", "")
    return aws


@pytest.mark.usefixtures("failed")
def test_operations_are_listed(run: Run) -> None:
    heading, row = run("explain", "--list").stdout.splitlines()
    assert heading.split() == ["STACK", "N", "VERB", "OUTCOME", "STARTED", "TOOK", "TOKEN", "CAUSE"]
    assert row.split()[:4] == ["network", "1", "create", "failed"]
    assert row.endswith("Topic (AWS::SNS::Topic): news already exists")


@pytest.mark.usefixtures("failed")
def test_operations_are_listed_as_json(run: Run) -> None:
    (stack,) = json.loads(run("explain", "network", "-l", "-o", "json").stdout)["stacks"]
    (operation,) = stack["operations"]
    assert (stack["stack"], operation["verb"], operation["outcome"]) == (
        "network",
        "create",
        "failed",
    )


def test_nothing_is_listed_where_nothing_was_done(run: Run) -> None:
    assert run("explain", "--list").stdout == "No operations.\n"


def test_a_stack_that_was_made_anew_is_explained_by_its_arn(run: Run, failed: FakeAws) -> None:
    gone = failed.stacks.stack("shop-dev-network").stack_id
    run("up")
    assert run("explain").stdout == "Nothing failed.\n"
    assert "news already exists" in run("explain", "--stack-id", gone).stdout


def test_an_operation_that_succeeded_says_so(run: Run) -> None:
    run("up")
    told = run("explain", "network", "--operation", "1")
    assert (told.exit_code, told.stdout) == (0, "That operation did not fail.\n")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--operation", "7"), "error: --operation: no stack has an operation '7'"),
        (("--operation", "1", "--list"), "error: --operation: does not go with --list"),
        (("web", "--stack-id", "arn:x"), "error: --stack-id: does not go with names of stacks"),
        (("--stack-id", "arn:x"), "error: --stack-id: there is no stack 'arn:x'"),
    ],
)
def test_what_does_not_fit_is_refused(run: Run, arguments: tuple[str, ...], error: str) -> None:
    run("up")
    told = run("explain", *arguments)
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.startswith(error)
