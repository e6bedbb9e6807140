from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import STACK_TYPE, StackEvent
from cdinfra.errors import CloudError, InvalidInputError

if TYPE_CHECKING:
    from cdinfra.aws.fake_stack import FakeStack
    from cdinfra.deploy.explanation import Explanation
    from tests.unit.deploy.conftest import Make, Run

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
SIGNALS = "Received 1 FAILURE signal(s) out of 2."


def has_happened(stack: FakeStack, *told: tuple[str, str, str], kind: str = "AWS::X::Y") -> None:
    """Add events of one operation: name, status, reason; an empty name is the stack."""
    for number, (name, status, reason) in enumerate(told):
        own = not name
        stack.events.append(
            StackEvent(
                event_id=f"more-{number}",
                stack_id=stack.stack_id,
                timestamp=NOON,
                logical_id=name or stack.name,
                physical_id=stack.stack_id if own else f"id-{name.lower()}",
                resource_type=STACK_TYPE if own else kind,
                status=status,
                reason=reason,
                token="the-last",
            )
        )
        stack.status = StackStatus(status) if own else stack.status


@pytest.fixture
def stack(run: Run, make: Make) -> FakeStack:
    """A network that was created well."""
    return run.aws.stacks.add(make.network().build(make.shop().context))


def explain(run: Run, make: Make) -> Explanation:
    (found,) = run.deployer(make.network()).explain()
    return found


UPDATE = ("", "UPDATE_IN_PROGRESS", "User Initiated")
ROLLBACK = ("", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed")
BACK = ("", "UPDATE_ROLLBACK_COMPLETE", "")


def test_nothing_is_explained_where_nothing_failed(run: Run, make: Make) -> None:
    run.up(make.network())
    run.aws.stacks.calls.clear()
    assert run.deployer(make.network(), make.consumer("web")).explain() == ()
    assert run.aws.stacks.calls == ["describe_stacks"]


def test_a_failed_creation_is_explained(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-network", "Subnet0", "The CIDR is taken")
    run.up(make.network(), make.single("alone"))
    found = explain(run, make)
    assert (found.stack, found.status) == ("network", "ROLLBACK_COMPLETE")
    assert (found.failure.logical_id, found.failure.reason) == ("Subnet0", "The CIDR is taken")
    assert found.failure.status == "CREATE_FAILED"
    assert (found.failure.cause, found.failure.hint, found.failure.command) == ("", "", "")
    assert found.aftermath == "rolled back: what was made is deleted again"
    assert found.next_command == "cdinfra up network"


def test_only_the_named_stacks_are_explained(run: Run, make: Make) -> None:
    for name in ("one", "two"):
        run.aws.stacks.fail(f"shop-dev-{name}", "Topic", "no more topics")
    run.up(make.single("one"), make.single("two"))
    deployer = run.deployer(make.single("one"), make.single("two"))
    assert [each.stack for each in deployer.explain()] == ["one", "two"]
    assert [each.stack for each in deployer.explain(("two",))] == ["two"]
    with pytest.raises(InvalidInputError, match="did you mean 'one'"):
        deployer.explain(("on",))


def test_an_earlier_failure_is_forgotten_after_a_success(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-network", "Subnet0", "The CIDR is taken")
    run.up(make.network())
    run.aws.stacks.fail("shop-dev-network", "Subnet0", "")
    run.up(make.network())
    assert run.deployer(make.network()).explain() == ()


def test_only_the_last_operation_is_explained(run: Run, make: Make) -> None:
    run.up(make.network())
    for reason in ("the first reason", "the second reason"):
        run.aws.stacks.fail("shop-dev-network", "Subnet1", reason)
        run.up(make.network(subnets=2))
    assert explain(run, make).failure.reason == "the second reason"
    assert explain(run, make).also_failed == ()


def test_the_first_failure_in_time_counts_and_consequences_are_folded(
    run: Run, make: Make, stack: FakeStack
) -> None:
    has_happened(
        stack,
        UPDATE,
        ("Early", "UPDATE_FAILED", "Resource update cancelled"),
        ("First", "CREATE_FAILED", "The maximum number of VPCs has been reached."),
        ("Other", "CREATE_FAILED", "The name is taken"),
        ("Late", "CREATE_FAILED", "Resource creation cancelled"),
        ROLLBACK,
        ("First", "DELETE_FAILED", "is there still"),
        BACK,
    )
    found = explain(run, make)
    assert (found.failure.logical_id, found.failure.cause) == ("First", "limit_exceeded")
    assert found.failure.hint.startswith("the account has as many as it may")
    assert [each.logical_id for each in found.also_failed] == ["Other"]
    assert found.cancelled == ("Early", "Late")
    assert found.blocked_by == ()


def test_a_stuck_rollback_names_what_blocks_it_even_if_that_failed_first(
    run: Run, make: Make, stack: FakeStack
) -> None:
    has_happened(
        stack,
        UPDATE,
        ("Group", "UPDATE_FAILED", SIGNALS),
        ROLLBACK,
        ("Group", "UPDATE_FAILED", "resource sg-1 has a dependent object"),
        ("Role", "UPDATE_FAILED", "Resource update cancelled"),
        ("", "UPDATE_ROLLBACK_FAILED", "failed too"),
    )
    found = explain(run, make)
    assert found.failure.reason == SIGNALS
    (blocking,) = found.blocked_by
    assert (blocking.logical_id, blocking.cause) == ("Group", "still_used")
    assert found.next_command == "cdinfra up network --continue-rollback"


def test_a_deletion_that_was_tried_several_times_is_told_once(
    run: Run, make: Make, stack: FakeStack
) -> None:
    has_happened(
        stack,
        ("", "DELETE_IN_PROGRESS", ""),
        ("Vpc", "DELETE_FAILED", "DependencyViolation"),
        ("Topic", "DELETE_FAILED", "busy"),
        ("Topic", "DELETE_FAILED", "busy still"),
        ("Vpc", "DELETE_FAILED", "DependencyViolation"),
        ("", "DELETE_FAILED", "The following resource(s) failed to delete"),
    )
    found = explain(run, make)
    assert found.failure.logical_id == "Vpc"
    assert [each.reason for each in found.also_failed] == ["busy still"]
    assert found.next_command == "cdinfra down network"


def test_a_rollback_that_a_person_began_has_the_stacks_own_reason(
    run: Run, make: Make, stack: FakeStack
) -> None:
    has_happened(stack, UPDATE, ("", "UPDATE_ROLLBACK_IN_PROGRESS", "Cancelled by me"), BACK)
    found = explain(run, make)
    assert (found.failure.logical_id, found.failure.reason) == (
        "shop-dev-network",
        "Cancelled by me",
    )


def test_a_nested_stack_leads_to_its_own_events(run: Run, make: Make, stack: FakeStack) -> None:
    reason = "Embedded stack arn:x was not successfully created"
    has_happened(stack, UPDATE, ("Inner", "CREATE_FAILED", reason), ROLLBACK, BACK, kind=STACK_TYPE)
    command = explain(run, make).failure.command
    assert command == "aws cloudformation describe-stack-events --stack-name id-inner"


def hosts(run: Run, make: Make) -> FakeStack:
    document = {"Resources": {"LogGroup": {"Type": "AWS::Logs::LogGroup"}}}
    template = make.plain(name="network", document=document).build(make.shop().context)
    stack = run.aws.stacks.add(template)
    group = "AWS::AutoScaling::AutoScalingGroup"
    signal = "Received FAILURE signal with UniqueId i-0abc"
    told = (("Hosts", "UPDATE_IN_PROGRESS", signal), ("Hosts", "UPDATE_FAILED", SIGNALS))
    has_happened(stack, UPDATE, *told, ROLLBACK, BACK, kind=group)
    return stack


def test_a_failed_host_leads_to_its_log(run: Run, make: Make) -> None:
    hosts(run, make)
    assert explain(run, make).failure.command == (
        "aws logs get-log-events --output text --log-group-name shop-dev-network-loggroup "
        "--log-stream-name i-0abc/cdinfra-host"
    )


def test_where_the_log_group_is_gone_it_leads_to_the_console(run: Run, make: Make) -> None:
    hosts(run, make).resources.clear()
    command = "aws ec2 get-console-output --output text --instance-id i-0abc"
    assert explain(run, make).failure.command == command


def test_resources_that_cannot_be_listed_make_only_the_hint_less_exact(
    run: Run, make: Make
) -> None:
    hosts(run, make)
    run.aws.stacks.script("list_resources", CloudError("not allowed"))
    assert explain(run, make).failure.command.startswith("aws ec2 get-console-output")


def test_a_silent_host_leads_to_the_launches(run: Run, make: Make, stack: FakeStack) -> None:
    reason = "Failed to receive 1 resource signal(s) within the specified duration"
    told = ("Hosts", "UPDATE_FAILED", reason)
    group = "AWS::AutoScaling::AutoScalingGroup"
    has_happened(stack, UPDATE, told, ROLLBACK, BACK, kind=group)
    assert explain(run, make).failure.command.endswith("--auto-scaling-group-name id-hosts")


def test_an_explanation_costs_one_call_more_for_a_stack(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-network", "Vpc", "no")
    run.up(make.network())
    run.aws.stacks.calls.clear()
    explain(run, make)
    assert run.aws.stacks.calls == ["describe_stacks", "describe_events shop-dev-network"]
