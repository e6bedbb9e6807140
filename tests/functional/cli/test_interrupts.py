"""Ctrl-C while a command works, without a terminal of one's own: the signal is real."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from cdinfra.aws.fake import FakeAws


@pytest.fixture
def press(aws: FakeAws) -> Callable[..., None]:
    """Presses Ctrl-C in the sleep after so many others, once the first stack is under way."""

    def will_press(*, after: int = 0, times: int = 1) -> None:
        left = [after, times]

        def during_sleep() -> None:
            if not any(each.startswith("execute_change_set") for each in aws.stacks.calls):
                return
            left[0] -= 1
            if left[0] < 0 < left[1]:
                left[1] -= 1
                signal.raise_signal(signal.SIGINT)

        aws.clock.during_sleep = during_sleep

    return will_press


def test_who_waits_sees_the_end(
    run: Callable[..., Result], press: Callable[..., None], answer: Callable[[str], None]
) -> None:
    press(after=1)
    answer("w\n")
    outcome = run("up")
    assert outcome.exit_code == 0, outcome.stderr
    assert "network    CREATE_IN_PROGRESS  cancel deletes what is made by now" in outcome.stderr
    assert "2 created" in outcome.stdout


@pytest.mark.parametrize("typed", ["d\n", "detach\n", ""])
def test_who_detaches_is_told_how_to_come_back(
    run: Callable[..., Result],
    press: Callable[..., None],
    answer: Callable[[str], None],
    aws: FakeAws,
    typed: str,
) -> None:
    press()
    answer(typed)
    outcome = run("up", "--env", "staging")
    assert outcome.exit_code == 130
    assert "Come back to it with: cdinfra attach --file " in outcome.stderr
    assert " --env staging\n" in outcome.stderr
    assert aws.stacks.stack("shop-staging-network").status == "CREATE_IN_PROGRESS"
    aws.clock.during_sleep = lambda: None
    again = run("attach", "--env", "staging")
    assert (again.exit_code, again.stdout.splitlines()[0]) == (0, "1 stack: 1 created")
    assert run("attach", "--env", "staging").stdout == "Nothing is under way.\n"


def test_a_cancelled_run_ends_as_such_and_leaves_nothing(
    run: Callable[..., Result],
    press: Callable[..., None],
    answer: Callable[[str], None],
    aws: FakeAws,
) -> None:
    press()
    answer("x\nc\n")
    outcome = run("up")
    assert outcome.exit_code == 130
    assert "answer d, c or w" in outcome.stderr
    assert outcome.stdout.startswith("2 stacks: 1 cancelled, 1 skipped\n")
    assert "error: shop-dev-network was cancelled: what was made of it is deleted" in outcome.stderr
    assert aws.stacks.describe_stacks() == ()


def test_a_cancelled_run_says_so_as_json_too(
    run: Callable[..., Result], press: Callable[..., None], answer: Callable[[str], None]
) -> None:
    press()
    answer("c\n")
    lines = [json.loads(line) for line in run("up", "--output", "json").stdout.splitlines()]
    outcomes = [each["outcome"] for each in lines[-2]["result"]["stacks"]]
    assert outcomes == ["cancelled", "skipped"]
    assert (lines[-1]["error"]["kind"], lines[-1]["error"]["exit_code"]) == ("CancelledError", 130)


def test_without_a_terminal_ctrl_c_detaches(
    run: Callable[..., Result], press: Callable[..., None], aws: FakeAws
) -> None:
    press()
    outcome = run("up")
    assert outcome.exit_code == 130
    assert "[d]etach" not in outcome.stderr
    assert "shop-dev-network: the operation goes on in the cloud" in outcome.stderr
    assert aws.stacks.stack("shop-dev-network").status == "CREATE_IN_PROGRESS"


def test_ctrl_c_is_anybodys_again_afterwards(
    run: Callable[..., Result], answer: Callable[[str], None]
) -> None:
    before = signal.getsignal(signal.SIGINT)
    answer("")
    assert run("up").exit_code == 0
    assert signal.getsignal(signal.SIGINT) is before


def test_where_an_operation_is_under_way_no_wait_refuses(
    run: Callable[..., Result], press: Callable[..., None], aws: FakeAws
) -> None:
    press()
    run("up")
    aws.clock.during_sleep = lambda: None
    outcome = run("up", "--no-wait")
    assert outcome.exit_code == 9
    assert "error: shop-dev-network is CREATE_IN_PROGRESS (since " in outcome.stderr
    assert "hint: wait for it with: cdinfra attach" in outcome.stderr
