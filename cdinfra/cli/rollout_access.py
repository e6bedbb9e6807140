"""How a command gets at the rollouts of a deploy group in the cloud that its options name."""

from collections.abc import Iterator
from contextlib import contextmanager

from cdinfra.cli.group_access import open_group
from cdinfra.cli.options import Request
from cdinfra.cli.transport_options import Reach
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import Deployable
from cdinfra.rollout.find_group import group_templates
from cdinfra.rollout.opening import open_rollouts
from cdinfra.rollout.rollouts import Rollouts
from cdinfra.rollout.run import Run


@contextmanager
def rolling_out(request: Request, name: str, reach: Reach, run: Run) -> Iterator[Rollouts]:
    """Yield the rollouts of a deploy group.

    Args:
        request: The shared options.
        name: What a person types for the group.
        reach: How hosts are reached.
        run: Who runs it, and whom it tells and asks.

    Raises:
        InvalidInputError: The app is broken, or has no such group.
        LocalCloudError: The local cloud is not running.
        CloudError: The cloud cannot be asked.
    """
    aws, group = open_group(request, name)
    with reach.opened(request, aws) as transport:
        yield open_rollouts(aws, group, transport, run)


def sole_group(app: Deployable) -> str:
    """Return the name of the one deploy group that an app has.

    Raises:
        InvalidInputError: It has none, or several.
    """
    groups = [each.name for each in group_templates(app)]
    if len(groups) == 1:
        return groups[0]
    hint = f"one of {', '.join(map(repr, groups))}" if groups else "the app has none"
    raise InvalidInputError(Problem(path="GROUP", message="is needed", hint=hint))
