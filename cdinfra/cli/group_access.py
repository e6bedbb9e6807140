"""How a command gets at a deploy group, and at the place that keeps its state."""

from dataclasses import dataclass

import click

from cdinfra.aws.cloud import Aws
from cdinfra.cli.access import connected
from cdinfra.cli.completion import complete_group
from cdinfra.cli.options import Request
from cdinfra.deploy.load import load_app
from cdinfra.deploy.locations import refuse_other_account
from cdinfra.model import Deployable
from cdinfra.rollout.find_group import find_group
from cdinfra.rollout.group import DeployGroup

state_group_argument = click.argument("group", metavar="GROUP", shell_complete=complete_group)
"""Name of a deploy group: its stack's in infra.py, or the value of its hosts' tag."""


def connected_as_meant(request: Request, app: Deployable) -> Aws:
    """Return the cloud that a request names, if its account is that of the environment.

    Every command about a deploy group comes to its cloud this way.

    Args:
        request: The shared options.
        app: The app.

    Raises:
        InvalidInputError: The account is another one.
        LocalCloudError: The local cloud is not running.
        CloudError: The cloud cannot be asked.
    """
    aws = connected(request, app, start=False)
    refuse_other_account(app, aws.accounts.describe_account)
    return aws


def open_group(request: Request, name: str) -> tuple[Aws, DeployGroup]:
    """Return a deploy group, and the services of the place that its stack is in.

    Args:
        request: The shared options.
        name: Name of its stack, or the value of its hosts' tag ``DeployGroup``.

    Raises:
        InvalidInputError: There is no such group, it is not deployed, or the account is not
            that of the environment.
        LocalCloudError: The local cloud is not running.
        CloudError: The cloud cannot be asked.
    """
    opened = open_app_group(request, name)
    return opened.aws.at(opened.group.place), opened.group


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedGroup:
    """A deploy group with its app.

    Attributes:
        aws: The services of the app's own place.
        app: The app.
        group: The deploy group.
    """

    aws: Aws
    app: Deployable
    group: DeployGroup


def open_app_group(request: Request, name: str) -> OpenedGroup:
    """Return a deploy group with its app; raises as :func:`open_group` does.

    Args:
        request: The shared options.
        name: Name of its stack, or the value of its hosts' tag ``DeployGroup``.
    """
    app = load_app(request.file, request.env)
    aws = connected_as_meant(request, app)
    return OpenedGroup(aws=aws, app=app, group=find_group(aws, app, name))
