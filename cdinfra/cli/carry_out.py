"""What ``up`` and ``down`` have in common: plan, show, ask, do, tell how it ended."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cdinfra.cli.access import access, deploying
from cdinfra.cli.interrupts import Interrupts
from cdinfra.cli.local_cloud import tell_of_hosts
from cdinfra.cli.options import DEFAULT_ENV, DEFAULT_FILE, Cloud, Manner, Request
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
from cdinfra.errors import CloudError, DeclinedError, InvalidInputError, Problem
from cdinfra.model import Deployable


def carry_out(
    request: Request,
    app: Deployable,
    manner: Manner,
    make_plan: Callable[[Deployer], Plan],
    *,
    start: bool,
    quiet: bool = False,
) -> None:
    """Plan, show, ask, execute, and print how it ended.

    Args:
        request: The shared options.
        app: The app.
        manner: How it is done.
        make_plan: Makes the plan.
        start: Start the local cloud where it does not run.
        quiet: Say nothing where there is nothing to do.

    Raises:
        DeclinedError: A person said no.
        StackFailedError: A stack failed.
    """
    _check_can_ask(request, manner)
    view = View(access().clock.now, as_json=request.as_json)
    with _minding(request, app, view, start=start) as (deployer, interrupts):
        place = where(request, app, deployer)
        plan = deployer.preview(make_plan(deployer))
        if quiet and plan.is_empty:
            return
        _show_plan(request, plan, place, manner)
        if plan.is_empty and not request.as_json:
            return
        if not plan.is_empty and manner.must_ask(request):
            _ask(plan, place)
        with view.of(plan), interrupts.heard():
            outcome = deployer.execute(plan)
    _show_result(request, outcome)
    outcome.raise_for_failure()


def follow(request: Request, app: Deployable, stacks: tuple[str, ...]) -> None:
    """Follow what is under way to its end, and print how it ended.

    Args:
        request: The shared options.
        app: The app.
        stacks: Names of the stacks; none means all.

    Raises:
        StackFailedError: A stack failed.
    """
    view = View(access().clock.now, as_json=request.as_json)
    with _minding(request, app, view, start=False) as (deployer, interrupts):
        plan = deployer.plan_attach(stacks)
        if not plan.actions and not request.as_json:
            result("Nothing is under way.")
            return
        with view.of(plan), interrupts.heard():
            outcome = deployer.execute(plan)
    _show_result(request, outcome)
    outcome.raise_for_failure()


@contextmanager
def _minding(
    request: Request, app: Deployable, view: View, *, start: bool
) -> Iterator[tuple[Deployer, Interrupts]]:
    """Yield a deployer, and what hears Ctrl-C; say how to come back to what is left running."""
    interrupts = Interrupts(view)
    with deploying(
        request,
        app,
        view=view,
        start=start,
        clock=interrupts.clock,
        take_decision=interrupts.decide,
    ) as deployer:
        try:
            yield deployer, interrupts
        except (KeyboardInterrupt, CloudError):
            if deployer.under_way:
                tell(f"Come back to it with: {_attach_line(request)}")
            raise


def _attach_line(request: Request) -> str:
    """Return the command that attaches to what runs where the request acts."""
    options = {
        "--file": "" if request.file == DEFAULT_FILE else str(request.file),
        "--env": "" if request.env == DEFAULT_ENV else request.env,
        "--cloud": "" if request.cloud is Cloud.LOCAL else request.cloud,
        "--region": request.region or "",
        "--profile": request.profile or "",
    }
    given = [word for name, value in options.items() if value for word in (name, value)]
    return shlex.join(["cdinfra", "attach", *given])


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
