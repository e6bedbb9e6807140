"""``cdinfra diff``: what ``up`` would change."""

import click

from cdinfra.cli.access import deploying
from cdinfra.cli.app_of import app_of
from cdinfra.cli.command import Command
from cdinfra.cli.failures import CHANGES_FOUND
from cdinfra.cli.options import (
    Request,
    all_option,
    manifest_option,
    request_options,
    stacks_argument,
)
from cdinfra.cli.render.as_json import document, plan_object
from cdinfra.cli.render.place import where
from cdinfra.cli.render.plan import plan_lines, summary
from cdinfra.cli.screen import result, tell


@click.command(
    "diff",
    cls=Command,
    examples=(
        "cdinfra diff",
        "cdinfra diff web --cloud aws --env production",
        "cdinfra diff --exit-code --output json > plan.json",
    ),
)
@stacks_argument
@all_option
@click.option(
    "--exit-code",
    is_flag=True,
    help=f"End with exit code {CHANGES_FOUND} where something would change.",
)
@manifest_option
@request_options
def diff(
    request: Request,
    stacks: tuple[str, ...],
    *,
    all_resources: bool,
    exit_code: bool,
    manifest: str | None,
) -> None:
    """Show what up would change, property by property, and change nothing.

    Replacements and losses of data are marked. STACK narrows it to some stacks.
    """
    app = app_of(request, manifest)
    with deploying(request, app, start=True) as deployer:
        plan = deployer.preview(deployer.plan_up(only=stacks, wait=False))
        if not plan.is_empty:
            tell([where(request, app, deployer), ""])
    if request.as_json:
        result(document(plan_object(plan)))
    elif plan.is_empty:
        result(summary(plan))
    else:
        result(plan_lines(plan, every_resource=all_resources))
    if exit_code and not plan.is_empty:
        click.get_current_context().exit(CHANGES_FOUND)
