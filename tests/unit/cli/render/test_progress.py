from datetime import UTC, datetime

import pytest

from cdinfra.cli.render.progress import Progress, StackProgress
from cdinfra.deploy.plan import ChangeAction, Plan, ResourceChange, StackAction, Verb
from cdinfra.events import (
    Event,
    ExpectedTime,
    ExpectedTimes,
    Notice,
    Outcome,
    ResourceChanged,
    StackFinished,
    StackStarted,
)

RESOURCES = tuple(
    ResourceChange(logical_id=name, resource_type="AWS::EC2::Subnet", action=ChangeAction.ADD)
    for name in ("A", "B")
)
PLAN = Plan(
    app="shop",
    env="dev",
    actions=(
        StackAction(
            stack="network", stack_name="shop-dev-network", verb=Verb.CREATE, resources=RESOURCES
        ),
        StackAction(stack="web", stack_name="shop-dev-web", verb=Verb.CREATE, after=("network",)),
        StackAction(stack="registry", stack_name="shop-dev-registry", verb=Verb.UNCHANGED),
    ),
)
STARTED = StackStarted(stack="network", stack_name="shop-dev-network", verb="create")


def changed(
    logical_id: str, status: str, resource_type: str = "AWS::EC2::Subnet"
) -> ResourceChanged:
    return ResourceChanged(
        stack="network",
        timestamp=datetime(2026, 1, 31, tzinfo=UTC),
        logical_id=logical_id,
        physical_id="",
        resource_type=resource_type,
        status=status,
    )


def own(status: str) -> ResourceChanged:
    return changed("shop-dev-network", status, "AWS::CloudFormation::Stack")


TIMES = ExpectedTimes(
    stack="network",
    times=(
        ExpectedTime(logical_id="shop-dev-network", status="CREATE_IN_PROGRESS", seconds=60),
        ExpectedTime(logical_id="A", status="CREATE_IN_PROGRESS", seconds=50),
        ExpectedTime(logical_id="A", status="DELETE_IN_PROGRESS", seconds=9),
    ),
)


def finished(outcome: Outcome) -> StackFinished:
    return StackFinished(
        stack="network", stack_name="shop-dev-network", outcome=outcome, seconds=7.5
    )


def after(*events: Event) -> StackProgress:
    progress = Progress(PLAN)
    for event in events:
        progress.apply(event, 100.0)
    return next(iter(progress.stacks))


def test_stacks_that_do_not_change_are_not_shown() -> None:
    assert [stack.stack for stack in Progress(PLAN).stacks] == ["network", "web"]


def test_time_runs_from_the_start_and_stands_at_the_end() -> None:
    assert after().elapsed(105) is None
    assert after(STARTED).elapsed(105) == 5
    assert after(STARTED, finished(Outcome.CREATED)).elapsed(999) == 7.5


def test_resources_move_from_active_to_finished() -> None:
    stack = after(
        STARTED,
        changed("A", "CREATE_IN_PROGRESS"),
        changed("B", "CREATE_IN_PROGRESS"),
        changed("A", "CREATE_COMPLETE"),
    )
    assert list(stack.active) == ["B"]
    assert stack.finished == {"A"}


def test_a_finished_stack_has_nothing_under_way() -> None:
    stack = after(STARTED, changed("A", "CREATE_IN_PROGRESS"), finished(Outcome.FAILED))
    assert not stack.active
    assert stack.outcome is Outcome.FAILED


def test_a_stack_waits_for_those_that_are_not_finished() -> None:
    progress = Progress(PLAN)
    web = list(progress.stacks)[1]
    assert progress.waits_for(web) == ("network",)
    progress.apply(finished(Outcome.CREATED), 0)
    assert progress.waits_for(web) == ()


def test_events_of_other_stacks_change_nothing() -> None:
    progress = Progress(PLAN)
    progress.apply(Notice(message="x"), 0)
    progress.apply(StackStarted(stack="foreign", stack_name="f", verb="create"), 0)
    assert all(stack.started is None for stack in progress.stacks)


def test_the_stack_itself_is_none_of_its_resources() -> None:
    stack = after(STARTED, own("CREATE_IN_PROGRESS"), changed("A", "CREATE_COMPLETE"))
    assert not stack.active
    assert stack.finished == {"A"}


@pytest.mark.parametrize(
    ("status", "doing"),
    [
        ("REVIEW_IN_PROGRESS", "creating"),
        ("CREATE_IN_PROGRESS", "creating"),
        ("DELETE_IN_PROGRESS", "deleting"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "cleaning up"),
        ("ROLLBACK_IN_PROGRESS", "rolling back"),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "rolling back"),
    ],
)
def test_what_is_done_is_what_the_stack_says_itself(status: str, doing: str) -> None:
    assert after(STARTED, own(status)).doing == doing


def test_the_time_that_a_stack_and_its_resources_took_before_is_expected_again() -> None:
    stack = after(STARTED, TIMES, own("CREATE_IN_PROGRESS"), changed("A", "CREATE_IN_PROGRESS"))
    assert stack.expected == 60
    assert stack.active["A"].expected == 50


def test_what_has_no_past_has_no_expected_time() -> None:
    stack = after(STARTED, TIMES, own("UPDATE_IN_PROGRESS"), changed("B", "CREATE_IN_PROGRESS"))
    assert stack.expected is None
    assert stack.active["B"].expected is None


def test_nothing_is_expected_of_a_rollback() -> None:
    stack = after(STARTED, TIMES, own("ROLLBACK_IN_PROGRESS"), changed("A", "DELETE_IN_PROGRESS"))
    assert stack.expected is None
    assert stack.active["A"].expected is None


def test_a_resource_that_tells_twice_that_it_is_under_way_began_the_first_time() -> None:
    progress = Progress(PLAN)
    for now in (10.0, 20.0):
        progress.apply(changed("A", "CREATE_IN_PROGRESS"), now)
    assert next(iter(progress.stacks)).active["A"].elapsed(25) == 15


def test_a_resource_that_is_deleted_after_its_update_begins_anew() -> None:
    stack = after(STARTED, changed("A", "UPDATE_COMPLETE"), changed("A", "DELETE_IN_PROGRESS"))
    assert stack.active["A"].doing == "deleting"
    assert not stack.finished


def test_what_was_under_way_already_began_when_its_events_say() -> None:
    action = StackAction(
        stack="network", stack_name="shop-dev-network", verb=Verb.UPDATE, follows=True
    )
    progress = Progress(Plan(app="shop", env="dev", actions=(action,)))
    begun = datetime(2026, 1, 31, tzinfo=UTC).timestamp()
    for event in (STARTED, own("UPDATE_IN_PROGRESS"), changed("A", "UPDATE_IN_PROGRESS")):
        progress.apply(event, begun + 600)
    (stack,) = progress.stacks
    assert stack.elapsed(begun + 601) == 601
    assert stack.active["A"].elapsed(begun + 601) == 601
