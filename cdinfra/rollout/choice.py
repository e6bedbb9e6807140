"""Finds the hosts of a group that a person names: all, or some of them."""

from collections.abc import Sequence

from cdinfra.aws.cloud import Aws
from cdinfra.aws.hosts import Host
from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model import Deployable, StackTemplate


def find_hosts(
    aws: Aws, app: Deployable, stack: StackTemplate, only: Sequence[str] = ()
) -> tuple[Host, ...]:
    """Return the hosts of a group, by launch.

    Args:
        aws: The place of the stack.
        app: The app.
        stack: The group's stack.
        only: Instance ids of the hosts that are meant; none means all.

    Raises:
        InvalidInputError: The group has no hosts, or none of that id.
        CloudError: EC2 cannot be asked.
    """
    found = {
        each.instance_id: each
        for each in aws.hosts.describe_hosts(app.name, app.env)
        if each.stack_name == stack.stack_name
    }
    if not found:
        hint = f"bring it up with `cdinfra up {stack.name}`, or see `cdinfra hosts`"
        raise InvalidInputError(
            Problem(path="GROUP", message=f"{stack.name} has no hosts"), hint=hint
        )
    problems = [
        Problem(
            path="--host",
            message=f"{stack.name} has no host {each}",
            hint=nearest(each, found),
            allowed=tuple(found),
        )
        for each in only
        if each not in found
    ]
    if problems:
        raise InvalidInputError(problems)
    return tuple(each for name, each in found.items() if not only or name in only)
