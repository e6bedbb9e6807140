"""Which changes lose data."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cdinfra.deploy.plan import ChangeAction, Replacement, ResourceChange
from cdinfra.model.data_types import DATA_TYPES, KEEPING_POLICIES


def mark_data_loss(
    change: ResourceChange, before: Mapping[str, Any], after: Mapping[str, Any]
) -> ResourceChange:
    """Return the change with ``loses_data`` set.

    Args:
        change: What happens to a resource.
        before: The deployed template: its policy decides about a removal.
        after: The template then: its policy decides about a replacement.
    """
    if change.resource_type not in DATA_TYPES:
        return change
    if change.action is ChangeAction.REMOVE:
        return replace(change, loses_data=not _keeps(before, change.logical_id, "DeletionPolicy"))
    if change.replacement is Replacement.NEVER:
        return change
    keeps = _keeps(after, change.logical_id, "UpdateReplacePolicy")
    return replace(change, loses_data=not keeps)


def _keeps(template: Mapping[str, Any], logical_id: str, policy: str) -> bool:
    definition = template.get("Resources", {}).get(logical_id, {})
    return definition.get(policy) in KEEPING_POLICIES
