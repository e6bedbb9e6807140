from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cdinfra.aws.stacks import STACK_TYPE, StackEvent
from cdinfra.deploy.first_cause import describe_cause, first_cause


def event(logical_id: str, status: str, reason: str = "", *, own: bool = False) -> StackEvent:
    return StackEvent(
        event_id=logical_id + status,
        stack_id="arn:stack",
        timestamp=datetime(2026, 1, 31, tzinfo=UTC),
        logical_id=logical_id,
        physical_id="arn:stack" if own else "",
        resource_type=STACK_TYPE if own else "AWS::EC2::Instance",
        status=status,
        reason=reason,
    )


CANCELLED = event("Other", "CREATE_FAILED", "Resource creation cancelled")
BROKEN = event("Web", "CREATE_FAILED", "No capacity")
LATER = event("Worker", "CREATE_FAILED", "No capacity either")
ROLLBACK = event("stack", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed", own=True)


def test_the_first_failure_in_time_is_the_cause() -> None:
    assert first_cause((BROKEN, LATER, ROLLBACK)) is BROKEN


def test_what_was_cancelled_in_consequence_is_no_cause() -> None:
    assert first_cause((CANCELLED, BROKEN)) is BROKEN


@pytest.mark.parametrize(
    "reason",
    ["Resource update cancelled", "Resource creation canceled", "Resource update canceled"],
)
def test_every_way_of_saying_cancelled_counts(reason: str) -> None:
    assert first_cause((event("Other", "UPDATE_FAILED", reason), BROKEN)) is BROKEN


def test_a_cancelled_resource_is_told_where_there_is_nothing_else() -> None:
    assert describe_cause((CANCELLED,)) == (
        "Other (AWS::EC2::Instance): Resource creation cancelled",
        "Other",
    )


def test_a_failure_without_a_reason_is_told_by_its_status() -> None:
    assert describe_cause((event("Web", "DELETE_FAILED"),)) == (
        "Web (AWS::EC2::Instance): DELETE_FAILED",
        "Web",
    )


def test_a_rollback_without_a_failed_resource_has_the_reason_of_the_stack() -> None:
    assert describe_cause((ROLLBACK,)) == ("The following resource(s) failed", "")


def test_the_one_who_began_the_operation_is_no_cause_of_its_rollback() -> None:
    begun = event("stack", "UPDATE_IN_PROGRESS", "User Initiated", own=True)
    assert describe_cause((begun, ROLLBACK)) == ("The following resource(s) failed", "")


def test_nothing_told_is_an_empty_cause() -> None:
    assert first_cause(()) is None
    assert describe_cause(()) == ("", "")
