"""What a host wrote down for people to read: its stream of the log group, and its console."""

from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import ACCESS_DENIED_CODES, calling, error_code

GONE_CODES = frozenset({"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"})
"""How EC2 says that it knows of no such instance, any more.

Source: EC2 API reference, "Error codes".
"""


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
