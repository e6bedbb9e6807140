"""Which changes of an Auto Scaling group replace its hosts in turn, and not the group.

CloudFormation calls such a change a conditional replacement: what is replaced depends on
the group's update policy, which its change set does not look at.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cdinfra.deploy.plan import Replacement, ResourceChange

GROUP = "AWS::AutoScaling::AutoScalingGroup"


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
    replaces = policy.get("AutoScalingReplacingUpdate", {}).get("WillReplace", False)
    rolls = "AutoScalingRollingUpdate" in policy and str(replaces).lower() != "true"
    return replace(change, rolls_hosts=rolls)
