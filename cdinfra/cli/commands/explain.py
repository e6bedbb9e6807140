"""``cdinfra explain``: why stacks failed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import click

from cdinfra.cli.access import deploying
from cdinfra.cli.command import Command
from cdinfra.cli.options import Request, request_options, stacks_argument
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.explanation import explanation_lines, history_lines
from cdinfra.cli.screen import result
from cdinfra.deploy.explanation import Explanation
from cdinfra.deploy.load import load_app
from cdinfra.deploy.past_operations import History
from cdinfra.errors import InvalidInputError, Problem

NOTHING = "Nothing failed."


@click.command(
    "explain",
    cls=Command,
    examples=(
        "cdinfra explain",
        "cdinfra explain web --cloud aws --env production",
        "cdinfra explain web --list",
        "cdinfra explain web --operation 3",
        "cdinfra explain web --output json | jq -r '.explanations[].failure.reason'",
    ),
)
@stacks_argument
@click.option(
    "--operation",
    metavar="N|TOKEN",
    default="",
    help="Explain this operation: 1 is the last one, 2 the one before; or its token.",
)
@click.option(
    "--list",
    "-l",
    "as_list",
    is_flag=True,
    help="List the operations that CloudFormation remembers, instead.",
)
@click.option(
    "--stack-id",
    metavar="ARN",
    default="",
    help="Explain the stack with this ARN, which may be deleted.",
)
@request_options
def explain(
    request: Request,
    stacks: tuple[str, ...],
    *,
    operation: str,
    as_list: bool,
    stack_id: str,
) -> None:
    """Show why stacks failed, and what to do next.

    For each stack whose last operation failed: the first resource that failed, inside of
    nested stacks too, with the line that makes it and its full reason; what was cancelled in
    consequence; what the stack did then; and for known causes a hint and what to look at.

    A stack that is named and not there is looked for among those that were deleted in the
    last 90 days.

    This only reads, now or days later: it ends with 0 whether or not a stack failed.
    """
    _check(stacks, operation=operation, as_list=as_list, stack_id=stack_id)
    app = load_app(request.file, request.env)
    with deploying(request, app) as deployer:
        if as_list:
            _show_list(request, deployer.operations(only=stacks, stack_id=stack_id))
        else:
            found = tuple(
                replace(each, next_command=request.led(each.next_command))
                for each in deployer.explain(only=stacks, operation=operation, stack_id=stack_id)
            )
            _show(request, found, "That operation did not fail." if operation else NOTHING)


def _check(stacks: Sequence[str], *, operation: str, as_list: bool, stack_id: str) -> None:
    problems = []
    if operation and as_list:
        hint = "the list has them all; leave one of the two out"
        problems.append(Problem(path="--operation", message="does not go with --list", hint=hint))
    if stack_id and stacks:
        message, hint = "does not go with names of stacks", "the ARN names the stack already"
        problems.append(Problem(path="--stack-id", message=message, hint=hint))
    if problems:
        raise InvalidInputError(problems)


def _show(request: Request, explanations: Sequence[Explanation], nothing: str) -> None:
    if request.as_json:
        result(document({"explanations": explanations}))
    else:
        result(_lines(explanations) if explanations else nothing)


def _show_list(request: Request, histories: Sequence[History]) -> None:
    if request.as_json:
        result(document({"stacks": histories}))
    else:
        result(history_lines(histories) or "No operations.")


def _lines(explanations: Sequence[Explanation]) -> Iterator[str]:
    for number, explanation in enumerate(explanations):
        yield from [""] if number else []
        yield from explanation_lines(explanation)
