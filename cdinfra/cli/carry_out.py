"""What ``up`` and ``down`` have in common: plan, show, ask, do, tell how it ended."""

from collections.abc import Callable

from cdinfra.cli.access import access, deploying
from cdinfra.cli.local_cloud import tell_of_hosts
from cdinfra.cli.options import Manner, Request
from cdinfra.cli.render.as_json import line, plain, plan_object
from cdinfra.cli.render.place import where
from cdinfra.cli.render.plan import losses, plan_lines, summary
from cdinfra.cli.render.result import result_lines
from cdinfra.cli.render.words import count
from cdinfra.cli.screen import confirm, result, tell
from cdinfra.cli.view import View
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.plan import Plan
from cdinfra.deploy.result import Result
from cdinfra.errors import DeclinedError, InvalidInputError, Problem
from cdinfra.model import Deployable


def carry_out(
    request: Request,
    app: Deployable,
    manner: Manner,
    make_plan: Callable[[Deployer], Plan],
    *,
    start: bool,
) -> None:
    """Plan, show, ask, execute, and print how it ended.

    Args:
        request: The shared options.
        app: The app.
        manner: How it is done.
        make_plan: Makes the plan.
        start: Start the local cloud where it does not run.

    Raises:
        DeclinedError: A person said no.
        StackFailedError: A stack failed.
    """
    _check_can_ask(request, manner)
    view = View(access().clock.now, as_json=request.as_json)
    with deploying(request, app, view=view, start=start) as deployer:
        place = where(request, app, deployer)
        plan = deployer.preview(make_plan(deployer))
        _show_plan(request, plan, place, manner)
        if plan.is_empty and not request.as_json:
            return
        if not plan.is_empty and manner.must_ask(request):
            _ask(plan, place)
        with view.of(plan):
            outcome = deployer.execute(plan)
    _show_result(request, outcome)
    outcome.raise_for_failure()


def _check_can_ask(request: Request, manner: Manner) -> None:
    if manner.must_ask(request) and not access().can_ask():
        message = "is needed, because there is no terminal to ask on"
        raise InvalidInputError(Problem(path="--yes", message=message))


def _show_plan(request: Request, plan: Plan, place: str, manner: Manner) -> None:
    if request.as_json:
        result(line({"plan": plan_object(plan)}))
    elif plan.is_empty:
        result(summary(plan))
    else:
        tell([place, ""])
        tell(plan_lines(plan, every_resource=manner.all_resources))
        tell()


def _ask(plan: Plan, place: str) -> None:
    lost = len(losses(plan))
    warning = f" The data of {count(lost, 'resource')} is lost." if lost else ""
    if not confirm(f"Do this to {place}?{warning}"):
        raise DeclinedError("declined; nothing was changed")


def _show_result(request: Request, outcome: Result) -> None:
    if request.as_json:
        result(line({"result": plain(outcome)}))
    else:
        tell()
        result(result_lines(outcome))
        tell_of_hosts(request, outcome.hosts)
