"""How a command gets at the cloud that its options name."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import click

from cdinfra.aws.cloud import Aws, connect
from cdinfra.aws.connection import Connection
from cdinfra.cli import local_cloud
from cdinfra.cli.options import Cloud, Request
from cdinfra.cli.screen import can_ask
from cdinfra.cli.view import View
from cdinfra.deploy.clock import SYSTEM_CLOCK, Clock
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.interrupts import TakeDecision, never_interrupted
from cdinfra.deploy.processes import Machine
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import Deployable

if TYPE_CHECKING:
    from cdinfra.cli.transport_options import Reach
    from cdinfra.rollout.rollouts import Rollouts
    from cdinfra.rollout.run import Run


def _open(request: Request, app: Deployable | None, *, start: bool) -> Aws:
    region = request.region or (app.region if app else None)
    if request.cloud is Cloud.AWS:
        return connect(Connection(region=region, profile=request.profile))
    cloud = local_cloud.started(request) if start else local_cloud.running(request)
    return connect(cloud.connection(region, account=app.account if app else None))


OpenRollouts: TypeAlias = "Callable[[Request, str, Reach, Run], AbstractContextManager[Rollouts]]"
"""Yields the rollouts of a deploy group, given its name, how hosts are reached, and who runs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The world around the commands; tests pass another one as click's ``obj``.

    Attributes:
        open: Returns the cloud that a request names. With ``start``, a local cloud that
            does not run is started.
        clock: Time.
        can_ask: Whether a person can be asked.
        open_rollouts: Yields the rollouts of a deploy group; None takes those of the cloud.
    """

    open: Callable[..., Aws] = _open
    clock: Clock = SYSTEM_CLOCK
    can_ask: Callable[[], bool] = can_ask
    open_rollouts: "OpenRollouts | None" = None


def access() -> Access:
    """Return the world around the command that runs."""
    given = click.get_current_context().find_object(Access)
    return given or Access()


def connected(request: Request, app: Deployable | None, *, start: bool) -> Aws:
    """Return the cloud that a request names.

    Args:
        request: The shared options.
        app: The app, which may name a region; None where it is not known yet.
        start: Start the local cloud where it does not run.

    Raises:
        InvalidInputError: The options contradict each other.
        LocalCloudError: The local cloud is not running, or cannot be started.
    """
    if request.profile is not None and request.cloud is not Cloud.AWS:
        hint = "add --cloud aws, or leave --profile out"
        raise InvalidInputError(
            Problem(path="--profile", message="the local cloud has no profiles", hint=hint)
        )
    return access().open(request, app, start=start)


@contextmanager
def deploying(
    request: Request,
    app: Deployable,
    *,
    view: View | None = None,
    start: bool = False,
    clock: Clock | None = None,
    take_decision: TakeDecision = never_interrupted,
) -> Iterator[Deployer]:
    """Yield the deployer of an app, connected to the cloud that the request names.

    Args:
        request: The shared options.
        app: The app.
        view: Shows events; by default they go to stderr, whatever the output.
        start: Start the local cloud where it does not run.
        clock: What time it is, and how to wait; by default the world's.
        take_decision: Asked between two polls what a person wants who pressed Ctrl-C.

    Raises:
        InvalidInputError: The options contradict each other.
        LocalCloudError: The local cloud is not running, or cannot be started.
    """
    world = access()
    aws = connected(request, app, start=start)
    on_event = view or View(world.clock.now)
    machine = Machine(folder=request.file.parent, environ=os.environ)
    with Deployer(
        aws,
        app,
        on_event=on_event,
        clock=clock or world.clock,
        take_decision=take_decision,
        machine=machine,
    ) as deployer:
        yield deployer
