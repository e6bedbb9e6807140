"""``cdinfra diff``: what ``up`` would change."""

from pathlib import Path

import click

from cdinfra.cli.access import deploying
from cdinfra.cli.app_choice import AppChoice, app_options
from cdinfra.cli.app_of import was_given
from cdinfra.cli.command import Command
from cdinfra.cli.failures import CHANGES_FOUND
from cdinfra.cli.options import (
    Request,
    all_option,
    request_options,
    stacks_argument,
)
from cdinfra.cli.plan_files import PlanFiles, plan_file_options, refuse_beside_plan
from cdinfra.cli.render.as_json import document, plan_object
from cdinfra.cli.render.place import place_of, where, where_saved
from cdinfra.cli.render.plan import plan_lines, summary
from cdinfra.cli.screen import result, tell
from cdinfra.deploy.first_releases import OPTION
from cdinfra.deploy.plan import Plan
from cdinfra.deploy.plan_file import load_plan, save_plan
from cdinfra.errors import InvalidInputError, Problem


@click.command(
    "diff",
    cls=Command,
    examples=(
        "cdinfra diff",
        "cdinfra diff web --cloud aws --env production",
        "cdinfra diff --exit-code --output json > changes.json",
        "cdinfra diff --cloud aws --save plan.json && cdinfra up --cloud aws --plan plan.json",
        "cdinfra diff --plan plan.json",
    ),
)
@stacks_argument
@all_option
@click.option(
    "--exit-code",
    is_flag=True,
    help=f"End with exit code {CHANGES_FOUND} where something would change.",
)
@plan_file_options
@app_options
@request_options
def diff(
    request: Request,
    stacks: tuple[str, ...],
    *,
    all_resources: bool,
    exit_code: bool,
    files: PlanFiles,
    choice: AppChoice,
) -> None:
    """Show what up would change, property by property, and change nothing.

    Replacements and losses of data are marked. STACK narrows it to some stacks.
    """
    if files.plan is None:
        shown, place = _new_plan(request, stacks, choice, files.save)
    else:
        refuse_beside_plan(
            ("STACK", stacks),
            ("--save", files.save),
            ("--manifest", choice.manifest),
            (OPTION, choice.releases),
        )
        saved = load_plan(files.plan)
        if was_given("env") and request.env != saved.env:
            message = f"the plan is for {saved.env!r}, not for {request.env!r}"
            raise InvalidInputError(Problem(path="--plan", message=message))
        shown, place = saved.plan, where_saved(saved)
    if not shown.is_empty:
        tell([place, ""])
    _show(request, shown, every_resource=all_resources)
    if files.save is not None:
        command = request.next_command("up", "--plan", str(files.save), *choice.words)
        tell(f"The plan is saved in {files.save}; to do just that: {command}")
    if exit_code and not shown.is_empty:
        click.get_current_context().exit(CHANGES_FOUND)


def _new_plan(
    request: Request, stacks: tuple[str, ...], choice: AppChoice, save: Path | None
) -> tuple[Plan, str]:
    app = choice.app(request)
    with deploying(request, app, start=True) as deployer:
        # A plan for a stack that is on the move would not fit any more when it is carried out.
        plan = deployer.preview(deployer.plan_up(only=stacks, wait=save is not None))
        if save is not None:
            save_plan(save, deployer.saved(plan, place_of(request, deployer), stacks))
        return plan, "" if plan.is_empty else where(request, app, deployer)


def _show(request: Request, plan: Plan, *, every_resource: bool) -> None:
    if request.as_json:
        result(document(plan_object(plan)))
    elif plan.is_empty:
        result(summary(plan))
    else:
        result(plan_lines(plan, every_resource=every_resource))
