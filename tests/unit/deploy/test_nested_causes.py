"""From a nested stack that failed to what failed inside of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stacks import STACK_TYPE, StackEvent
from cdinfra.deploy.nested_causes import describe_innermost_cause, find_innermost
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
EMBEDDED = "Embedded stack arn:child was not successfully created: [Bucket]. "
CANCELLED = "Resource creation cancelled"


def event(
    stack_id: str, name: str, status: str, reason: str = "", *, nested: str = "", at: int = 0
) -> StackEvent:
    own = not name
    return StackEvent(
        event_id=f"{stack_id}-{name}-{status}-{at}",
        stack_id=stack_id,
        timestamp=NOON + timedelta(seconds=at),
        logical_id=name or stack_id,
        physical_id=stack_id if own else nested,
        resource_type=STACK_TYPE if own or nested else "AWS::S3::Bucket",
        status=status,
        reason=reason,
    )


class Histories:
    """The one call that is needed of CloudFormation, over histories given oldest first."""

    def __init__(self, **histories: tuple[StackEvent, ...]) -> None:
        self._histories = histories
        self.asked: list[str] = []

    def describe_events(self, stack_id: str) -> Iterator[StackEvent]:
        self.asked.append(stack_id)
        if stack_id not in self._histories:
            raise CloudError(f"Stack [{stack_id}] does not exist")
        return reversed(self._histories[stack_id])


OUTER = event("root", "Child", "CREATE_FAILED", EMBEDDED, nested="child", at=9)
CHILD = (
    event("child", "", "CREATE_IN_PROGRESS", at=1),
    event("child", "Bucket", "CREATE_FAILED", "acme already exists", at=3),
    event("child", "Other", "CREATE_FAILED", CANCELLED, at=4),
    event("child", "", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed", at=5),
    event("child", "", "ROLLBACK_COMPLETE", at=8),
)


@pytest.fixture
def stacks() -> Histories:
    return Histories(child=CHILD)


def test_what_stands_in_no_nested_stack_is_its_own_cause(stacks: Histories) -> None:
    failed = event("root", "Bucket", "CREATE_FAILED", "no")
    found = find_innermost(stacks, failed)  # type: ignore[arg-type] # one call of many
    assert (found.names, found.event, found.cancelled) == (("Bucket",), failed, ())
    assert stacks.asked == []


def test_the_first_failure_inside_is_found_with_its_full_reason(stacks: Histories) -> None:
    found = find_innermost(stacks, OUTER)  # type: ignore[arg-type] # as above
    assert found.names == ("Child", "Bucket")
    assert found.event.reason == "acme already exists"
    assert found.cancelled == ("Child / Other",)


def test_nesting_may_be_deep() -> None:
    middle = (
        event("middle", "", "CREATE_IN_PROGRESS", at=1),
        event("middle", "Inner", "CREATE_FAILED", EMBEDDED, nested="child", at=9),
    )
    outer = replace(OUTER, logical_id="Middle", physical_id="middle")
    stacks = Histories(child=CHILD, middle=middle)
    assert find_innermost(stacks, outer).names == ("Middle", "Inner", "Bucket")  # type: ignore[arg-type] # as above


def test_what_was_done_inside_later_is_not_the_cause() -> None:
    later = (
        event("child", "", "DELETE_IN_PROGRESS", at=20),
        event("child", "Bucket", "DELETE_FAILED", "not empty", at=21),
    )
    stacks = Histories(child=(*CHILD, *later))
    found = find_innermost(stacks, OUTER)  # type: ignore[arg-type] # as above
    assert found.event.reason == "acme already exists"


def test_where_the_inner_events_cannot_be_read_the_outer_reason_stays() -> None:
    found = find_innermost(Histories(), OUTER)  # type: ignore[arg-type] # as above
    assert (found.names, found.event) == (("Child",), OUTER)


def test_an_inner_stack_that_failed_as_a_whole_is_told_by_the_outer_reason() -> None:
    timeout = (CHILD[0], event("child", "", "CREATE_FAILED", "too slow", at=3))
    assert find_innermost(Histories(child=timeout), OUTER).event is OUTER  # type: ignore[arg-type] # as above


def test_the_cause_in_words_has_the_path(stacks: Histories) -> None:
    begun = event("root", "", "CREATE_IN_PROGRESS")
    words, resource = describe_innermost_cause(stacks, (begun, OUTER))  # type: ignore[arg-type] # as above
    assert words == "Child / Bucket (AWS::S3::Bucket): acme already exists"
    assert resource == "Child"
