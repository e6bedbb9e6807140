from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.statuses import RULES, Move
from cdinfra.errors import StackFailedError

if TYPE_CHECKING:
    from tests.unit.deploy.conftest import Make, Run


def test_every_status_has_a_rule() -> None:
    assert len(StackStatus) == 23
    assert set(RULES) == set(StackStatus)


def test_what_runs_is_waited_for_by_up() -> None:
    running = {status for status in StackStatus if status.is_running}
    assert {status for status, rule in RULES.items() if rule.up is Move.WAIT} == running


def test_every_refusal_says_what_to_do() -> None:
    for status, rule in RULES.items():
        refuses = Move.REFUSE in {rule.up, rule.down}
        assert bool(rule.hint) == refuses, status


def test_every_move_that_surprises_is_explained() -> None:
    expected = {Move.CREATE, Move.UPDATE, Move.WAIT, Move.NOTHING}
    for status, rule in RULES.items():
        assert rule.why or rule.up in expected, status


@pytest.mark.parametrize("status", list(StackStatus))
def test_up_does_what_the_table_says(run: Run, make: Make, status: StackStatus) -> None:
    stack = make.single("one", DeletionPolicy="Retain")
    add(run, make, status)
    match RULES[status].up:
        case Move.REFUSE:
            with pytest.raises(StackFailedError, match=f"shop-dev-one is {status}"):
                run.up(stack)
        case Move.RECREATE | Move.CREATE:
            assert run.up(stack) == {"one": "created"}
        case Move.UPDATE | Move.RETRY | Move.WAIT:
            expected = "created" if status == "DELETE_IN_PROGRESS" else "updated"
            assert run.up(stack) == {"one": expected}
    assert run.aws.stacks.change_sets == ()


@pytest.mark.parametrize("status", list(StackStatus))
def test_down_does_what_the_table_says(run: Run, make: Make, status: StackStatus) -> None:
    add(run, make, status)
    with run.deployer(make.single("one")) as deployer:
        result = deployer.execute(deployer.preview(deployer.plan_down()))
    gone = status in {StackStatus.DELETE_COMPLETE, StackStatus.DELETE_IN_PROGRESS}
    assert [str(each.outcome) for each in result.stacks] == ([] if gone else ["deleted"])
    assert run.aws.stacks.describe_stack("shop-dev-one") is None


def add(run: Run, make: Make, status: StackStatus) -> None:
    template = make.single("one").build(make.shop().context)
    deleting = status is StackStatus.DELETE_IN_PROGRESS
    ends_as = StackStatus.DELETE_COMPLETE if deleting else StackStatus.UPDATE_COMPLETE
    run.aws.stacks.add(template, status=status, ends_as=ends_as if status.is_running else None)
