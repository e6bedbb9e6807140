"""Saved plans on the command line: made anew, and done only if that gives the same."""

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from cdinfra.cli.carry_out import Planning
from cdinfra.cli.options import Callback, Request
from cdinfra.cli.render.place import place_of
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.moved_plan import refuse_elsewhere, refuse_moved
from cdinfra.deploy.plan import Plan
from cdinfra.deploy.plan_file import load_plan
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import Deployable

PLAN_FILE = click.Path(path_type=Path, dir_okay=False)
"""A file that holds a saved plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFiles:
    """Which plan ``diff`` shows, and where it is kept.

    Attributes:
        save: File to save it in; None for none.
        plan: File of a saved one; None for a new one.
    """

    save: Path | None
    plan: Path | None


def plan_file_options(callback: Callback) -> Callback:
    """Give ``diff`` the options about files, as ``files``."""

    @wraps(callback)
    def with_files(*args: Any, **values: Any) -> None:  # noqa: ANN401 - click's signature
        files = PlanFiles(save=values.pop("save"), plan=values.pop("plan"))
        callback(*args, files=files, **values)

    decorated: Callback = with_files
    plan = click.option(
        "--plan",
        type=PLAN_FILE,
        metavar="FILE",
        help="Show the plan that was saved in a file; needs neither infra.py nor a cloud.",
    )
    save = click.option(
        "--save",
        type=PLAN_FILE,
        metavar="FILE",
        help="Save the plan, for `cdinfra up --plan FILE`; waits for operations under way first.",
    )
    return save(plan(decorated))


def reviewed_planning(
    request: Request, app: Deployable, path: Path, *, refuses_busy: bool
) -> Planning:
    """Return how the plan of a file is made anew.

    Args:
        request: The shared options.
        app: The app.
        path: The file.
        refuses_busy: Refuse where an operation is under way.

    Raises:
        InvalidInputError: There is no such file, or it is no plan.
        MovedPlanError: It was edited, or is of another version of cdinfra; what is returned
            raises this where anything in the plan would be different now.
    """
    saved = load_plan(path)

    def make(deployer: Deployer) -> Plan:
        place = place_of(request, deployer)
        refuse_elsewhere(saved, app=app.name, env=app.env, place=place)
        return deployer.plan_up(saved.only, refuses_busy=refuses_busy)

    def review(deployer: Deployer, plan: Plan) -> None:
        refuse_moved(saved, deployer.saved(plan, saved.place, saved.only))

    return Planning(make=make, review=review)


def refuse_beside_plan(*options: tuple[str, object]) -> None:
    """Refuse what says nothing beside ``--plan``.

    Args:
        options: What people call each, and its value.

    Raises:
        InvalidInputError: One has a value.
    """
    problems = [
        Problem(path=name, message="says nothing beside --plan", hint="leave one out")
        for name, value in options
        if value
    ]
    if problems:
        raise InvalidInputError(problems)
