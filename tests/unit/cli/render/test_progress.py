from datetime import UTC, datetime

from cdinfra.cli.render.progress import Progress, StackProgress
from cdinfra.deploy.plan import ChangeAction, Plan, ResourceChange, StackAction, Verb
from cdinfra.events import Notice, Outcome, ResourceChanged, StackFinished, StackStarted

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


def finished(outcome: Outcome) -> StackFinished:
    return StackFinished(
        stack="network", stack_name="shop-dev-network", outcome=outcome, seconds=7.5
    )


def after(*events: StackStarted | ResourceChanged | StackFinished | Notice) -> StackProgress:
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
