"""The stack of a deploy group, as the rollout needs it."""

from collections.abc import Mapping

from cdinfra.aws.cloud import Aws
from cdinfra.aws.scaling_groups import ScalingGroup
from cdinfra.aws.stacks import StackDescription
from cdinfra.errors import CloudError
from cdinfra.rollout.group import DeployGroup

SCALING_GROUP_OUTPUT = "GroupName"
"""Output of a stack of hosts that names its Auto Scaling group."""


def describe_group_stack(aws: Aws, group: DeployGroup) -> StackDescription:
    """Return the stack of a deploy group.

    Args:
        aws: The group's place.
        group: The deploy group.

    Raises:
        CloudError: It is gone, or the cloud cannot be asked.
    """
    found = aws.stacks.describe_stack(group.stack_name)
    if found is None:
        hint = f"cdinfra up {group.stack}"
        raise CloudError(f"the stack {group.stack_name} is not there any more", hint=hint)
    return found


def describe_scaling_group(aws: Aws, stack: StackDescription) -> ScalingGroup | None:
    """Return the Auto Scaling group of a stack; None where it has none.

    Args:
        aws: The stack's place.
        stack: The stack.

    Raises:
        CloudError: The cloud cannot be asked.
    """
    name = stack.outputs.get(SCALING_GROUP_OUTPUT, "")
    found = aws.scaling_groups.describe_scaling_groups([name]) if name else ()
    return next(iter(found), None)


def moved_parameters(aws: Aws, stack: StackDescription) -> Mapping[str, tuple[str, str]]:
    """Return the SSM parameters of a stack that hold another value than at its last update.

    The next update of the stack would take the new value, and a machine image that has
    moved replaces every host.

    Args:
        aws: The stack's place.
        stack: The stack.

    Returns:
        By the stack's parameter: the value then, and the value now.

    Raises:
        CloudError: The cloud cannot be asked.
    """
    names = {key: stack.parameters[key] for key in stack.resolved if key in stack.parameters}
    if not names:
        return {}
    values = aws.ssm_parameters.get_parameters(sorted(set(names.values())))
    return {
        key: (stack.resolved[key], values[name])
        for key, name in names.items()
        if name in values and values[name] != stack.resolved[key]
    }
