from datetime import UTC, datetime

import click
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cli.render.explanation import MOST_NAMES, explanation_lines
from cdinfra.deploy.explanation import Explanation, Failure


def failure(logical_id: str, reason: str = "no", hint: str = "", command: str = "") -> Failure:
    return Failure(
        logical_id=logical_id,
        resource_type="AWS::EC2::VPC",
        status="CREATE_FAILED",
        timestamp=datetime(2026, 1, 31, 12, tzinfo=UTC),
        reason=reason,
        hint=hint,
        command=command,
    )


def lines(first: Failure, cancelled: int = 0, *more: Failure) -> list[str]:
    explanation = Explanation(
        stack="web",
        stack_name="shop-dev-web",
        status="UPDATE_ROLLBACK_FAILED",
        failure=first,
        also_failed=more,
        cancelled=tuple(f"R{number}" for number in range(cancelled)),
        aftermath="stuck",
        blocked_by=more,
        next_command="cdinfra up web",
    )
    return [click.unstyle(each) for each in explanation_lines(explanation)]


def test_everything_has_its_line() -> None:
    first = failure("Vpc", "no quota", "ask for more", "aws x")
    assert lines(first, 1, failure("Group", "")) == [
        "web  UPDATE_ROLLBACK_FAILED  shop-dev-web",
        "  failed     Vpc AWS::EC2::VPC  2026-01-31 12:00:00Z",
        "  reason     no quota",
        "  hint       ask for more",
        "  look at    aws x",
        "  also       Group AWS::EC2::VPC  2026-01-31 12:00:00Z",
        "  reason     none was given",
        "  cancelled  1 resource in consequence: R0",
        "  then       stuck",
        "  blocked by Group AWS::EC2::VPC  2026-01-31 12:00:00Z",
        "  reason     none was given",
        "  next       when that is mended: cdinfra up web",
    ]


def test_many_cancelled_resources_are_counted_and_the_first_named() -> None:
    (line,) = [each for each in lines(failure("Vpc"), MOST_NAMES + 1) if "cancelled" in each]
    assert line == "  cancelled  7 resources in consequence: R0, R1, R2, R3, R4, R5, …"


@given(st.text(), st.text(), st.text())
def test_no_reason_can_fake_a_second_line(name: str, reason: str, command: str) -> None:
    assert all(each.isprintable() for each in lines(failure(name, reason, reason, command)))
