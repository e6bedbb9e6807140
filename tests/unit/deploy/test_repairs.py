from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackEvent
from cdinfra.deploy.repairs import Repairs
from cdinfra.errors import InvalidInputError, StackFailedError
from cdinfra.events import Notice

if TYPE_CHECKING:
    from cdinfra.aws.fake_stack import FakeStack
    from cdinfra.deploy.result import Result, StackResult
    from tests.unit.deploy.conftest import Make, Run

IN_USE = "sg-1 is in use"


def stuck(run: Run, make: Make, status: StackStatus, *, resource_status: str) -> FakeStack:
    stack = run.aws.stacks.add(make.network().build(make.shop().context), status=status)
    stack.failed = {"Vpc": (resource_status, IN_USE)}
    return stack


@pytest.fixture
def rolling_back(run: Run, make: Make) -> FakeStack:
    return stuck(run, make, StackStatus.UPDATE_ROLLBACK_FAILED, resource_status="UPDATE_FAILED")


@pytest.fixture
def deleting(run: Run, make: Make) -> FakeStack:
    run.aws.stacks.fail("shop-dev-network", "Vpc", IN_USE)
    return stuck(run, make, StackStatus.DELETE_FAILED, resource_status="DELETE_FAILED")


def finished(run: Run, make: Make, repairs: Repairs) -> StackResult:
    with run.deployer(make.network()) as deployer:
        planned = deployer.preview(deployer.plan_rollbacks(repairs=repairs))
        (result,) = deployer.execute(planned).stacks
    return result


def down(run: Run, make: Make, repairs: Repairs) -> Result:
    with run.deployer(make.network()) as deployer:
        return deployer.execute(deployer.preview(deployer.plan_down(repairs=repairs)))


@pytest.mark.usefixtures("rolling_back")
def test_a_stuck_rollback_is_refused_with_what_blocks_it_and_the_next_command(
    run: Run, make: Make
) -> None:
    with pytest.raises(StackFailedError) as caught:
        run.up(make.network())
    assert caught.value.message.splitlines()[1] == (
        f"  Vpc (AWS::EC2::VPC shop-dev-network-vpc): {IN_USE}"
    )
    assert "cdinfra up network --continue-rollback; or" in caught.value.hint
    assert caught.value.hint.endswith("--continue-rollback --skip-resource network/Vpc")
    assert run.calls("continue_rollback") == []


def failed(stack: FakeStack, logical_id: str, reason: str) -> None:
    """Add the event of a resource that could not be updated."""
    event = StackEvent(
        event_id=f"failed-{logical_id}",
        stack_id=stack.stack_id,
        timestamp=stack.created_at,
        logical_id=logical_id,
        physical_id=f"id-{logical_id}",
        resource_type="AWS::X::Y",
        status="UPDATE_FAILED",
        reason=reason,
        token=stack.token,
    )
    stack.events.append(event)


def test_what_failed_before_the_rollback_or_was_only_cancelled_blocks_nothing(
    run: Run, make: Make
) -> None:
    stack = run.aws.stacks.add(make.network(subnets=2).build(make.shop().context))
    stack.token = "one"
    stack.transition(StackStatus.UPDATE_IN_PROGRESS)
    failed(stack, "Subnet0", "no")
    stack.transition(StackStatus.UPDATE_ROLLBACK_IN_PROGRESS)
    failed(stack, "Vpc", IN_USE)
    failed(stack, "Subnet1", "Resource update cancelled")
    stack.transition(StackStatus.UPDATE_ROLLBACK_FAILED)
    with pytest.raises(StackFailedError) as caught:
        run.up(make.network(subnets=2))
    assert caught.value.hint.endswith("--skip-resource network/Vpc")
    assert "Subnet" not in caught.value.message


@pytest.mark.usefixtures("rolling_back")
def test_a_rollback_is_finished_and_then_the_stack_can_be_updated(run: Run, make: Make) -> None:
    result = finished(run, make, Repairs(continue_rollback=True))
    assert (result.outcome, result.status) == ("rolled back", "UPDATE_ROLLBACK_COMPLETE")
    assert run.up(make.network(subnets=2)) == {"network": "updated"}


@pytest.mark.usefixtures("rolling_back")
def test_a_rollback_that_fails_again_names_what_blocks_it(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-network", "Vpc", IN_USE)
    result = finished(run, make, Repairs(continue_rollback=True))
    assert (result.outcome, result.status) == ("failed", "UPDATE_ROLLBACK_FAILED")
    assert result.cause == f"Vpc (AWS::EC2::VPC): {IN_USE}"
    assert "--skip-resource network/Vpc" in result.hint


@pytest.mark.usefixtures("rolling_back")
def test_a_resource_that_blocks_a_rollback_can_be_skipped(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-network", "Vpc", IN_USE)
    result = finished(run, make, Repairs(skipped=("network/Vpc",)))
    assert result.status == "UPDATE_ROLLBACK_COMPLETE"


@pytest.mark.usefixtures("rolling_back")
@pytest.mark.parametrize("name", ["network/Vcp", "network/Subnet0", "web/Vpc", "Vpc", ""])
def test_only_what_blocks_a_rollback_can_be_skipped(run: Run, make: Make, name: str) -> None:
    with pytest.raises(InvalidInputError) as caught, run.deployer(make.network()) as deployer:
        deployer.plan_rollbacks(repairs=Repairs(skipped=(name,)))
    assert caught.value.message.startswith(f"--skip-resource: {name!r} is no resource that")
    assert "'network/Vpc'" in caught.value.message


def test_where_nothing_is_stuck_no_rollback_is_finished(run: Run, make: Make) -> None:
    run.up(make.network())
    with run.deployer(make.network()) as deployer:
        assert deployer.plan_rollbacks(repairs=Repairs(continue_rollback=True)).actions == ()


@pytest.mark.usefixtures("rolling_back")
def test_rollbacks_of_stacks_that_were_not_named_are_left_alone(run: Run, make: Make) -> None:
    with run.deployer(make.network(), make.single("one")) as deployer:
        planned = deployer.plan_rollbacks(["one"], repairs=Repairs(continue_rollback=True))
    assert planned.actions == ()


@pytest.mark.usefixtures("deleting")
def test_a_deletion_is_tried_again_and_names_what_blocks_it(run: Run, make: Make) -> None:
    (result,) = down(run, make, Repairs()).stacks
    assert (result.outcome, result.status) == ("failed", "DELETE_FAILED")
    assert result.cause == f"Vpc (AWS::EC2::VPC shop-dev-network-vpc): {IN_USE}"
    assert result.hint.endswith("cdinfra down network --retain network/Vpc")


@pytest.mark.usefixtures("deleting")
@pytest.mark.parametrize("repairs", [Repairs(retained=("network/Vpc",)), Repairs(forced=True)])
def test_what_cannot_be_deleted_is_left_on_request_and_told(
    run: Run, make: Make, repairs: Repairs
) -> None:
    (result,) = down(run, make, repairs).stacks
    assert (result.outcome, result.status) == ("deleted", "DELETE_COMPLETE")
    assert [each.physical_id for each in result.left_behind] == ["shop-dev-network-vpc"]
    told = [each.message for each in run.events if isinstance(each, Notice)]
    assert "Vpc (AWS::EC2::VPC shop-dev-network-vpc)" in told[-1]
    assert "stays in the account" in told[-1]


@pytest.mark.usefixtures("deleting")
def test_only_what_blocks_a_deletion_can_be_retained(run: Run, make: Make) -> None:
    with pytest.raises(InvalidInputError, match="did you mean 'network/Vpc'"):
        down(run, make, Repairs(retained=("network/Vpcs",)))
    assert run.calls("delete_stack") == []


def test_nothing_can_be_retained_of_a_stack_whose_deletion_has_not_failed(
    run: Run, make: Make
) -> None:
    run.up(make.network())
    with pytest.raises(InvalidInputError, match="nothing blocks any of the stacks"):
        down(run, make, Repairs(retained=("network/Vpc",)))


def test_force_changes_nothing_where_no_deletion_has_failed(run: Run, make: Make) -> None:
    run.up(make.network())
    (result,) = down(run, make, Repairs(forced=True)).stacks
    assert (result.outcome, result.left_behind) == ("deleted", ())
