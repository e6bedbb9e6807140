from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import DeletedStack
from cdinfra.cli.render.explanation import MOST_NAMES, explanation_lines, history_lines
from cdinfra.deploy.explanation import Explanation
from cdinfra.deploy.failure import Failure
from cdinfra.deploy.past_operations import History, OperationOutcome, PastOperation
from cdinfra.model import SourceLine

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def operation(number: int = 1, **changes: object) -> PastOperation:
    values: dict[str, object] = {
        "number": number,
        "verb": "update",
        "token": "0123456789abcdef",
        "status": StackStatus.UPDATE_ROLLBACK_FAILED,
        "outcome": OperationOutcome.FAILED,
        "started_at": NOON,
        "ended_at": NOON + timedelta(seconds=75),
        "cause": "Vpc: no",
    }
    return PastOperation(**(values | changes))  # type: ignore[arg-type]


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


def explained(first: Failure, cancelled: int = 0, *more: Failure) -> Explanation:
    return Explanation(
        stack="web",
        stack_name="shop-dev-web",
        status="UPDATE_ROLLBACK_FAILED",
        operation=operation(),
        failure=first,
        also_failed=more,
        cancelled=tuple(f"R{number}" for number in range(cancelled)),
        aftermath="stuck",
        blocked_by=more,
        next_command="cdinfra up web",
    )


def lines(first: Failure, cancelled: int = 0, *more: Failure) -> list[str]:
    return shown(explained(first, cancelled, *more))


def shown(explanation: Explanation) -> list[str]:
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


def test_a_failure_in_a_nested_stack_has_its_path_and_its_line() -> None:
    source = SourceLine(file="infra.py", line=42, method="Web.build_child")
    inner = replace(failure("Vpc"), path=("web", "Child", "Vpc"), source=source)
    assert lines(inner)[1:4] == [
        "  failed     Child / Vpc AWS::EC2::VPC  2026-01-31 12:00:00Z",
        "  made by    infra.py:42 (Web.build_child)",
        "  reason     no",
    ]


def test_an_earlier_operation_is_named_and_has_no_next_command() -> None:
    earlier = replace(explained(failure("Vpc")), operation=operation(3), next_command="")
    told = shown(earlier)
    assert told[1] == "  operation  3, update, begun 2026-01-31 12:00:00Z"
    assert not any("next" in each for each in told)


def test_operations_are_a_table() -> None:
    running = operation(outcome=OperationOutcome.RUNNING, ended_at=None, cause="", token="")
    history = History(
        stack="web",
        stack_name="shop-dev-web",
        status="UPDATE_IN_PROGRESS",
        operations=(running, operation(2)),
    )
    assert [click.unstyle(each) for each in history_lines([history])] == [
        "STACK  N  VERB    OUTCOME  STARTED               TOOK        TOKEN             CAUSE",
        "web    1  update  running  2026-01-31 12:00:00Z",
        "web    2  update  failed   2026-01-31 12:00:00Z  1 min 15 s  0123456789abcdef  Vpc: no",
    ]
    assert history_lines([]) == []


def test_deleted_namesakes_stand_below_the_operations() -> None:
    gone = DeletedStack(stack_id="arn:gone", name="shop-dev-web", deleted_at=NOON)
    history = History(
        stack="web", stack_name="shop-dev-web", status="", operations=(), earlier=(gone,)
    )
    assert history_lines([history]) == [
        "",
        "Deleted stacks of the same name; explain one with --stack-id:",
        "  2026-01-31 12:00:00Z  arn:gone",
    ]
