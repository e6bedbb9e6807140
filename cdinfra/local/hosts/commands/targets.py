"""Which instances a call of ``SendCommand`` means.

Source: SSM API reference, ``SendCommand`` and ``Target``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cdinfra.local.api_handlers import ApiError
from cdinfra.local.hosts.commands.nodes import Instance, ManagedNodes, Node

MOST_VALUES = 50
MOST_TARGETS = 5


def targeted(given: Mapping[str, Any], nodes: ManagedNodes, account: str) -> tuple[Instance, ...]:
    """Return the instances that a call means.

    Args:
        given: The call's members.
        nodes: The managed nodes.
        account: Account of the caller, for the words of an error.

    Raises:
        ApiError: It names no instance, too many, or one that is no managed node.
    """
    ids, targets = given.get("InstanceIds") or [], given.get("Targets") or []
    if bool(ids) == bool(targets):
        raise ApiError(
            "ValidationException", "Either InstanceIds or Targets must be given, and not both."
        )
    if ids:
        return _named(ids, nodes, account)
    found = {node.instance.instance_id: node.instance for node in nodes.nodes()}
    for target in targets:
        wanted = _matching(target, [*found.values()], nodes, account)
        found = {each.instance_id: each for each in wanted}
    return tuple(found.values())


def _named(ids: Sequence[str], nodes: ManagedNodes, account: str) -> tuple[Instance, ...]:
    if len(set(ids)) < len(ids):
        raise ApiError("DuplicateInstanceId", "An instance id is named twice.")
    found = [(each, nodes.find(each)) for each in ids]
    if wrong := [(each, why) for each, why in found if isinstance(why, str)]:
        names = ", ".join(each for each, _ in wrong)
        reasons = "; ".join(f"{each}: {why}" for each, why in wrong)
        raise ApiError(
            "InvalidInstanceId",
            f"Instances [[{names}]] not in a valid state for account {account} ({reasons})",
        )
    return tuple(node.instance for _, node in found if isinstance(node, Node))


def _matching(
    target: Mapping[str, Any], among: Sequence[Instance], nodes: ManagedNodes, account: str
) -> Sequence[Instance]:
    key, values = str(target.get("Key", "")), target.get("Values") or []
    if not 1 <= len(values) <= MOST_VALUES:
        raise ApiError(
            "ValidationException", f"The target {key} needs from 1 to {MOST_VALUES} values."
        )
    if key in {"InstanceIds", "instanceids"}:
        chosen = {each.instance_id for each in _named(values, nodes, account)}
        return [each for each in among if each.instance_id in chosen]
    if key == "tag-key":
        return [each for each in among if each.tags.keys() & set(values)]
    if key.startswith("tag:"):
        return [each for each in among if each.tags.get(key.removeprefix("tag:")) in values]
    raise ApiError(
        "ValidationException",
        f"The local cloud does not carry the target {key or '(none)'}; "
        "it carries InstanceIds, tag-key and tag:NAME.",
    )
