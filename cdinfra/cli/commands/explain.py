"""``cdinfra explain``: why stacks failed."""

from collections.abc import Iterator, Sequence

import click

from cdinfra.cli.access import deploying
from cdinfra.cli.command import Command
from cdinfra.cli.options import Request, request_options, stacks_argument
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.explanation import explanation_lines
from cdinfra.cli.screen import result
from cdinfra.deploy.explanation import Explanation
from cdinfra.deploy.load import load_app


@click.command(
    "explain",
    cls=Command,
    examples=(
        "cdinfra explain",
        "cdinfra explain web --cloud aws --env production",
        "cdinfra explain web --output json | jq -r '.explanations[].failure.reason'",
    ),
)
@stacks_argument
@request_options
def explain(request: Request, stacks: tuple[str, ...]) -> None:
    """Show why stacks failed, and what to do next.

    For each stack whose last operation failed: the first resource that failed, with its
    full reason; what was cancelled in consequence; what the stack did then; and for known
    causes a hint and what to look at.

    This only reads, now or days later: it ends with 0 whether or not a stack failed.
    """
    app = load_app(request.file, request.env)
    with deploying(request, app) as deployer:
        explanations = deployer.explain(only=stacks)
    if request.as_json:
        result(document({"explanations": explanations}))
    else:
        result(_lines(explanations) if explanations else "Nothing failed.")


def _lines(explanations: Sequence[Explanation]) -> Iterator[str]:
    for number, explanation in enumerate(explanations):
        yield from [""] if number else []
        yield from explanation_lines(explanation)
