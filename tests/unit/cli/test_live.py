from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from cdinfra.cli.live import LiveView
from cdinfra.deploy.plan import ChangeAction, Plan, ResourceChange, StackAction, Verb
from cdinfra.events import Notice, Outcome, ResourceChanged, StackFinished, StackStarted

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


def vpc(status: str, reason: str = "") -> ResourceChanged:
    return ResourceChanged(
        stack="network",
        timestamp=datetime(2026, 1, 31, tzinfo=UTC),
        logical_id="Vpc",
        physical_id="",
        resource_type="AWS::EC2::VPC",
        status=status,
        reason=reason,
    )


def drawn(*events: StackStarted | ResourceChanged | StackFinished | Notice) -> list[str]:
    """What stands on the terminal at the end."""
    written = StringIO()
    console = Console(file=written, force_terminal=True, width=100, color_system=None)
    with LiveView(PLAN, console, lambda: 60.0) as view:
        for event in events:
            view.on_event(event)
        plain = Console(file=StringIO(), width=100, record=True)
        plain.print(view.drawn())
    return [row.rstrip() for row in plain.export_text().splitlines()] + [written.getvalue()]


STARTED = StackStarted(stack="network", stack_name="shop-dev-network", verb="create")


def test_a_running_stack_shows_what_is_under_way_and_who_waits() -> None:
    network, web, _ = drawn(STARTED, vpc("CREATE_IN_PROGRESS"))
    assert network.split()[1:] == ["network", "creating", "0.0", "s", "0/1", "Vpc"]
    assert web.split() == ["·", "web", "waiting", "waits", "for", "network"]


def test_a_finished_stack_shows_how_it_ended_and_how_long_it_took() -> None:
    done = StackFinished(stack="network", stack_name="x", outcome=Outcome.CREATED, seconds=12)
    network, web, _ = drawn(STARTED, vpc("CREATE_COMPLETE"), done)
    assert network.split() == ["✓", "network", "created", "12", "s"]
    assert web.split() == ["·", "web", "waiting"]


def test_failed_resources_and_notices_stay_above_the_table() -> None:
    written = drawn(STARTED, vpc("CREATE_FAILED", "\x1b[2Jlimit"), Notice(message="busy"))[-1]
    assert "network/Vpc CREATE_FAILED: \\x1b[2Jlimit" in written
    assert "busy" in written


def test_a_skipped_stack_says_because_of_whom() -> None:
    failed = StackFinished(stack="network", stack_name="x", outcome=Outcome.FAILED, seconds=3)
    skipped = StackFinished(
        stack="web", stack_name="y", outcome=Outcome.SKIPPED, cause="network failed"
    )
    network, web, _ = drawn(STARTED, failed, skipped)
    assert network.split() == ["✗", "network", "failed", "3.0", "s"]
    assert web.split() == ["-", "web", "skipped", "network", "failed"]


def test_a_foreign_name_is_no_markup() -> None:
    written = drawn(Notice(message="[bold]not bold[/bold]"))[-1]
    assert "[bold]not bold[/bold]" in written


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
