"""``cdinfra redeploy``: starts the release of a deploy group anew on every host."""

import click

from cdinfra.cli.command import Command
from cdinfra.cli.group_access import state_group_argument
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.roll_out import Rollout, planned
from cdinfra.cli.rollout_options import (
    RolloutRequest,
    dry_run_option,
    rollout_options,
    strategy_options,
)
from cdinfra.rollout.strategy import Strategy


@click.command(
    "redeploy",
    cls=Command,
    examples=("cdinfra redeploy web", "cdinfra redeploy web --batch 1 --drain"),
)
@state_group_argument
@strategy_options
@dry_run_option
@rollout_options
@request_options
def redeploy(
    request: Request,
    group: str,
    strategy: Strategy,
    options: RolloutRequest,
    *,
    dry_run: bool,
) -> None:
    """Start the release that a deploy group runs anew, on every host.

    As deploy with the same image, but no host is left out: for secrets that were changed, which
    a container reads when it starts.
    """
    rollout = Rollout(request, group, options, dry_run=dry_run)
    rollout.conduct(planned(lambda rollouts: rollouts.plan_redeploy(strategy)))
