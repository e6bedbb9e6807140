from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from cdinfra.cli.live import LiveView
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

NETWORK = StackAction(
    stack="network",
    stack_name="shop-dev-network",
    verb=Verb.CREATE,
    resources=(
        ResourceChange(logical_id="Vpc", resource_type="AWS::EC2::VPC", action=ChangeAction.ADD),
    ),
)
WEB = StackAction(stack="web", stack_name="shop-dev-web", verb=Verb.CREATE, after=("network",))
PLAN = Plan(app="shop", env="dev", actions=(NETWORK, WEB))


def changed(logical_id: str, status: str, reason: str = "") -> ResourceChanged:
    own = logical_id == NETWORK.stack_name
    return ResourceChanged(
        stack="network",
        timestamp=datetime(2026, 1, 31, tzinfo=UTC),
        logical_id=logical_id,
        physical_id="",
        resource_type="AWS::CloudFormation::Stack" if own else "AWS::EC2::VPC",
        status=status,
        reason=reason,
    )


def vpc(status: str, reason: str = "") -> ResourceChanged:
    return changed("Vpc", status, reason)


STARTED = StackStarted(stack="network", stack_name="shop-dev-network", verb="create")
TIMES = ExpectedTimes(
    stack="network",
    times=(
        ExpectedTime(logical_id="shop-dev-network", status="CREATE_IN_PROGRESS", seconds=300),
        ExpectedTime(logical_id="Vpc", status="CREATE_IN_PROGRESS", seconds=40),
    ),
)


def drawn(
    *events: Event, plan: Plan = PLAN, passed: float = 0.0, size: tuple[int, int] = (100, 24)
) -> list[str]:
    """What stands on the terminal some seconds after the last event."""
    view, _ = watched(events, plan=plan, passed=passed, size=size)
    plain = Console(file=StringIO(), width=size[0], record=True)
    plain.print(view.drawn())
    return [row.rstrip() for row in plain.export_text().splitlines()]


def watched(
    events: Sequence[Event], *, plan: Plan, passed: float, size: tuple[int, int]
) -> tuple[LiveView, str]:
    written, times = StringIO(), [60.0]
    console = Console(
        file=written, force_terminal=True, width=size[0], height=size[1], color_system=None
    )
    view = LiveView(plan, console, lambda: times[-1])
    for event in events:
        view.on_event(event)
    times.append(60.0 + passed)
    return view, written.getvalue()


def said(*events: Event) -> str:
    """What stands above the table."""
    return watched(events, plan=PLAN, passed=0, size=(100, 24))[1]


def test_a_running_stack_shows_what_is_under_way_and_who_waits() -> None:
    assert drawn(STARTED, vpc("CREATE_IN_PROGRESS"), passed=3) == [
        "⠼  network  creating  3.0 s  0/1",
        "     Vpc    creating  3.0 s       EC2::VPC",
        "·  web      waiting   waits for network",
    ]


def test_the_expected_time_stands_beside_the_time_that_has_passed() -> None:
    network, resource, _ = drawn(STARTED, TIMES, vpc("CREATE_IN_PROGRESS"), passed=30)
    assert network.split("  ")[3:5] == ["30 s", "of ~5 min 00 s"]
    assert "30 s  of ~40 s" in resource


def test_what_takes_longer_than_before_says_so() -> None:
    network, resource, _ = drawn(STARTED, TIMES, vpc("CREATE_IN_PROGRESS"), passed=120)
    assert "2 min 00 s  of ~5 min 00 s" in network
    assert "2 min 00 s  over ~40 s" in resource


def test_a_rollback_says_what_it_is_and_promises_nothing() -> None:
    rollback = changed("shop-dev-network", "ROLLBACK_IN_PROGRESS")
    network, _ = drawn(STARTED, TIMES, vpc("CREATE_FAILED", "limit"), rollback, passed=12)
    assert network.split() == ["⠦", "network", "rolling", "back", "12", "s"]


def test_a_finished_stack_shows_how_it_ended_and_how_long_it_took() -> None:
    done = StackFinished(stack="network", stack_name="x", outcome=Outcome.CREATED, seconds=12)
    network, web = drawn(STARTED, TIMES, vpc("CREATE_COMPLETE"), done)
    assert network.split() == ["✓", "network", "created", "12", "s"]
    assert web.split() == ["·", "web", "waiting"]


def test_failed_resources_and_notices_stay_above_the_table() -> None:
    written = said(STARTED, vpc("CREATE_FAILED", "\x1b[2Jlimit"), Notice(message="busy"))
    assert "network/Vpc CREATE_FAILED: \\x1b[2Jlimit" in written
    assert "busy" in written


def test_what_was_only_cancelled_in_consequence_is_not_told() -> None:
    assert "Vpc" not in said(STARTED, vpc("CREATE_FAILED", "Resource creation cancelled"))


def test_a_skipped_stack_says_because_of_whom() -> None:
    failed = StackFinished(stack="network", stack_name="x", outcome=Outcome.FAILED, seconds=3)
    skipped = StackFinished(
        stack="web", stack_name="y", outcome=Outcome.SKIPPED, cause="network failed"
    )
    network, web = drawn(STARTED, failed, skipped)
    assert network.split() == ["✗", "network", "failed", "3.0", "s"]
    assert web.split() == ["-", "web", "skipped", "network", "failed"]


def test_a_foreign_name_is_no_markup() -> None:
    assert "[bold]not bold[/bold]" in said(Notice(message="[bold]not bold[/bold]"))


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (120, 40), (20, 3)])
def test_nothing_is_wider_or_taller_than_the_terminal(size: tuple[int, int]) -> None:
    actions = [
        StackAction(stack=f"web{each}", stack_name=f"shop-dev-web{each}", verb=Verb.UPDATE)
        for each in range(50)
    ]
    plan = Plan(app="shop", env="dev", actions=(NETWORK, *actions))
    resources = [changed(f"{'Long' * 20}{each}", "CREATE_IN_PROGRESS") for each in range(50)]
    rows = drawn(STARTED, TIMES, *resources, plan=plan, passed=1000, size=size)
    assert len(rows) <= size[1]
    assert all(len(row) <= size[0] for row in rows)
    assert "50 stacks wait" in rows[-1]


def test_the_times_stay_whole_on_a_narrow_terminal() -> None:
    long = changed("PrivateSubnetRouteTableAssociation1", "CREATE_IN_PROGRESS")
    network, resource, _ = drawn(STARTED, TIMES, long, passed=310, size=(60, 24))
    assert network.endswith("creating  5 min 10 s  of ~5 min 00 s  0/1")
    assert "PrivateSubn…  creating  5 min 10 s" in resource


def test_columns_do_not_shrink_while_it_is_watched() -> None:
    view, _ = watched(
        [STARTED, changed("AnythingLong", "CREATE_IN_PROGRESS")],
        plan=PLAN,
        passed=0,
        size=(100, 24),
    )
    before = str(view.drawn().renderables[0]).index("creating")
    view.on_event(changed("AnythingLong", "CREATE_COMPLETE"))
    assert str(view.drawn().renderables[0]).index("creating") == before


def test_at_the_end_every_stack_stands_there_however_low_the_terminal_is() -> None:
    actions = [
        StackAction(stack=f"web{each}", stack_name=f"shop-dev-web{each}", verb=Verb.UPDATE)
        for each in range(50)
    ]
    written = StringIO()
    console = Console(file=written, force_terminal=True, width=80, height=10, color_system=None)
    with LiveView(Plan(app="shop", env="dev", actions=tuple(actions)), console, lambda: 1.0):
        pass
    assert all(f"·  web{each}" in written.getvalue() for each in range(50))


def test_a_question_takes_the_table_away_and_it_comes_back_below() -> None:
    written = StringIO()
    console = Console(file=written, force_terminal=True, width=100, color_system=None)
    with LiveView(PLAN, console, lambda: 60.0) as view:
        view.on_event(STARTED)
        with view.paused():
            shown = len(written.getvalue())
            view.on_event(vpc("CREATE_IN_PROGRESS"))
            assert len(written.getvalue()) == shown
            console.print("Who is there?")
        assert "Vpc" in written.getvalue()[shown:].partition("Who is there?")[2]
