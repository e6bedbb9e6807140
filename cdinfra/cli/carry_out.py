"""What ``up`` and ``down`` have in common: plan, show, ask, do, tell how it ended."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cdinfra.cli.access import access, deploying
from cdinfra.cli.interrupts import Interrupts
from cdinfra.cli.local_cloud import tell_of_hosts
from cdinfra.cli.options import Manner, Request
from cdinfra.cli.render.as_json import line, plan_object
from cdinfra.cli.render.place import where
from cdinfra.cli.render.plan import plan_lines, summary
from cdinfra.cli.render.result import result_lines
from cdinfra.cli.render.words import count
from cdinfra.cli.screen import confirm, result, tell
from cdinfra.cli.view import View
from cdinfra.deploy.approval import Approval
from cdinfra.deploy.data_guard import data_losses
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.plain import plain
from cdinfra.deploy.plan import Plan
from cdinfra.deploy.result import Result
from cdinfra.errors import CloudError, DeclinedError, InvalidInputError, Problem
from cdinfra.model import Deployable


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """How a command comes to its plan.

    Attributes:
        make: Makes it.
        review: Refuses it where it is not the one that was saved and reviewed; None where
            none was. A reviewed plan is done exactly or not at all.
        quiet: Say nothing where there is nothing to do.
    """

    make: Callable[[Deployer], Plan]
    review: Callable[[Deployer, Plan], None] | None = None
    quiet: bool = False

    def plan(self, deployer: Deployer) -> Plan:
        """Return the plan, with what happens to each resource."""
        plan = deployer.preview(self.make(deployer))
        if self.review is not None:
            self.review(deployer, plan)
        return plan


def carry_out(
    request: Request,
    app: Deployable,
    manner: Manner,
    planning: Planning,
    *,
    start: bool,
) -> None:
    """Plan, show, ask, execute, and print how it ended.

    Args:
        request: The shared options.
        app: The app.
        manner: How it is done.
        planning: How the plan comes about.
        start: Start the local cloud where it does not run.

    Raises:
        DeclinedError: A person said no.
        DataLossError: Data would be lost that is not named.
        StackFailedError: A stack failed.
    """
    check_can_ask(request, manner)
    approval = _approval(request, manner, planning)
    view = View(access().clock.now, as_json=request.as_json)
    with _minding(request, app, view, start=start) as (deployer, interrupts):
        place = where(request, app, deployer)
        plan = planning.plan(deployer)
        if planning.quiet and plan.is_empty:
            return
        _show_plan(request, plan, place, manner)
        approval.check_plan(plan)
        if plan.is_empty and not request.as_json:
            return
        if not plan.is_empty and manner.must_ask(request):
            _ask(plan, place)
        with view.of(plan), interrupts.heard():
            outcome = deployer.execute(plan, approval)
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


def check_can_ask(request: Request, manner: Manner) -> None:
    """Refuse where a person has to agree, and there is none.

    Args:
        request: The shared options.
        manner: How it is done.

    Raises:
        InvalidInputError: There is no terminal to ask on.
    """
    if manner.must_ask(request) and not access().can_ask():
        message = "is needed, because there is no terminal to ask on"
        raise InvalidInputError(Problem(path="--yes", message=message))


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
    return request.next_command("attach")


def _approval(request: Request, manner: Manner, planning: Planning) -> Approval:
    return Approval(
        exactly=planning.review is not None,
        guards_data=manner.guards(request),
        data_loss=manner.allow_data_loss,
    )


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
    lost = len(data_losses(plan))
    warning = f" The data of {count(lost, 'resource')} is lost." if lost else ""
    if not confirm(f"Do this to {place}?{warning}"):
        raise DeclinedError("declined; nothing was changed")


def _show_result(request: Request, outcome: Result) -> None:
    if request.as_json:
        result(line({"result": plain(outcome)}))
    else:
        tell()
        result(result_lines(outcome))
        tell_of_hosts(request, outcome.hosts, failed=bool(outcome.failed))
