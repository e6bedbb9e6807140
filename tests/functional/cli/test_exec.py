"""``cdinfra exec``, as a person types it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.commands import CommandStatus
from cdinfra.aws.hosts import Host

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from cdinfra.aws.fake import FakeAws

    Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def hosts(aws: FakeAws) -> None:
    """Two hosts of a group, and one of another."""
    for number, stack in ((1, "web"), (2, "web"), (3, "network")):
        host = Host(
            instance_id=f"i-{number}",
            state="running",
            instance_type="t3.micro",
            private_address=f"10.0.0.{number}",
            public_address="",
            zone="eu-central-1a",
            deploy_group=stack,
            release="",
            stack_name=f"shop-dev-{stack}",
            launched_at=datetime(2026, 1, 31, 8, number, tzinfo=UTC),
        )
        aws.hosts.add("shop", "dev", host)
        aws.commands.answer(f"i-{number}", f"one\n\x1b[2Jtwo {number}\n", seconds=number)


def test_each_line_stands_behind_its_host(run: Run, aws: FakeAws) -> None:
    told = run("exec", "web", "--", "echo", "it's $(id)", "--output")
    assert (told.exit_code, told.stderr) == (0, "")
    assert told.stdout.splitlines() == [
        "i-1  one",
        "i-1  \\x1b[2Jtwo 1",
        "i-2  one",
        "i-2  \\x1b[2Jtwo 2",
    ]
    (script,) = aws.commands.scripts
    assert script.startswith("""echo 'it'"'"'s $(id)' --output 2>&1\n""")


def test_the_exit_code_is_the_highest(run: Run, aws: FakeAws) -> None:
    aws.commands.answer("i-1", "", status=CommandStatus.FAILED, exit_code=3)
    aws.commands.answer("i-2", "", status=CommandStatus.FAILED, exit_code=12)
    told = run("exec", "web", "--", "false")
    assert (told.exit_code, told.stderr) == (12, "i-1: exit code 3\ni-2: exit code 12\n")


def test_a_host_that_cannot_be_reached_counts_as_255(run: Run, aws: FakeAws) -> None:
    aws.commands.answer("i-2", "", status=CommandStatus.TIMED_OUT, details="DeliveryTimedOut")
    told = run("exec", "web", "--", "true")
    assert told.exit_code == 255
    assert told.stderr == ("i-2: unreachable: its SSM agent did not take the command in time\n")


def test_one_host_can_be_meant(run: Run, aws: FakeAws) -> None:
    assert run("exec", "web", "--host", "i-2", "--", "true").exit_code == 0
    assert aws.commands.calls[0] == "send_command i-2"


def test_programs_get_everything(run: Run) -> None:
    told = run("exec", "web", "--output", "json", "--", "true")
    first, second = json.loads(told.stdout)["hosts"]
    assert first == {
        "instance_id": "i-1",
        "ending": "done",
        "exit_code": 0,
        "output": "one\n\x1b[2Jtwo 1\n",
        "problem": "",
    }
    assert second["instance_id"] == "i-2"


def test_what_never_ends_is_called_off(run: Run, aws: FakeAws) -> None:
    aws.commands.answer("i-2", "", seconds=10_000)
    told = run("exec", "web", "--timeout", "30", "--", "true")
    assert told.exit_code == 255
    assert "nothing is known of it" in told.stderr
    assert aws.commands.calls[-1] == "cancel_command command-0"
    assert sum(aws.clock.slept) == pytest.approx(90, abs=1)


def test_ctrl_c_calls_the_command_off(run: Run, aws: FakeAws) -> None:
    def press() -> None:
        raise KeyboardInterrupt

    aws.clock.during_sleep = press
    assert run("exec", "web", "--", "true").exit_code == 130
    assert aws.commands.calls[-1] == "cancel_command command-0"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("wbe", "--", "true"), "GROUP: shop has no stack 'wbe' (did you mean 'web'?)"),
        (("web", "--host", "i-3", "--", "true"), "--host: web has no host i-3"),
        (("web", "--ssh-user", "me", "--", "true"), "--ssh-user: says nothing without"),
        (("web", "--transport", "ssh", "--ssh-user", "-l", "--", "true"), "no name of a user"),
        (("web",), "missing argument 'command...'"),
    ],
)
def test_what_is_wrong_is_named(
    run: Run, aws: FakeAws, args: tuple[str, ...], message: str
) -> None:
    told = run("exec", *args)
    assert told.exit_code == 2
    assert message.lower() in told.stderr.lower()
    assert aws.commands.scripts == []
