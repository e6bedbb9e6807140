from datetime import UTC, datetime

import click
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cli.render.events import event_line
from cdinfra.events import (
    Event,
    HookOutput,
    HookStarted,
    Notice,
    Outcome,
    ResourceChanged,
    StackFinished,
    StackStarted,
)

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def line(event: Event) -> str:
    return click.unstyle(event_line(event, NOON))


def finished(outcome: Outcome, cause: str = "", status: str = "") -> StackFinished:
    return StackFinished(
        stack="web", stack_name="w", outcome=outcome, seconds=12, cause=cause, status=status
    )


def test_every_event_is_one_line_that_starts_with_the_time() -> None:
    created = ResourceChanged(
        stack="web",
        timestamp=datetime(2026, 1, 31, 11, 59, 58, tzinfo=UTC),
        logical_id="Group",
        physical_id="",
        resource_type="AWS::EC2::VPC",
        status="CREATE_FAILED",
        reason="no capacity",
    )
    assert [
        line(StackStarted(stack="web", stack_name="shop-dev-web", verb="create")),
        line(created),
        line(Notice(message="the change set is deleted")),
        line(HookStarted(stack="web", when="before", command="python migrate.py")),
        line(HookOutput(stack="web", line="one row")),
        line(finished(Outcome.CREATED)),
        line(finished(Outcome.UNCHANGED)),
        line(finished(Outcome.SKIPPED, "network failed")),
        line(finished(Outcome.FAILED, "Group: no capacity", "ROLLBACK_COMPLETE")),
    ] == [
        "12:00:00 web          create shop-dev-web",
        "11:59:58 web          CREATE_FAILED                Group AWS::EC2::VPC: no capacity",
        "12:00:00 the change set is deleted",
        "12:00:00 web          before: python migrate.py",
        "12:00:00 web          | one row",
        "12:00:00 web          created in 12 s",
        "12:00:00 web          unchanged",
        "12:00:00 web          skipped: network failed",
        "12:00:00 web          failed after 12 s (ROLLBACK_COMPLETE): Group: no capacity",
    ]


@given(st.text(), st.text())
def test_no_reason_can_fake_a_second_line(logical_id: str, reason: str) -> None:
    event = ResourceChanged(
        stack="web",
        timestamp=NOON,
        logical_id=logical_id,
        physical_id="",
        resource_type="T",
        status="S",
        reason=reason,
    )
    assert line(event).isprintable()
