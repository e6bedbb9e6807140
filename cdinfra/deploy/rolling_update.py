"""Which changes of an Auto Scaling group replace its hosts in turn, and not the group.

CloudFormation calls such a change a conditional replacement: what is replaced depends on
the group's update policy, which its change set does not look at.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cdinfra.deploy.plan import Replacement, ResourceChange

GROUP = "AWS::AutoScaling::AutoScalingGroup"

ROLLING = "AutoScalingRollingUpdate"
"""The part of an update policy that says how hosts are replaced in turn."""


def mark_rolling_update(change: ResourceChange, after: Mapping[str, Any]) -> ResourceChange:
    """Return the change with ``rolls_hosts`` set.

    Args:
        change: What happens to a resource.
        after: The template then, with the group's update policy.

    Source: CloudFormation user guide, "UpdatePolicy attribute".
    """
    if change.resource_type != GROUP or change.replacement is not Replacement.CONDITIONAL:
        return change
    policy = after.get("Resources", {}).get(change.logical_id, {}).get("UpdatePolicy", {})
    return replace(change, rolls_hosts=is_rolling(policy))


def is_rolling(policy: Mapping[str, Any]) -> bool:
    """Whether an update policy replaces a group's hosts in turn."""
    return ROLLING in policy and not replaces_group(policy)


def replaces_group(policy: Mapping[str, Any]) -> bool:
    """Whether an update policy replaces the whole group; that goes before replacing its hosts."""
    replaces = policy.get("AutoScalingReplacingUpdate", {}).get("WillReplace", False)
    return str(replaces).lower() == "true"
