"""``cdinfra resume``: finishes a rollout that was left or cut off."""

import click

from cdinfra.cli.command import Command
from cdinfra.cli.group_access import state_group_argument
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.roll_out import Rollout
from cdinfra.cli.rollout_options import RolloutRequest, rollout_options


@click.command(
    "resume",
    cls=Command,
    examples=("cdinfra resume web", "cdinfra resume web --wait-lock 90"),
)
@state_group_argument
@rollout_options
@request_options
def resume(request: Request, group: str, options: RolloutRequest) -> None:
    """Finish the newest rollout of a deploy group that has not ended: all hosts get its release.

    For one that was left with Ctrl-C, whose process was killed, or that could not write tags or
    history. Asks the hosts what they run, takes the lock, and does what remains, with the
    strategy that the rollout began with. Where its lock is held still, wait with --wait-lock
    until it has run out.
    """
    rollout = Rollout(request, group, options)
    rollout.conduct(lambda rollouts, agrees: rollouts.resume(agrees))
