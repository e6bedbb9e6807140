"""What a host wrote down for people to read: its stream of the log group, and its console."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import ACCESS_DENIED_CODES, calling, error_code

GONE_CODES = frozenset({"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"})
"""How EC2 says that it knows of no such instance, any more.

Source: EC2 API reference, "Error codes".
"""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """One message of a log group.

    Attributes:
        event_id: What tells it from all others.
        at: When it was written, by the clock of who wrote it.
        stream: Name of its log stream.
        message: What it says.
    """

    event_id: str
    at: datetime
    stream: str
    message: str


class HostLogs:
    """Reads what hosts wrote in one account and region."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read_stream(self, log_group: str, stream: str, *, limit: int) -> tuple[str, ...]:
        """Return the last messages of a log stream, oldest first; none where there is none.

        Args:
            log_group: Name of the log group.
            stream: Name of the stream.
            limit: Most messages.

        Raises:
            CloudError: CloudWatch Logs cannot be asked.
        """
        doing = f"read the log stream {stream} of {log_group}"
        with calling(self._clients, "logs", doing, hurried=True) as client:
            try:
                answer = client.get_log_events(
                    logGroupName=log_group, logStreamName=stream, limit=limit, startFromHead=False
                )
            except client.exceptions.ResourceNotFoundException:
                return ()
        return tuple(each["message"] for each in answer["events"])

    def filter_events(
        self, log_group: str, *, since: datetime, prefix: str = ""
    ) -> tuple[LogEvent, ...]:
        """Return the messages of a log group from a time on.

        Args:
            log_group: Name of the log group.
            since: The time.
            prefix: What the names of its streams begin with; empty for all.

        Raises:
            CloudError: CloudWatch Logs cannot be asked, or has no such group.
        """
        asked: dict[str, Any] = {
            "logGroupName": log_group,
            "startTime": max(0, (since - _EPOCH) // timedelta(milliseconds=1)),
        }
        if prefix:
            asked["logStreamNamePrefix"] = prefix
        with calling(self._clients, "logs", f"read the log group {log_group}") as client:
            pages = client.get_paginator("filter_log_events").paginate(**asked)
            return tuple(_event(each) for page in pages for each in page["events"])

    def read_console(self, instance_id: str) -> str:
        """Return the end of a host's console; empty where EC2 has none.

        It is kept for at least an hour after it was last posted, as at a termination.
        Source: EC2 API reference, GetConsoleOutput.

        Args:
            instance_id: The host.

        Raises:
            CloudError: EC2 cannot be asked.
        """
        doing = f"read the console of {instance_id}"
        with calling(self._clients, "ec2", doing, hurried=True) as client:
            return _latest(client, instance_id) or _posted(client, instance_id)


def _event(each: dict[str, Any]) -> LogEvent:
    return LogEvent(
        event_id=each["eventId"],
        at=_EPOCH + timedelta(milliseconds=each["timestamp"]),
        stream=each["logStreamName"],
        message=each["message"],
    )


def _latest(client: Any, instance_id: str) -> str:  # noqa: ANN401 - boto3 makes its clients at run time
    """Return the console as it is now; empty where this instance has only the posted one.

    Instances that are not of the Nitro system, and ones that are terminated, refuse that.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415 - botocore is slow to import

    try:
        answer = client.get_console_output(InstanceId=instance_id, Latest=True)
    except ClientError as error:
        if error_code(error) in ACCESS_DENIED_CODES:
            raise
        return ""
    return str(answer.get("Output", ""))


def _posted(client: Any, instance_id: str) -> str:  # noqa: ANN401 - see _latest
    """Return the console as EC2 last kept it."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - see _latest

    try:
        answer = client.get_console_output(InstanceId=instance_id)
    except ClientError as error:
        if error_code(error) in GONE_CODES:
            return ""
        raise
    return str(answer.get("Output", ""))
