"""``cdinfra deploy``: rolls an image out to the hosts of a deploy group."""

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
    "deploy",
    cls=Command,
    examples=(
        "cdinfra deploy web :1.4.2",
        "cdinfra deploy web 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1.4.2",
        "cdinfra deploy web :1.4.2 --canary 1 --bake 60 --batch 25% --max-failures 1",
        "cdinfra deploy web :1.4.2 --cloud aws --env production --wait-lock 600 --yes",
        "cdinfra deploy web :1.4.2 --dry-run",
        "cdinfra deploy web :1.4.2 --output json | jq -r 'select(.result).result.outcome'",
    ),
)
@state_group_argument
@click.argument("image")
@strategy_options
@dry_run_option
@rollout_options
@request_options
def deploy(
    request: Request,
    group: str,
    image: str,
    strategy: Strategy,
    options: RolloutRequest,
    *,
    dry_run: bool,
) -> None:
    """Let the hosts of a deploy group run an image: canary first, then batch after batch.

    GROUP is the name of a stack of hosts, or the value of the tag DeployGroup. IMAGE is
    repository:tag, repository@sha256:…, or :tag for the repository that the group runs already.

    Looks first and touches nothing: the image is there and fits, every host answers. Shows the
    plan, takes the group's lock, lets every host pull, and swaps them. Where more hosts fail
    than may, all that have changed go back. With --cloud aws it asks before it begins.
    """
    rollout = Rollout(request, group, options, dry_run=dry_run)
    rollout.conduct(planned(lambda rollouts: rollouts.plan_deploy(image, strategy)))
