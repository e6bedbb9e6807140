"""How a command gets at the rollouts of a deploy group in the cloud that its options name."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from cdinfra.cli.group_access import open_app_group
from cdinfra.cli.options import Request
from cdinfra.cli.transport_options import Reach
from cdinfra.deploy.processes import Machine
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import Deployable
from cdinfra.rollout.find_group import group_templates
from cdinfra.rollout.notifications.notifier import Notifier
from cdinfra.rollout.notifications.receivers import receivers_of
from cdinfra.rollout.opening import open_rollouts
from cdinfra.rollout.program_hooks import ProgramHooks
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
    opened = open_app_group(request, name)
    group, aws = opened.group, opened.aws.at(opened.group.place)
    machine = Machine(folder=request.file.parent, environ=os.environ)
    hooks = ProgramHooks(opened.aws, opened.app, group, machine, run.clock)
    receivers = receivers_of(opened.aws, opened.app, group, os.environ)
    notifier = Notifier(receivers, run.author, run.clock, run.on_event)
    run = replace(run, hooks=hooks, on_event=notifier.on_event)
    with closing(notifier), reach.opened(request, aws) as transport:
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
