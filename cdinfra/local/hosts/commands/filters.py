"""Filters of the calls that list commands, invocations and managed nodes.

Source: SSM API reference, ``CommandFilter`` and ``InstanceInformationStringFilter``.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cdinfra.local.api_handlers import ApiError
from cdinfra.local.hosts.commands.documents import RUN_SHELL_SCRIPT
from cdinfra.local.hosts.commands.ledger import Command
from cdinfra.local.hosts.commands.nodes import Node
from cdinfra.local.hosts.commands.statuses import State
from cdinfra.local.hosts.commands.views import AGENT_VERSION

Test = Callable[[Command, State], bool]


def command_test(filters: Sequence[Mapping[str, str]], *, of_invocations: bool) -> Test:
    """Return a function that says whether a command or an invocation passes all filters.

    Args:
        filters: The filters of a call.
        of_invocations: Whether the call lists invocations.

    Raises:
        ApiError: A filter is none.
    """
    tests = [_command_test(each, of_invocations=of_invocations) for each in filters]
    return lambda command, state: all(test(command, state) for test in tests)


def _command_test(given: Mapping[str, str], *, of_invocations: bool) -> Test:
    key, value = given.get("key", ""), given.get("value", "")
    if key == "InvokedAfter":
        after = _moment(value)
        return lambda command, _: command.requested_at > after
    if key == "InvokedBefore":
        before = _moment(value)
        return lambda command, _: command.requested_at < before
    if key == "Status":
        return lambda _, state: value in {state.status, state.value}
    if key == "DocumentName":
        return lambda *_: value == RUN_SHELL_SCRIPT
    if key == "ExecutionStage" and not of_invocations:
        return lambda _, state: value == ("Complete" if state.is_final else "Executing")
    raise ApiError("InvalidFilterKey", f"The filter {key} is not one of this call.")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ApiError(
            "ValidationException", f"{text!r} is no time such as 2024-07-07T00:00:00Z."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def node_test(given: Mapping[str, Any]) -> Callable[[Node], bool]:
    """Return a function that says whether a node passes all filters of a call.

    Args:
        given: The call's members.

    Raises:
        ApiError: A filter is none, or both ways to give filters are used.
    """
    new = [(each["Key"], each["Values"]) for each in given.get("Filters") or ()]
    old = [
        (each["key"], each["valueSet"]) for each in given.get("InstanceInformationFilterList") or ()
    ]
    if new and old:
        raise ApiError(
            "ValidationException", "Filters and InstanceInformationFilterList exclude each other."
        )
    tests = [_node_test(key, values) for key, values in (*new, *old)]
    return lambda node: all(test(node) for test in tests)


_NODE_VALUES: Mapping[str, Callable[[Node], str]] = {
    "AgentVersion": lambda _: AGENT_VERSION,
    "InstanceIds": lambda node: node.instance.instance_id,
    "PingStatus": lambda node: node.ping.value,
    "PlatformTypes": lambda _: "Linux",
    "ResourceType": lambda _: "EC2Instance",
    "SourceIds": lambda node: node.instance.instance_id,
    "SourceTypes": lambda _: "AWS::EC2::Instance",
}


def _node_test(key: str, values: Sequence[str]) -> Callable[[Node], bool]:
    if key == "tag-key":
        return lambda node: bool(node.instance.tags.keys() & set(values))
    if key.startswith("tag:"):
        return lambda node: node.instance.tags.get(key.removeprefix("tag:")) in values
    if key not in _NODE_VALUES:
        raise ApiError("InvalidFilterKey", f"The filter {key} is not carried by the local cloud.")
    return lambda node: _NODE_VALUES[key](node) in values
