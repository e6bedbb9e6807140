from __future__ import annotations

from datetime import UTC, datetime

from cdinfra.aws.stacks import STACK_TYPE, StackEvent
from cdinfra.deploy.last_operation import last_operation, operations


def stack(status: str, token: str = "") -> StackEvent:
    return event("stack", status, token, kind=STACK_TYPE)


def event(name: str, status: str, token: str = "", *, kind: str = "AWS::EC2::VPC") -> StackEvent:
    return StackEvent(
        event_id=f"{name}-{status}-{token}",
        stack_id="arn:stack",
        timestamp=datetime(2026, 1, 31, tzinfo=UTC),
        logical_id=name,
        physical_id="arn:stack" if kind == STACK_TYPE else "",
        resource_type=kind,
        status=status,
        token=token,
    )


def found(*oldest_first: StackEvent) -> list[StackEvent]:
    return list(last_operation(reversed(oldest_first)))


CREATION = (
    stack("REVIEW_IN_PROGRESS"),
    stack("CREATE_IN_PROGRESS", "a"),
    event("Vpc", "CREATE_COMPLETE", "a"),
    stack("CREATE_COMPLETE", "a"),
)
UPDATE = (
    stack("UPDATE_IN_PROGRESS", "b"),
    event("Vpc", "UPDATE_FAILED", "b"),
    stack("UPDATE_ROLLBACK_IN_PROGRESS", "b"),
    stack("UPDATE_ROLLBACK_FAILED", "b"),
)
CONTINUED = (
    stack("UPDATE_ROLLBACK_IN_PROGRESS", "c"),
    event("Vpc", "UPDATE_COMPLETE", "c"),
    stack("UPDATE_ROLLBACK_COMPLETE", "c"),
)


def test_nothing_happened_without_events() -> None:
    assert found() == []


def test_only_the_events_of_the_last_token_count() -> None:
    assert found(*CREATION, *UPDATE) == [*UPDATE]


def test_what_comes_before_the_first_operation_is_no_part_of_it() -> None:
    assert found(*CREATION) == [*CREATION[1:]]


def test_a_rollback_that_is_under_way_is_seen_from_its_newest_resource() -> None:
    going = (*UPDATE[:3], event("Vpc", "UPDATE_IN_PROGRESS", "b"))
    assert found(*CREATION, *going) == [*going]


def test_a_rollback_that_was_continued_belongs_to_what_it_rolls_back() -> None:
    assert found(*CREATION, *UPDATE, *CONTINUED) == [*UPDATE, *CONTINUED]


def test_late_news_of_the_operation_before_are_left_out() -> None:
    late = event("Subnet", "CREATE_COMPLETE", "a")
    assert found(*CREATION, UPDATE[0], late, *UPDATE[1:]) == [*UPDATE]


def test_without_tokens_an_operation_goes_back_to_its_first_event() -> None:
    creation = (stack("CREATE_IN_PROGRESS"), stack("CREATE_COMPLETE"))
    update = (stack("UPDATE_IN_PROGRESS"), event("Vpc", "UPDATE_FAILED"), stack("UPDATE_FAILED"))
    assert found(*creation, *update) == [*update]


def test_a_creation_that_deletes_what_it_made_is_one_operation() -> None:
    creation = (
        stack("CREATE_IN_PROGRESS", "a"),
        event("Vpc", "CREATE_FAILED", "a"),
        stack("DELETE_IN_PROGRESS", "a"),
        stack("DELETE_FAILED", "a"),
    )
    assert found(*creation) == [*creation]


def test_no_page_is_fetched_beyond_the_operation() -> None:
    newest_first = iter((*reversed(UPDATE), *reversed(CREATION)))
    last_operation(newest_first)
    assert len(list(newest_first)) == len(CREATION) - 1


def test_every_operation_is_found_the_last_one_first() -> None:
    everything = (*CREATION, *UPDATE, *CONTINUED)
    assert list(operations(reversed(everything))) == [
        (*UPDATE, *CONTINUED),
        CREATION[1:],
        CREATION[:1],
    ]


def test_late_news_belong_to_the_operation_before() -> None:
    late = event("Subnet", "CREATE_COMPLETE", "a")
    last, before = operations(reversed((*CREATION[1:], UPDATE[0], late, *UPDATE[1:])))
    assert last == UPDATE
    assert before == (*CREATION[1:], late)


def test_operations_without_tokens_are_told_apart_by_how_they_begin() -> None:
    creation = (stack("CREATE_IN_PROGRESS"), stack("CREATE_COMPLETE"))
    update = (stack("UPDATE_IN_PROGRESS"), stack("UPDATE_COMPLETE"))
    assert list(operations(reversed((*creation, *update)))) == [update, creation]
