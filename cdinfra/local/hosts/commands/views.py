"""Commands, invocations and nodes as the API tells of them.

Source: SSM API reference, ``Command``, ``CommandInvocation``, ``GetCommandInvocation`` and
``InstanceInformation``.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cdinfra.local.hosts.commands.dispatcher import output_key
from cdinfra.local.hosts.commands.documents import PLUGIN, RUN_SHELL_SCRIPT
from cdinfra.local.hosts.commands.ledger import Command, Invocation
from cdinfra.local.hosts.commands.nodes import Node
from cdinfra.local.hosts.commands.output import (
    STDERR_BYTES,
    STDOUT_BYTES,
    shown,
    shown_together,
)
from cdinfra.local.hosts.commands.statuses import State, state_of_command

AGENT_VERSION = "3.3.0.0"
NO_LOG_GROUP = {"CloudWatchLogGroupName": "", "CloudWatchOutputEnabled": False}
NO_NOTIFICATION = {"NotificationArn": "", "NotificationEvents": [], "NotificationType": ""}


def command_view(command: Command, invocations: Sequence[Invocation]) -> dict[str, Any]:
    """Return a command as ``ListCommands`` tells of it.

    Args:
        command: The command.
        invocations: All of its invocations.
    """
    states = [each.state for each in invocations]
    state = state_of_command(states, command.max_errors)
    return {
        "CommandId": command.command_id,
        "DocumentName": RUN_SHELL_SCRIPT,
        "DocumentVersion": command.given.get("DocumentVersion", "$DEFAULT"),
        "Comment": command.given.get("Comment", ""),
        "ExpiresAfter": command.expires_at.timestamp(),
        "Parameters": command.given.get("Parameters", {}),
        "InstanceIds": list(command.instance_ids),
        "Targets": list(command.targets),
        "RequestedDateTime": command.requested_at.timestamp(),
        "Status": state.status,
        "StatusDetails": state.value,
        "OutputS3Region": "",
        "OutputS3BucketName": command.given.get("OutputS3BucketName", ""),
        "OutputS3KeyPrefix": command.given.get("OutputS3KeyPrefix", ""),
        "MaxConcurrency": command.given.get("MaxConcurrency", "50"),
        "MaxErrors": command.given.get("MaxErrors", "0"),
        "TargetCount": len(states),
        "CompletedCount": sum(each.is_final for each in states),
        "ErrorCount": sum(each.is_error for each in states),
        "DeliveryTimedOutCount": states.count(State.DELIVERY_TIMED_OUT),
        "ServiceRole": "",
        "NotificationConfig": NO_NOTIFICATION,
        "CloudWatchOutputConfig": NO_LOG_GROUP,
        "TimeoutSeconds": command.delivery_seconds,
    }


def invocation_view(invocation: Invocation, endpoint_url: str, *, details: bool) -> dict[str, Any]:
    """Return an invocation as ``ListCommandInvocations`` tells of it.

    Args:
        invocation: The invocation.
        endpoint_url: Address of the local cloud, whose S3 has the whole output.
        details: Whether what it wrote is to be told, too.
    """
    command = invocation.command
    return {
        "CommandId": command.command_id,
        "InstanceId": invocation.instance_id,
        "InstanceName": invocation.instance_name,
        "Comment": command.given.get("Comment", ""),
        "DocumentName": RUN_SHELL_SCRIPT,
        "DocumentVersion": command.given.get("DocumentVersion", "$DEFAULT"),
        "RequestedDateTime": command.requested_at.timestamp(),
        "Status": invocation.state.status,
        "StatusDetails": invocation.state.value,
        **_urls(invocation, endpoint_url),
        "CommandPlugins": [_plugin_view(invocation, endpoint_url)] if details else [],
        "ServiceRole": "",
        "NotificationConfig": NO_NOTIFICATION,
        "CloudWatchOutputConfig": NO_LOG_GROUP,
    }


def _plugin_view(invocation: Invocation, endpoint_url: str) -> dict[str, Any]:
    given = invocation.command.given
    times = {
        "ResponseStartDateTime": invocation.started_at,
        "ResponseFinishDateTime": invocation.finished_at,
    }
    # A step knows neither "Cancelling" nor "Delayed".
    status = "InProgress" if invocation.state is State.CANCELLING else invocation.state.status
    return {
        "Name": PLUGIN,
        "Status": status,
        "StatusDetails": invocation.state.value,
        "ResponseCode": invocation.response_code,
        **{name: each.timestamp() for name, each in times.items() if each},
        "Output": shown_together(invocation.stdout, invocation.stderr),
        **_urls(invocation, endpoint_url),
        "OutputS3Region": "",
        "OutputS3BucketName": given.get("OutputS3BucketName", ""),
        "OutputS3KeyPrefix": output_key(invocation, "").removesuffix("/0.awsrunShellScript/")
        if given.get("OutputS3BucketName")
        else "",
    }


def invocation_result(invocation: Invocation, endpoint_url: str) -> dict[str, Any]:
    """Return an invocation as ``GetCommandInvocation`` tells of it.

    Args:
        invocation: The invocation.
        endpoint_url: Address of the local cloud, whose S3 has the whole output.
    """
    command = invocation.command
    return {
        "CommandId": command.command_id,
        "InstanceId": invocation.instance_id,
        "Comment": command.given.get("Comment", ""),
        "DocumentName": RUN_SHELL_SCRIPT,
        "DocumentVersion": command.given.get("DocumentVersion", "$DEFAULT"),
        "PluginName": PLUGIN,
        "ResponseCode": invocation.response_code,
        "ExecutionStartDateTime": _iso(invocation.started_at),
        "ExecutionElapsedTime": _elapsed(invocation),
        "ExecutionEndDateTime": _iso(invocation.finished_at),
        "Status": invocation.state.status,
        "StatusDetails": invocation.state.value,
        "StandardOutputContent": shown(invocation.stdout, STDOUT_BYTES),
        "StandardErrorContent": shown(invocation.stderr, STDERR_BYTES),
        **_urls(invocation, endpoint_url),
        "CloudWatchOutputConfig": NO_LOG_GROUP,
    }


def _urls(invocation: Invocation, endpoint_url: str) -> dict[str, str]:
    bucket = invocation.command.given.get("OutputS3BucketName")
    return {
        member: f"{endpoint_url}/{bucket}/{output_key(invocation, name)}" if bucket else ""
        for member, name in (("StandardOutputUrl", "stdout"), ("StandardErrorUrl", "stderr"))
    }


def _iso(moment: datetime | None) -> str:
    """Return a moment as ``2026-01-05T10:35:35.383Z``; empty for none."""
    if moment is None:
        return ""
    return (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
    )


def _elapsed(invocation: Invocation) -> str:
    if invocation.started_at is None or invocation.finished_at is None:
        return ""
    return duration((invocation.finished_at - invocation.started_at).total_seconds())


def duration(seconds: float) -> str:
    """Return a duration as ISO 8601 writes it.

    >>> duration(0.198), duration(3600.271), duration(60)
    ('PT0.198S', 'PT1H0.271S', 'PT1M')
    """
    thousandths = round(seconds * 1000)
    hours, rest = divmod(thousandths, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    parts = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else ""]
    if rest or not any(parts):
        parts.append(f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "S")
    return "PT" + "".join(parts)


def node_view(node: Node) -> Mapping[str, Any]:
    """Return a node as ``DescribeInstanceInformation`` tells of it."""
    instance = node.instance
    return {
        "InstanceId": instance.instance_id,
        "PingStatus": node.ping.value,
        "LastPingDateTime": node.last_ping.timestamp(),
        "AgentVersion": AGENT_VERSION,
        "IsLatestVersion": True,
        "PlatformType": "Linux",
        "PlatformName": instance.platform.name,
        "PlatformVersion": instance.platform.version,
        "RegistrationDate": instance.launched_at.timestamp(),
        "ResourceType": "EC2Instance",
        "IPAddress": instance.address,
        "ComputerName": instance.name,
        "SourceId": instance.instance_id,
        "SourceType": "AWS::EC2::Instance",
    }
