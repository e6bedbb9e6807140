from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cdinfra.aws.stacks import STACK_TYPE, StackEvent
from cdinfra.deploy.expected_time import expected_times

START = datetime(2026, 1, 31, tzinfo=UTC)
STACK = "shop-dev-web"


def event(second: float, logical_id: str, status: str) -> StackEvent:
    own = logical_id == STACK
    return StackEvent(
        event_id=f"{logical_id}-{second}",
        stack_id="arn:stack",
        timestamp=START + timedelta(seconds=second),
        logical_id=logical_id,
        physical_id="arn:stack" if own else "",
        resource_type=STACK_TYPE if own else "AWS::EC2::Instance",
        status=status,
    )


def known(*oldest_first: StackEvent) -> dict[tuple[str, str], float]:
    times = expected_times(reversed(oldest_first))
    return {(each.logical_id, each.status): each.seconds for each in times}


UPDATE = (
    event(0, STACK, "UPDATE_IN_PROGRESS"),
    event(1, "Group", "UPDATE_IN_PROGRESS"),
    event(2, "Disk", "CREATE_IN_PROGRESS"),
    event(5, "Disk", "CREATE_COMPLETE"),
    event(31, "Group", "UPDATE_COMPLETE"),
    event(32, STACK, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
    event(40, STACK, "UPDATE_COMPLETE"),
)


def test_the_stack_and_each_resource_have_the_time_that_they_took() -> None:
    assert known(*UPDATE) == {
        (STACK, "UPDATE_IN_PROGRESS"): 40,
        ("Group", "UPDATE_IN_PROGRESS"): 30,
        ("Disk", "CREATE_IN_PROGRESS"): 3,
    }


def test_the_last_time_counts_and_each_verb_for_itself() -> None:
    before = (event(-90, STACK, "CREATE_IN_PROGRESS"), event(-80, STACK, "CREATE_COMPLETE"))
    again = (event(100, STACK, "UPDATE_IN_PROGRESS"), event(107, STACK, "UPDATE_COMPLETE"))
    times = known(*before, *UPDATE, *again)
    assert times[STACK, "CREATE_IN_PROGRESS"] == 10
    assert times[STACK, "UPDATE_IN_PROGRESS"] == 7
    assert times["Group", "UPDATE_IN_PROGRESS"] == 30


def test_an_operation_that_was_taken_back_says_nothing_of_time() -> None:
    failed = (
        event(100, STACK, "UPDATE_IN_PROGRESS"),
        event(101, "Group", "UPDATE_IN_PROGRESS"),
        event(600, "Group", "UPDATE_FAILED"),
        event(601, STACK, "UPDATE_ROLLBACK_IN_PROGRESS"),
        event(602, "Group", "UPDATE_IN_PROGRESS"),
        event(603, "Group", "UPDATE_COMPLETE"),
        event(604, STACK, "UPDATE_ROLLBACK_COMPLETE"),
    )
    assert known(*UPDATE, *failed) == known(*UPDATE)
    assert known(*failed) == {}


def test_what_tells_more_than_once_that_it_is_under_way_began_the_first_time() -> None:
    signal = event(10, "Group", "UPDATE_IN_PROGRESS")
    assert known(*UPDATE[:3], signal, *UPDATE[3:]) == known(*UPDATE)


def test_what_began_before_the_events_that_are_known_has_no_time() -> None:
    assert known(*UPDATE[3:]) == {}


def test_what_one_operation_left_unfinished_is_not_finished_by_the_next() -> None:
    stuck = event(-50, "Group", "UPDATE_IN_PROGRESS")
    assert known(event(-60, STACK, "UPDATE_IN_PROGRESS"), stuck, *UPDATE) == known(*UPDATE)


@given(
    st.lists(
        st.tuples(
            st.sampled_from((STACK, "A", "B")),
            st.sampled_from(("CREATE", "UPDATE", "DELETE", "UPDATE_ROLLBACK", "ROLLBACK")),
            st.sampled_from(("IN_PROGRESS", "COMPLETE", "FAILED")),
        )
    )
)
def test_no_history_gives_a_time_that_is_negative_or_longer_than_it(
    history: list[tuple[str, str, str]],
) -> None:
    events = [event(at, name, f"{verb}_{end}") for at, (name, verb, end) in enumerate(history)]
    assert all(0 < seconds < len(events) for seconds in known(*events).values())
