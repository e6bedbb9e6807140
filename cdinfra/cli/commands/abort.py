"""``cdinfra abort``: undoes a rollout that was left or cut off."""

import click

from cdinfra.cli.command import Command
from cdinfra.cli.group_access import state_group_argument
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.roll_out import Rollout
from cdinfra.cli.rollout_options import RolloutRequest, rollout_options


@click.command(
    "abort",
    cls=Command,
    examples=("cdinfra abort web", "cdinfra abort web --wait-lock 90"),
)
@state_group_argument
@rollout_options
@request_options
def abort(request: Request, group: str, options: RolloutRequest) -> None:
    """Undo the newest rollout of a deploy group that has not ended: all hosts get the old release.

    For one that was left with Ctrl-C, whose process was killed, or whose way back failed. Asks
    the hosts what they run, takes the lock, and brings those back that have changed. Where its
    lock is held still, wait with --wait-lock until it has run out.
    """
    rollout = Rollout(request, group, options)
    rollout.conduct(lambda rollouts, agrees: rollouts.abort(agrees))
