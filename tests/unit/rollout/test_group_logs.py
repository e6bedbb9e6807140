from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.host_logs import LogEvent
from cdinfra.errors import CloudError, ThrottledError
from cdinfra.rollout.group_logs import GroupLogs, LogLine, last_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdinfra.aws.fake import FakeAws
    from cdinfra.deploy.clock import Clock

GROUP = "/cdinfra/shop/dev/web"
WEB = "web-0123456789ab-1700000000"


class EnoughError(Exception):
    """The test has seen enough."""


def write(aws: FakeAws, message: str, *, at: float = 0, stream: str = f"i-1/{WEB}") -> None:
    """Let a line be in the log group that was written so many seconds from now."""
    found = aws.host_logs.events.get(GROUP, ())
    moment = aws.clock.now() + timedelta(seconds=at)
    event = LogEvent(event_id=str(len(found)), at=moment, stream=stream, message=message)
    aws.host_logs.events[GROUP] = (*found, event)


def follow(aws: FakeAws, clock: Clock, *, polls: int, tail: int | None = None) -> list[str]:
    shown: list[str] = []
    slept = len(aws.clock.slept)

    def show(lines: Sequence[LogLine]) -> None:
        shown.extend(each.message for each in lines)

    before = aws.clock.during_sleep

    def during_sleep() -> None:
        before()
        if len(aws.clock.slept) - slept >= polls:
            raise EnoughError

    aws.clock.during_sleep = during_sleep
    with pytest.raises(EnoughError):
        GroupLogs(aws, GROUP).follow(clock.now() - timedelta(minutes=10), clock, show, tail=tail)
    return shown


def test_lines_of_all_hosts_are_merged_by_their_time(aws: FakeAws, clock: Clock) -> None:
    write(aws, "second", at=-5)
    write(aws, "first", at=-9, stream=f"i-2/{WEB}")
    write(aws, "of the agent", at=-8, stream="i-2/cdinfra-host")
    write(aws, "of a sidecar", at=-7, stream="i-2/proxy")
    write(aws, "too old", at=-900)
    found = GroupLogs(aws, GROUP).read(clock.now() - timedelta(minutes=10))
    assert [(each.instance_id, each.message) for each in found] == [
        ("i-2", "first"),
        ("i-1", "second"),
    ]


def test_hosts_that_are_meant_are_asked_for_alone(aws: FakeAws, clock: Clock) -> None:
    write(aws, "one")
    write(aws, "other", stream=f"i-12/{WEB}")
    found = GroupLogs(aws, GROUP, ["i-1"]).read(clock.now())
    assert [each.message for each in found] == ["one"]


def test_new_lines_follow_each_once_also_those_that_come_late(aws: FakeAws, clock: Clock) -> None:
    write(aws, "old", at=-60)
    write(aws, "there")
    new = iter([("late", -8.0), ("new", 0.0)])

    def during_sleep() -> None:
        if found := next(new, None):
            write(aws, found[0], at=found[1])

    aws.clock.during_sleep = during_sleep
    assert follow(aws, clock, polls=30) == ["old", "there", "late", "new"]


def test_of_what_is_there_only_the_last_lines_are_shown_when_so_asked(
    aws: FakeAws, clock: Clock
) -> None:
    for number in range(5):
        write(aws, str(number), at=number - 9)
    aws.host_logs.script("filter_events", ThrottledError("slow down"))
    assert follow(aws, clock, polls=4, tail=2) == ["3", "4"]
    assert last_of([], 3) == []


def test_a_refusal_ends_it(aws: FakeAws, clock: Clock) -> None:
    error = CloudError("cannot read the log group")
    error.__cause__ = type("Refusal", (Exception,), {"response": {"Error": {}}})()
    aws.host_logs.script("filter_events", error)
    with pytest.raises(CloudError, match="cannot read the log group"):
        GroupLogs(aws, GROUP).follow(clock.now(), clock, lambda _: None)
