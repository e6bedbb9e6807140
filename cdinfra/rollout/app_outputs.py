"""Reads the outputs of an app's stacks, for whatever stands around a rollout."""

from cdinfra.aws.cloud import Aws
from cdinfra.deploy.settings import AllOutputs
from cdinfra.model import Deployable


def describe_outputs(aws: Aws, app: Deployable) -> AllOutputs:
    """Return the outputs of the stacks that are deployed, by the stack's name within the app.

    One call a stack.

    Args:
        aws: The app's own place.
        app: The app.

    Raises:
        CloudError: The cloud cannot be asked.
    """
    found = {
        each.name: aws.at(each.place).stacks.describe_stack(each.stack_name) for each in app.build()
    }
    return {name: stack.outputs for name, stack in found.items() if stack is not None}
