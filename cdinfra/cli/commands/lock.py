"""``cdinfra lock``: who holds the deploy lock of a group, and taking it away."""

import os

import click

from cdinfra.cli.access import access
from cdinfra.cli.command import Command
from cdinfra.cli.group_access import open_group, state_group_argument
from cdinfra.cli.lazy import LazyGroup
from cdinfra.cli.options import Manner, Request, request_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.lock import broken_lines, lock_lines, lock_object
from cdinfra.cli.render.words import printable
from cdinfra.cli.rollout_author import author_of
from cdinfra.cli.screen import confirm, result
from cdinfra.errors import DeclinedError, InvalidInputError, Problem
from cdinfra.rollout.record import Author
from cdinfra.rollout.state.lock import DeployLock
from cdinfra.rollout.state.lock_record import Holder

lock = LazyGroup(
    name="lock",
    places={
        "show": "cdinfra.cli.commands.lock:lock_show",
        "break": "cdinfra.cli.commands.lock:lock_break",
    },
    help="""Show the deploy lock of a group, and take it from its holder.

    While a rollout works on a group, no other one does. The lock is a lease: where a deployer
    died, it runs out by itself within about a minute.
    """,
    no_args_is_help=True,
)


@click.command(
    "show",
    cls=Command,
    examples=(
        "cdinfra lock show web",
        "cdinfra lock show web --output json | jq .is_held",
    ),
)
@state_group_argument
@request_options
def lock_show(request: Request, *, group: str) -> None:
    """Show who holds the deploy lock of a group, what for, and how much of the lease is left.

    GROUP is the stack's name in infra.py, or the value of its hosts' tag DeployGroup.
    """
    aws, found = open_group(request, group)
    state = DeployLock(aws.storage, found, _me(request), clock=access().clock).read()
    result(document(lock_object(state)) if request.as_json else lock_lines(found.stack, state))


@click.command(
    "break",
    cls=Command,
    examples=(
        "cdinfra lock break web",
        "cdinfra lock break web --reason 'the agent of run 41 hangs' --cloud aws --yes",
    ),
)
@state_group_argument
@click.option("--reason", metavar="TEXT", default="", help="Why; whoever held it is told.")
@click.option("--yes", "-y", "assume_yes", is_flag=True, help="Do it without asking; for CI.")
@click.option("--ask", is_flag=True, help="Ask first, in the local cloud too.")
@request_options
def lock_break(request: Request, *, group: str, reason: str, assume_yes: bool, ask: bool) -> None:
    """Take the deploy lock of a group from its holder.

    For one that hangs; a lock whose holder died runs out by itself. The holder finds out at
    its next renewal, within 20 seconds, and stops. What it has left half done is finished by
    "cdinfra resume", or undone by "cdinfra abort".
    """
    manner = Manner(assume_yes=assume_yes, ask=ask)
    if manner.must_ask(request) and not access().can_ask():
        message = "is needed, because there is no terminal to ask on"
        raise InvalidInputError(Problem(path="--yes", message=message))
    aws, found = open_group(request, group)
    its_lock = DeployLock(aws.storage, found, _me(request), clock=access().clock)
    state = its_lock.read()
    if state.holder is not None:
        question = f"Take the deploy lock of {found.stack} from {state.holder}?"
        if manner.must_ask(request) and not confirm(printable(question)):
            raise DeclinedError("declined; the lock is as it was")
        state = its_lock.break_lock(reason=reason, generation=state.generation)
    if request.as_json:
        result(document({"broken": state.holder is not None, "before": lock_object(state)}))
    else:
        result(broken_lines(state, found.stack, request))


def _me(request: Request) -> Holder:
    author = author_of(Author(who=""), os.environ, request.file.parent)
    return Holder(owner=author.who, run_url=author.run_url)
