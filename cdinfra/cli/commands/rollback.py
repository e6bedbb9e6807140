"""``cdinfra rollback``: brings a deploy group back to an earlier release."""

import click

from cdinfra.cli.command import Command
from cdinfra.cli.completion import complete_group
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.roll_out import Rollout, planned
from cdinfra.cli.rollout_options import (
    RolloutRequest,
    dry_run_option,
    rollout_options,
    strategy_options,
)
from cdinfra.deploy.load import load_app
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.rollout.strategy import Strategy


@click.command(
    "rollback",
    cls=Command,
    examples=(
        "cdinfra rollback",
        "cdinfra rollback web",
        "cdinfra rollback web 12",
        "cdinfra rollback web --cloud aws --env production --yes",
    ),
)
@click.argument("group", required=False, shell_complete=complete_group)
@click.argument("number", required=False, metavar="[N]")
@strategy_options
@dry_run_option
@rollout_options
@request_options
def rollback(
    request: Request,
    group: str | None,
    number: str | None,
    strategy: Strategy,
    options: RolloutRequest,
    *,
    dry_run: bool,
) -> None:
    """Bring a deploy group back to the last good release before the current, or to an earlier one.

    GROUP may be left out where the app has one alone. N is the number of an entry that
    `cdinfra history` lists. The image has to be in its registry still, which is checked first;
    it goes to the hosts as any other release does.
    """
    if group is not None and number is None and group.isdecimal():
        group, number = None, group
    name = _sole_group(request) if group is None else group
    rollout = Rollout(request, name, options, dry_run=dry_run)
    entry = None if number is None else _entry(number)
    rollout.conduct(planned(lambda rollouts: rollouts.plan_rollback(entry, strategy)))


def _sole_group(request: Request) -> str:
    from cdinfra.cli.rollout_access import sole_group  # noqa: PLC0415 - only where none is named

    return sole_group(load_app(request.file, request.env))


def _entry(number: str) -> int:
    if number.isascii() and number.isdecimal() and int(number):
        return int(number)
    hint = "the number of an entry that `cdinfra history` lists"
    raise InvalidInputError(Problem(path="N", message=f"{number!r} is no number", hint=hint))
