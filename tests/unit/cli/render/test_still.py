from datetime import UTC, datetime

import click

from cdinfra.cli.render.progress import Progress
from cdinfra.cli.render.still import still_lines
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.events import Event, ExpectedTime, ExpectedTimes, ResourceChanged, StackStarted

WEB = StackAction(stack="web", stack_name="shop-dev-web", verb=Verb.UPDATE)
WORKER = StackAction(stack="worker", stack_name="shop-dev-worker", verb=Verb.UPDATE)
STARTED = StackStarted(stack="web", stack_name="shop-dev-web", verb="update")
TIMES = ExpectedTimes(
    stack="web",
    times=(
        ExpectedTime(logical_id="shop-dev-web", status="UPDATE_IN_PROGRESS", seconds=300),
        ExpectedTime(logical_id="Group", status="UPDATE_IN_PROGRESS", seconds=240),
    ),
)


def begun(logical_id: str) -> ResourceChanged:
    return ResourceChanged(
        stack="web",
        timestamp=datetime(2026, 1, 31, tzinfo=UTC),
        logical_id=logical_id,
        physical_id="",
        resource_type="T",
        status="UPDATE_IN_PROGRESS",
    )


def lines(*events: Event, now: float = 250.0) -> list[str]:
    progress = Progress(Plan(app="shop", env="dev", actions=(WEB, WORKER)))
    for event in events:
        progress.apply(event, 0.0)
    return [click.unstyle(each) for each in still_lines(progress, now)]


def test_a_stack_under_way_is_told_with_its_times_and_those_of_its_resources() -> None:
    (line,) = lines(STARTED, TIMES, begun("Group"), begun("Alarm"))
    stack, _, resources = line.partition(": ")
    assert stack == "web          still updating, 4 min 10 s (last time 5 min 00 s)"
    assert resources == "Group 4 min 10 s (last time 4 min 00 s), Alarm 4 min 10 s"


def test_many_resources_are_counted() -> None:
    names = [begun(f"R{each}") for each in range(5)]
    (line,) = lines(STARTED, *names, now=3)
    assert line == "web          still updating, 3.0 s: R0 3.0 s, R1 3.0 s, R2 3.0 s, 2 more"


def test_a_stack_whose_resources_are_not_known_is_told_all_the_same() -> None:
    assert lines(STARTED) == ["web          still updating, 4 min 10 s"]


def test_a_stack_that_waits_is_not_told() -> None:
    assert lines() == []
