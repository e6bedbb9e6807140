"""Operations of the past, of stacks that are there and of those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.past_operations import OperationOutcome
from cdinfra.errors import CloudError, InvalidInputError

if TYPE_CHECKING:
    from tests.unit.deploy.conftest import Make, Run


def fail_twice(run: Run, make: Make) -> None:
    """Create a network, then let two updates of it fail, each with a reason of its own."""
    run.up(make.network())
    for reason in ("the first reason", "the second reason"):
        run.aws.stacks.fail("shop-dev-network", "Subnet1", reason)
        run.up(make.network(subnets=2))


def down(run: Run, make: Make) -> None:
    with run.deployer(make.network()) as deployer:
        deployer.execute(deployer.plan_down())


def test_operations_are_listed_the_last_one_first(run: Run, make: Make) -> None:
    fail_twice(run, make)
    (history,) = run.deployer(make.network()).operations()
    assert [(each.number, each.verb, each.outcome) for each in history.operations] == [
        (1, "update", OperationOutcome.FAILED),
        (2, "update", OperationOutcome.FAILED),
        (3, "create", OperationOutcome.SUCCEEDED),
    ]
    assert history.operations[0].cause == "Subnet1 (AWS::EC2::Subnet): the second reason"
    assert len({each.token for each in history.operations}) == 3
    assert all(each.started_at and each.ended_at for each in history.operations)


def test_an_operation_under_way_has_no_end(run: Run, make: Make) -> None:
    stack = run.aws.stacks.add(make.network().build(make.shop().context))
    stack.transition(StackStatus.UPDATE_IN_PROGRESS)
    (history,) = run.deployer(make.network()).operations()
    assert history.operations[0].outcome is OperationOutcome.RUNNING
    assert history.operations[0].ended_at is None


def test_an_earlier_operation_is_explained_by_its_number(run: Run, make: Make) -> None:
    fail_twice(run, make)
    (found,) = run.deployer(make.network()).explain(operation="2")
    assert found.failure.reason == "the first reason"
    assert found.operation.number == 2
    assert found.next_command == ""


def test_an_earlier_operation_is_explained_by_the_beginning_of_its_token(
    run: Run, make: Make
) -> None:
    fail_twice(run, make)
    deployer = run.deployer(make.network())
    (history,) = deployer.operations()
    (found,) = deployer.explain(operation=history.operations[1].token[:16])
    assert found.failure.reason == "the first reason"


def test_an_operation_that_succeeded_needs_no_explanation(run: Run, make: Make) -> None:
    fail_twice(run, make)
    assert run.deployer(make.network()).explain(operation="3") == ()


@pytest.mark.parametrize("wanted", ["9", "0", "no-such-token"])
def test_an_operation_that_no_stack_has_is_refused(run: Run, make: Make, wanted: str) -> None:
    fail_twice(run, make)
    with pytest.raises(InvalidInputError, match=f"no stack has an operation '{wanted}'") as caught:
        run.deployer(make.network()).explain(operation=wanted)
    assert caught.value.hint == "list them with: cdinfra explain --list"


def test_a_stack_that_is_deleted_since_is_explained_when_it_is_named(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-network", "Subnet0", "The CIDR is taken")
    run.up(make.network())
    run.aws.stacks.fail("shop-dev-network", "Subnet0", "")
    down(run, make)
    deployer = run.deployer(make.network())
    run.aws.stacks.calls.clear()
    assert deployer.explain() == ()
    assert run.aws.stacks.calls == ["describe_stacks"]
    (found,) = deployer.explain(("network",))
    assert found.failure.reason == "The CIDR is taken"
    assert found.aftermath == "rolled back: what was made is deleted again; it is deleted since"
    (history,) = deployer.operations(("network",))
    assert [each.verb for each in history.operations] == ["delete", "create"]


def test_of_several_deleted_namesakes_the_newest_counts(run: Run, make: Make) -> None:
    for reason in ("long ago", "lately"):
        run.aws.clock.sleep(60)
        run.aws.stacks.fail("shop-dev-network", "Subnet0", reason)
        run.up(make.network())
        run.aws.stacks.fail("shop-dev-network", "Subnet0", "")
        down(run, make)
    (found,) = run.deployer(make.network()).explain(("network",))
    assert found.failure.reason == "lately"


def test_a_stack_that_was_well_when_it_was_deleted_is_not_explained(run: Run, make: Make) -> None:
    run.up(make.network())
    down(run, make)
    assert run.deployer(make.network()).explain(("network",)) == ()


def test_a_creation_that_deletes_what_it_made_is_a_failure(run: Run, make: Make) -> None:
    stack = run.aws.stacks.add(make.network().build(make.shop().context))
    stack.events.clear()
    stack.token = "one-operation"
    for status in ("CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"):
        stack.transition(StackStatus(status), "no" if status == "DELETE_IN_PROGRESS" else "")
    (found,) = run.deployer(make.network()).explain(("network",))
    assert found.aftermath == "deleted again: nothing of it is left"
    assert found.next_command == "cdinfra up network"


def test_whoever_may_not_list_deleted_stacks_sees_only_what_is_there(run: Run, make: Make) -> None:
    denied = CloudError("denied")
    denied.__cause__ = ClientError({"Error": {"Code": "AccessDenied"}}, "ListStacks")
    run.aws.stacks.script("list_deleted_stacks", denied)
    assert run.deployer(make.network()).explain(("network",)) == ()


def test_a_stack_is_found_by_its_arn_after_its_name_is_gone(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-network", "Subnet0", "The CIDR is taken")
    run.up(make.network())
    stack_id = run.aws.stacks.stack("shop-dev-network").stack_id
    run.aws.stacks.fail("shop-dev-network", "Subnet0", "")
    run.up(make.network())
    deployer = run.deployer(make.network())
    (found,) = deployer.explain(stack_id=stack_id)
    assert (found.stack, found.failure.reason) == ("network", "The CIDR is taken")
    (history,) = deployer.operations(stack_id=stack_id)
    assert history.status == "DELETE_COMPLETE"


def test_the_list_of_a_named_stack_names_its_deleted_namesakes(run: Run, make: Make) -> None:
    stack_ids = []
    for _ in range(2):
        run.up(make.network())
        stack_ids.append(run.aws.stacks.stack("shop-dev-network").stack_id)
        down(run, make)
        run.aws.clock.sleep(60)
    deployer = run.deployer(make.network())
    (gone,) = deployer.operations(("network",))
    assert [each.stack_id for each in gone.earlier] == stack_ids[:1]
    run.up(make.network())
    (living,) = deployer.operations(("network",))
    assert [each.stack_id for each in living.earlier] == stack_ids[::-1]
    assert deployer.operations()[0].earlier == ()


def test_an_arn_of_nothing_is_refused(run: Run, make: Make) -> None:
    with pytest.raises(InvalidInputError, match="there is no stack 'arn:x'"):
        run.deployer(make.network()).explain(stack_id="arn:x")
