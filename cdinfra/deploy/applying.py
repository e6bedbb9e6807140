"""Applies the settings of a stack that no change set carries."""

from cdinfra.aws.cloud import StackApi
from cdinfra.deploy.plan import StackAction
from cdinfra.deploy.poller import Poller, Task


def apply_settings(stacks: StackApi, poller: Poller, action: StackAction) -> Task[None]:
    """Set the termination protection and the policy of a stack, where they change.

    Args:
        stacks: CloudFormation.
        poller: Makes the calls.
        action: What is done with the stack, which exists.

    Raises:
        CloudError: CloudFormation refuses.
    """
    name, enabled, policy = action.stack_name, action.sets_protection, action.sets_policy
    if policy is not None:
        yield from poller.patiently(lambda: stacks.set_stack_policy(name, policy))
    if enabled is not None:
        yield from poller.patiently(
            lambda: stacks.set_termination_protection(name, enabled=enabled)
        )
