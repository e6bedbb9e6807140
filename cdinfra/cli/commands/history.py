"""``cdinfra history``: what was rolled out to a deploy group, newest first."""

from itertools import islice

import click

from cdinfra.cli.command import Command
from cdinfra.cli.group_access import open_group, state_group_argument
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.history import history_lines
from cdinfra.cli.screen import result
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.state.history import History

LIMIT = 20


@click.command(
    "history",
    cls=Command,
    examples=(
        "cdinfra history web",
        "cdinfra history web --limit 5",
        "cdinfra history web --verify",
        "cdinfra history web --output json | jq -r '.entries[0].account.image'",
    ),
)
@state_group_argument
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, 10_000),
    default=LIMIT,
    show_default=True,
    help="Most entries to show.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Check first that each entry, of all there are, names the one before it by its hash.",
)
@request_options
def history(request: Request, *, group: str, limit: int, verify: bool) -> None:
    """Show what was rolled out to a deploy group, newest first.

    Each rollout that held the deploy lock has an entry, those that failed too: when, what for,
    from which release to which, how it ended, on how many hosts, who did it. GROUP is the
    stack's name in infra.py, or the value of its hosts' tag DeployGroup.
    """
    aws, found = open_group(request, group)
    entries = History(aws.storage, found)
    if verify:
        _verify(entries, found)
    shown = tuple(islice(entries.entries(), limit))
    if request.as_json:
        result(document({"group": found.name, "entries": shown}))
    else:
        result(history_lines(shown) or f"Nothing was rolled out to {found.stack} yet.")


def _verify(entries: History, group: DeployGroup) -> None:
    broken = entries.verify()
    if broken is not None:
        path = f"the history of {group.stack}, entry {broken.number}"
        hint = "the bucket keeps earlier versions of its objects"
        raise InvalidInputError(Problem(path=path, message=broken.reason, hint=hint))
