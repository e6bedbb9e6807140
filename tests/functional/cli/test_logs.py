"""``cdinfra logs``, as a person types it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.host_logs import LogEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from cdinfra.aws.fake import FakeAws

    Run = Callable[..., Result]
    Edit = Callable[[str, str], None]


@pytest.fixture
def lines(aws: FakeAws, edit: Edit, run: Run) -> None:
    """A group with a log group, in which two hosts wrote."""
    edit('"AWS::S3::Bucket", "Properties": {"BucketName": "pictures"}', '"AWS::Logs::LogGroup"')
    assert run("up", "--yes").exit_code == 0
    (group,) = [
        each.physical_id
        for each in aws.stacks.list_resources("shop-dev-web")
        if each.resource_type == "AWS::Logs::LogGroup"
    ]
    aws.host_logs.events[group] = tuple(
        LogEvent(
            event_id=str(number),
            at=aws.clock.now() - timedelta(minutes=ago),
            stream=f"i-{host}/web-0123456789ab-1700000000",
            message=f"line {number}\x1b[2J\n",
        )
        for number, (ago, host) in enumerate([(90, 1), (5, 2), (4, 1)])
    )


@pytest.mark.usefixtures("lines")
def test_lines_are_shown_with_their_time_and_host(run: Run, aws: FakeAws) -> None:
    told = run("logs", "web")
    assert (told.exit_code, told.stderr) == (0, "")
    times = [(aws.clock.now() - timedelta(minutes=ago)).strftime("%H:%M:%S") for ago in (5, 4)]
    assert told.stdout.splitlines() == [
        f"{times[0]}  i-2  line 1\\x1b[2J",
        f"{times[1]}  i-1  line 2\\x1b[2J",
    ]


@pytest.mark.usefixtures("lines")
def test_how_far_back_and_how_many_can_be_said(run: Run) -> None:
    assert len(run("logs", "web", "--since", "2h").stdout.splitlines()) == 3
    (only,) = run("logs", "web", "--since", "2h", "--tail", "1").stdout.splitlines()
    assert "line 2" in only
    assert run("logs", "web", "--host", "i-2").stdout.count("\n") == 1


@pytest.mark.usefixtures("lines")
def test_programs_get_an_object_a_line(run: Run) -> None:
    first, _ = map(json.loads, run("logs", "web", "--output", "json").stdout.splitlines())
    assert (first["instance_id"], first["message"]) == ("i-2", "line 1\x1b[2J\n")


@pytest.mark.usefixtures("lines")
def test_ctrl_c_ends_following(run: Run, aws: FakeAws) -> None:
    def press() -> None:
        if len(aws.clock.slept) > before + 2:
            raise KeyboardInterrupt

    before = len(aws.clock.slept)
    aws.clock.during_sleep = press
    told = run("logs", "web", "-f")
    assert (told.exit_code, told.stdout.count("\n"), told.stderr) == (130, 2, "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("wbe",), "GROUP: shop has no stack 'wbe' (did you mean 'web'?)"),
        (("web", "--since", "1 week"), "'1 week' is no length of time, such as 30s"),
        (("web", "--host", "../i-1"), "--host: '../i-1' is no instance id"),
        (("web",), "GROUP: web has no log group"),
    ],
)
def test_what_is_wrong_is_named(run: Run, args: tuple[str, ...], message: str) -> None:
    run("up", "--yes")
    told = run("logs", *args)
    assert told.exit_code == 2
    assert message in told.stderr
