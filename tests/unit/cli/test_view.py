from collections.abc import Iterator
from datetime import UTC, datetime

import click
import pytest

from cdinfra.cli.view import View
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.events import ExpectedTimes, Notice, StackStarted

WEB = StackAction(stack="web", stack_name="shop-dev-web", verb=Verb.UPDATE)
PLAN = Plan(app="shop", env="dev", actions=(WEB,))
STARTED = StackStarted(stack="web", stack_name="shop-dev-web", verb="update")


@pytest.fixture
def view() -> Iterator[View]:
    with click.Context(click.Command("up")):
        yield View(lambda: datetime(2026, 1, 31, 9, tzinfo=UTC))


def test_without_a_terminal_events_are_plain_lines(
    view: View, capsys: pytest.CaptureFixture[str]
) -> None:
    view(Notice(message="before"))
    with view.of(PLAN):
        view(STARTED)
        view(ExpectedTimes(stack="web", times=()))
    view(Notice(message="after"))
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.splitlines() == [
        "09:00:00 before",
        "09:00:00 web          update shop-dev-web",
        "09:00:00 after",
    ]


def test_after_a_failure_events_are_shown_as_before(
    view: View, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        with view.of(PLAN):
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    view(Notice(message="after"))
    assert capsys.readouterr().err == "09:00:00 after\n"
