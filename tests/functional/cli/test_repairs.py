"""``up --continue-rollback`` and ``down --retain`` as a person types them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from cdinfra.aws.fake import FakeAws


@pytest.fixture
def stuck(run: Callable[..., Result], aws: FakeAws) -> Callable[[StackStatus], None]:
    """Lets the network be stuck because of its topic."""

    def make(status: StackStatus) -> None:
        assert run("up").exit_code == 0
        stack = aws.stacks.stack("shop-dev-network")
        kind = "DELETE_FAILED" if status is StackStatus.DELETE_FAILED else "UPDATE_FAILED"
        stack.failed = {"Topic": (kind, "it has subscribers")}
        stack.transition(status)

    return make


def test_a_rollback_is_finished_before_anything_else(
    run: Callable[..., Result], stuck: Callable[[StackStatus], None]
) -> None:
    stuck(StackStatus.UPDATE_ROLLBACK_FAILED)
    refused = run("up")
    assert refused.exit_code == 4
    assert "Topic (AWS::SNS::Topic shop-dev-network-topic): it has subscribers" in refused.stderr
    outcome = run("up", "--continue-rollback")
    assert outcome.exit_code == 0, outcome.stderr
    assert "~ update network  shop-dev-network  (its rollback is finished)" in outcome.stderr
    assert outcome.stdout.startswith("1 stack: 1 rolled back\n")
    assert "Nothing changes: 2 stacks are up to date.\n" in outcome.stdout
    assert run("up", "--continue-rollback").stdout.startswith("Nothing changes")


def test_a_skipped_resource_is_named_in_the_plan(
    run: Callable[..., Result], stuck: Callable[[StackStatus], None]
) -> None:
    stuck(StackStatus.UPDATE_ROLLBACK_FAILED)
    outcome = run("up", "--skip-resource", "network/Topic")
    assert outcome.exit_code == 0, outcome.stderr
    assert "its rollback is finished; left as it is: Topic" in outcome.stderr


def test_a_wrong_name_is_refused_with_the_right_one(
    run: Callable[..., Result], stuck: Callable[[StackStatus], None]
) -> None:
    stuck(StackStatus.UPDATE_ROLLBACK_FAILED)
    outcome = run("up", "--skip-resource", "network/Topics")
    assert outcome.exit_code == 2
    assert "did you mean 'network/Topic'?" in outcome.stderr


@pytest.mark.parametrize("option", [("--retain", "network/Topic"), ("--force",)])
def test_what_stays_in_the_account_is_said_before_and_after(
    run: Callable[..., Result],
    stuck: Callable[[StackStatus], None],
    aws: FakeAws,
    option: tuple[str, ...],
) -> None:
    stuck(StackStatus.DELETE_FAILED)
    aws.stacks.fail("shop-dev-network", "Topic", "it has subscribers")
    failed = run("down")
    assert failed.exit_code == 4
    assert "Topic (AWS::SNS::Topic shop-dev-network-topic): it has subscribers" in failed.stderr
    told = re.sub(r" --file \S+", "", failed.stderr)
    assert "cdinfra down network --retain network/Topic" in told
    outcome = run("down", *option)
    assert outcome.exit_code == 0, outcome.stderr
    assert "STAYS IN THE ACCOUNT, OUTSIDE OF ANY STACK: " in outcome.stderr
    assert "not deleted: Topic (AWS::SNS::Topic shop-dev-network-topic)" in outcome.stderr
