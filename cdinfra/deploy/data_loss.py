"""Which changes lose data."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cdinfra.aws.stacks import STACK_TYPE
from cdinfra.deploy.plan import ChangeAction, Replacement, ResourceChange
from cdinfra.model.data_types import DATA_TYPES, KEEPING_POLICIES

HOLDING_TYPES = DATA_TYPES | {STACK_TYPE}
"""Resources that hold data, or may: a plan knows nothing of what a nested stack holds."""


def mark_data_loss(
    change: ResourceChange, before: Mapping[str, Any], after: Mapping[str, Any]
) -> ResourceChange:
    """Return the change with ``loses_data`` set.

    Args:
        change: What happens to a resource.
        before: The deployed template: its policy decides about a removal.
        after: The template then: its policy decides about a replacement.
    """
    if change.resource_type not in HOLDING_TYPES:
        return change
    if change.action is ChangeAction.REMOVE:
        return replace(change, loses_data=not _keeps(before, change.logical_id, "DeletionPolicy"))
    if change.replacement is Replacement.NEVER:
        return change
    keeps = _keeps(after, change.logical_id, "UpdateReplacePolicy")
    return replace(change, loses_data=not keeps)


def is_surely_lost(change: ResourceChange) -> bool:
    """Whether a change that loses data surely does, and not only perhaps.

    Args:
        change: A change with ``loses_data`` set.
    """
    if change.action is ChangeAction.REMOVE:
        # What a nested stack holds is not in the plan.
        return change.resource_type != STACK_TYPE
    return change.replacement is Replacement.ALWAYS


def _keeps(template: Mapping[str, Any], logical_id: str, policy: str) -> bool:
    definition = template.get("Resources", {}).get(logical_id, {})
    return definition.get(policy) in KEEPING_POLICIES
