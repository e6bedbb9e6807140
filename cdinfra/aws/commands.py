"""Shell commands on hosts, by SSM Run Command.

Every call here gives up soon: what a host says is only good to know.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling, error_code
from cdinfra.errors import CloudError

MOST_INSTANCES = 50
"""Hosts in one command, and in one answer about hosts or about what they did.

Source: SSM API reference, SendCommand, InstanceIds; DescribeInstanceInformation and
ListCommandInvocations, MaxResults.
"""

OUTPUT_LIMIT = 2500
"""Characters of output in the list of what hosts did.

Source: SSM API reference, CommandPlugin, Output.
"""

SECONDS_TO_DELIVER = 30
"""The least that SSM takes. Source: SSM API reference, SendCommand, TimeoutSeconds."""

DOCUMENT = "AWS-RunShellScript"

_ASK = "ask the hosts"
_MARK_OF_CUT = "--output truncated--"
_ONLINE = "Online"
_ERROR_TITLE = "\n----------ERROR-------\n"
"""Source: amazon-ssm-agent, iohandler.go: what stands between stdout and stderr."""


class CommandStatus(StrEnum):
    """How far a command is on one host.

    Source: SSM API reference, CommandInvocation, Status.
    """

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    DELAYED = "Delayed"
    CANCELLING = "Cancelling"
    SUCCESS = "Success"
    CANCELLED = "Cancelled"
    TIMED_OUT = "TimedOut"
    FAILED = "Failed"

    @property
    def is_final(self) -> bool:
        """Whether it will not change any more."""
        return self in {self.SUCCESS, self.CANCELLED, self.TIMED_OUT, self.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCommand:
    """A command that is on its way.

    Attributes:
        command_id: SSM's id of it.
        instance_ids: The hosts that it went to.
    """

    command_id: str
    instance_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What became of a command on one host.

    Attributes:
        instance_id: The host.
        status: How far it is.
        details: The same, as SSM words it more exactly, for example ``DeliveryTimedOut``.
        output: What it wrote, cut at 2,500 bytes.
        exit_code: Its exit code; None where it has not ended by itself.
    """

    instance_id: str
    status: CommandStatus
    details: str = ""
    output: str = ""
    exit_code: int | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the command may have written more than what stands here."""
        size = len(self.output.encode(errors="replace"))
        return size >= OUTPUT_LIMIT - len(_MARK_OF_CUT)

    @property
    def stdout(self) -> str:
        """What it wrote to stdout; below that SSM shows stderr, and there how it failed."""
        if self.status is CommandStatus.SUCCESS:
            return self.output
        before, title, _ = self.output.rpartition(_ERROR_TITLE)
        return before if title else self.output


class Commands:
    """SSM Run Command in one account and region."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def describe_agents(self, instance_ids: Sequence[str]) -> Mapping[str, bool]:
        """Return whether the SSM agent of each host is online; without one it is left out.

        Raises:
            CloudError: SSM cannot be asked.
        """
        found: dict[str, bool] = {}
        with calling(self._clients, "ssm", _ASK, hurried=True) as client:
            pages = client.get_paginator("describe_instance_information")
            for start in range(0, len(instance_ids), MOST_INSTANCES):
                wanted = list(instance_ids[start : start + MOST_INSTANCES])
                filters = [{"Key": "InstanceIds", "Values": wanted}]
                for page in pages.paginate(Filters=filters, MaxResults=MOST_INSTANCES):
                    for each in page["InstanceInformationList"]:
                        found[each["InstanceId"]] = each.get("PingStatus") == _ONLINE
        return found

    def send_command(
        self, instance_ids: Sequence[str], script: str, *, seconds: int
    ) -> SentCommand:
        """Send a shell script to at most 50 hosts.

        A host that has gone since it was described is left out: SSM would refuse the whole.

        Args:
            instance_ids: The hosts, whose agents are online.
            script: Run by ``sh`` as root.
            seconds: How long it may run.

        Raises:
            CloudError: SSM refuses it, or none of the hosts takes commands.
        """
        try:
            return self._send(instance_ids, script, seconds)
        except CloudError as error:
            left = _without_refused(error, instance_ids)
            if not left:
                raise
            return self._send(left, script, seconds)

    def list_invocations(self, command_id: str) -> tuple[Invocation, ...]:
        """Return what became of a command, on each host that has begun with it.

        Raises:
            CloudError: SSM cannot be asked.
        """
        return tuple(self._invocations(command_id))

    def get_output(self, command_id: str, instance_id: str) -> str:
        """Return what a command wrote on one host, up to 24,000 characters.

        Source: SSM API reference, GetCommandInvocation, StandardOutputContent.

        Raises:
            CloudError: SSM cannot be asked.
        """
        with calling(self._clients, "ssm", _ASK, hurried=True) as client:
            answer = client.get_command_invocation(CommandId=command_id, InstanceId=instance_id)
        return str(answer.get("StandardOutputContent", ""))

    def cancel_command(self, command_id: str) -> None:
        """Call a command off where it has not ended; a host that has begun may go on.

        Raises:
            CloudError: SSM cannot be asked.
        """
        with calling(self._clients, "ssm", "call a command off", hurried=True) as client:
            client.cancel_command(CommandId=command_id)

    def _send(self, instance_ids: Sequence[str], script: str, seconds: int) -> SentCommand:
        with calling(self._clients, "ssm", _ASK, hurried=True) as client:
            answer = client.send_command(
                InstanceIds=list(instance_ids),
                DocumentName=DOCUMENT,
                Parameters={"commands": [script], "executionTimeout": [str(seconds)]},
                TimeoutSeconds=SECONDS_TO_DELIVER,
                Comment="cdinfra",
            )
        command_id = answer["Command"]["CommandId"]
        return SentCommand(command_id=command_id, instance_ids=tuple(instance_ids))

    def _invocations(self, command_id: str) -> Iterator[Invocation]:
        with calling(self._clients, "ssm", _ASK, hurried=True) as client:
            pages = client.get_paginator("list_command_invocations")
            asked = {"CommandId": command_id, "Details": True, "MaxResults": MOST_INSTANCES}
            for page in pages.paginate(**asked):
                for each in page["CommandInvocations"]:
                    plugins = each.get("CommandPlugins", ())
                    yield Invocation(
                        instance_id=each["InstanceId"],
                        status=CommandStatus(each["Status"]),
                        details=each.get("StatusDetails", ""),
                        output="".join(plugin.get("Output", "") for plugin in plugins),
                        exit_code=_exit_code(plugins),
                    )


def _exit_code(plugins: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the exit code of the one step; -1 is SSM's word for none.

    Source: SSM API reference, CommandPlugin, ResponseCode.
    """
    code = plugins[-1].get("ResponseCode", -1) if plugins else -1
    return int(code) if code >= 0 else None


def _without_refused(error: CloudError, instance_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the hosts that a refusal does not name; none where it names none.

    The refusal reads ``Instances [[i-0abc, i-0def]] not in a valid state for account 1234``.
    Source: SSM API reference, SendCommand, InvalidInstanceId; the text as it is.
    """
    if error_code(error.__cause__) != "InvalidInstanceId":
        return ()
    named = set(re.findall(r"i-[0-9a-f]+", error.message))
    left = tuple(each for each in instance_ids if each not in named)
    return left if len(left) < len(instance_ids) else ()
