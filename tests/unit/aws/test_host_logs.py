from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.host_logs import HostLogs, LogEvent
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script

LATEST = {"InstanceId": "i-1", "Latest": True}
POSTED = {"InstanceId": "i-1"}


def console(text: str) -> dict[str, str]:
    return {"InstanceId": "i-1", "Output": base64.b64encode(text.encode()).decode()}


def test_the_last_messages_of_a_stream_are_read(script: Callable[..., Script]) -> None:
    cloud = script("logs")
    asked = {
        "logGroupName": "/shop/web",
        "logStreamName": "i-1/cdinfra-host",
        "limit": 2,
        "startFromHead": False,
    }
    cloud.answer("get_log_events", {"events": [{"message": "a"}, {"message": "b"}]}, asked)
    found = HostLogs(cloud.clients).read_stream("/shop/web", "i-1/cdinfra-host", limit=2)
    assert found == ("a", "b")


def test_a_stream_that_is_not_there_has_no_messages(script: Callable[..., Script]) -> None:
    cloud = script("logs")
    cloud.refuse("get_log_events", "ResourceNotFoundException")
    assert HostLogs(cloud.clients).read_stream("/shop/web", "i-1", limit=2) == ()


def test_a_stream_that_may_not_be_read_is_told(script: Callable[..., Script]) -> None:
    cloud = script("logs")
    cloud.refuse("get_log_events", "AccessDeniedException", "logs:GetLogEvents")
    with pytest.raises(CloudError, match="cannot read the log stream i-1 of /shop/web: logs:Get"):
        HostLogs(cloud.clients).read_stream("/shop/web", "i-1", limit=2)


def test_the_console_is_the_latest(script: Callable[..., Script]) -> None:
    cloud = script("ec2")
    cloud.answer("get_console_output", console("ünicode\n"), LATEST)
    assert HostLogs(cloud.clients).read_console("i-1") == "ünicode\n"


@pytest.mark.parametrize("code", ["UnsupportedOperation", "IncorrectInstanceState"])
def test_where_the_latest_console_cannot_be_had_the_one_that_was_kept_counts(
    script: Callable[..., Script], code: str
) -> None:
    cloud = script("ec2")
    cloud.refuse("get_console_output", code)
    cloud.answer("get_console_output", console("kept"), POSTED)
    assert HostLogs(cloud.clients).read_console("i-1") == "kept"


def test_an_empty_latest_console_gives_way_to_the_one_that_was_kept(
    script: Callable[..., Script],
) -> None:
    cloud = script("ec2")
    cloud.answer("get_console_output", {"InstanceId": "i-1"}, LATEST)
    cloud.answer("get_console_output", console("kept"), POSTED)
    assert HostLogs(cloud.clients).read_console("i-1") == "kept"


def test_an_instance_that_is_long_gone_has_no_console(script: Callable[..., Script]) -> None:
    cloud = script("ec2")
    for _ in range(2):
        cloud.refuse("get_console_output", "InvalidInstanceID.NotFound")
    assert HostLogs(cloud.clients).read_console("i-1") == ""


def test_a_console_that_may_not_be_read_is_told_after_one_call(
    script: Callable[..., Script],
) -> None:
    cloud = script("ec2")
    cloud.refuse("get_console_output", "UnauthorizedOperation", "you may not")
    with pytest.raises(CloudError, match="cannot read the console of i-1: you may not"):
        HostLogs(cloud.clients).read_console("i-1")


def test_a_log_group_is_read_over_all_pages_from_a_time_on(
    script: Callable[..., Script],
) -> None:
    cloud = script("logs")
    event = {"eventId": "1", "timestamp": 1500, "logStreamName": "i-1/web", "message": "hi"}
    asked = {"logGroupName": "/shop/web", "startTime": 1500, "logStreamNamePrefix": "i-1/"}
    cloud.answer("filter_log_events", {"events": [event], "nextToken": "2"}, asked)
    cloud.answer("filter_log_events", {"events": []}, {**asked, "nextToken": "2"})
    since = datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    found = HostLogs(cloud.clients).filter_events("/shop/web", since=since, prefix="i-1/")
    assert found == (LogEvent(event_id="1", at=since, stream="i-1/web", message="hi"),)
    cloud.stubber.assert_no_pending_responses()
