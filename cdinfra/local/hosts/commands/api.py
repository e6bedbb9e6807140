"""Run Command's calls: what they refuse, and what they answer.

Source: SSM API reference, ``SendCommand``, ``GetCommandInvocation``, ``ListCommands``,
``ListCommandInvocations``, ``CancelCommand`` and ``DescribeInstanceInformation``.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from cdinfra.local.api_handlers import ApiError, CallName, CallPlace, Handler
from cdinfra.local.hosts.checked import check_call
from cdinfra.local.hosts.commands.dispatcher import Dispatcher
from cdinfra.local.hosts.commands.documents import PLUGIN, read_script
from cdinfra.local.hosts.commands.filters import command_test, node_test
from cdinfra.local.hosts.commands.lanes import FindLane, Lane
from cdinfra.local.hosts.commands.ledger import Command, Invocation
from cdinfra.local.hosts.commands.pages import in_order, newest_first
from cdinfra.local.hosts.commands.statuses import state_of_command
from cdinfra.local.hosts.commands.targets import targeted
from cdinfra.local.hosts.commands.views import (
    command_view,
    invocation_result,
    invocation_view,
    node_view,
)
from cdinfra.local.refusals import NOT_RETRIED

COMMANDS_OF_A_PAGE = 50
NODES_OF_A_PAGE = 10

NOT_CARRIED = ("AlarmConfiguration", "DocumentHash", "NotificationConfig", "ServiceRoleArn")


class RunCommand:
    """Answers Run Command's calls.

    Args:
        lane: Finds what an account and region work with.
        dispatcher: Runs commands.
        now: Returns the time of day.
        endpoint_url: Address of the local cloud.
    """

    def __init__(
        self,
        *,
        lane: FindLane,
        dispatcher: Dispatcher,
        now: Callable[[], datetime],
        endpoint_url: str,
    ) -> None:
        self._lane = lane
        self._dispatcher = dispatcher
        self._now = now
        self._endpoint_url = endpoint_url

    def handlers(self) -> Mapping[CallName, Handler]:
        """Return what answers each call."""
        answers = {
            "SendCommand": self._send,
            "GetCommandInvocation": self._get_invocation,
            "ListCommands": self._list_commands,
            "ListCommandInvocations": self._list_invocations,
            "CancelCommand": self._cancel,
            "DescribeInstanceInformation": self._describe_nodes,
        }
        return {("ssm", name): self._handler(name, each) for name, each in answers.items()}

    def _handler(
        self, operation: str, answer: Callable[[Mapping[str, Any], Lane], Mapping[str, Any]]
    ) -> Handler:
        def handle(given: Mapping[str, Any], place: CallPlace) -> Mapping[str, Any]:
            check_call("ssm", operation, given)
            return answer(given, self._lane(place))

        return handle

    def _send(self, given: Mapping[str, Any], lane: Lane) -> Mapping[str, Any]:
        _refuse_what_is_not_carried(given)
        script = read_script(
            given["DocumentName"], given.get("DocumentVersion", ""), given.get("Parameters", {})
        )
        instances = targeted(given, lane.nodes, lane.account)
        command = Command(
            command_id=str(uuid4()),
            script=script,
            instance_ids=tuple(given.get("InstanceIds") or ()),
            targets=tuple(given.get("Targets") or ()),
            invoked_on=tuple(each.instance_id for each in instances),
            given=given,
            requested_at=self._now(),
        )
        invocations = [
            Invocation(command=command, instance_id=each.instance_id, instance_name=each.name)
            for each in instances
        ]
        lane.ledger.add(command, invocations)
        self._dispatcher.dispatch(lane, command)
        return {"Command": command_view(command, invocations)}

    def _get_invocation(self, given: Mapping[str, Any], lane: Lane) -> Mapping[str, Any]:
        found = lane.ledger.invocation(given["CommandId"], given["InstanceId"])
        if found is None:
            raise ApiError(
                "InvocationDoesNotExist",
                f"There is no command {given['CommandId']} on {given['InstanceId']}.",
            )
        if given.get("PluginName", PLUGIN) != PLUGIN:
            raise ApiError("InvalidPluginName", f"The only step of the document is {PLUGIN}.")
        return invocation_result(found, self._endpoint_url)

    def _list_commands(self, given: Mapping[str, Any], lane: Lane) -> Mapping[str, Any]:
        test = command_test(given.get("Filters") or (), of_invocations=False)
        commands = lane.ledger.commands()
        if command_id := given.get("CommandId"):
            commands = (_known(lane, command_id),)
        instance_id = given.get("InstanceId")
        views = []
        for command in commands:
            invocations = lane.ledger.invocations(command.command_id)
            state = state_of_command([each.state for each in invocations], command.max_errors)
            is_wanted = not instance_id or instance_id in command.invoked_on
            if is_wanted and test(command, state):
                views.append(command_view(command, invocations))
        page, token = newest_first(given, views, size=COMMANDS_OF_A_PAGE)
        return {"Commands": page, **token}

    def _list_invocations(self, given: Mapping[str, Any], lane: Lane) -> Mapping[str, Any]:
        test = command_test(given.get("Filters") or (), of_invocations=True)
        if command_id := given.get("CommandId"):
            _known(lane, command_id)
        instance_id = given.get("InstanceId")
        found = [
            each
            for each in lane.ledger.invocations(command_id or "")
            if instance_id in (None, each.instance_id) and test(each.command, each.state)
        ]
        page, token = newest_first(given, found, size=COMMANDS_OF_A_PAGE)
        views = [
            invocation_view(each, self._endpoint_url, details=bool(given.get("Details")))
            for each in page
        ]
        return {"CommandInvocations": views, **token}

    def _cancel(self, given: Mapping[str, Any], lane: Lane) -> Mapping[str, Any]:
        command = _known(lane, given["CommandId"])
        named = given.get("InstanceIds") or command.invoked_on
        if unknown := sorted(set(named) - set(command.invoked_on)):
            raise ApiError(
                "InvalidInstanceId",
                f"Instances [[{', '.join(unknown)}]] are none that the command runs on.",
            )
        for each in lane.ledger.invocations(command.command_id):
            if each.instance_id in named:
                self._dispatcher.cancel(lane.ledger, each)
        return {}

    def _describe_nodes(self, given: Mapping[str, Any], lane: Lane) -> Mapping[str, Any]:
        test = node_test(given)
        found = [node for node in lane.nodes.nodes() if test(node)]
        page, token = in_order(given, found, size=NODES_OF_A_PAGE)
        return {"InstanceInformationList": [node_view(node) for node in page], **token}


def _refuse_what_is_not_carried(given: Mapping[str, Any]) -> None:
    refused = [name for name in NOT_CARRIED if given.get(name)]
    if (given.get("CloudWatchOutputConfig") or {}).get("CloudWatchOutputEnabled"):
        refused.append("CloudWatchOutputConfig")
    if refused:
        raise ApiError(
            "NotImplemented",
            f"the local cloud does not carry {', '.join(refused)} of ssm:SendCommand",
            status=NOT_RETRIED,
        )


def _known(lane: Lane, command_id: str) -> Command:
    command = lane.ledger.command(command_id)
    if command is None:
        raise ApiError("InvalidCommandId", f"There is no command {command_id}.")
    return command
