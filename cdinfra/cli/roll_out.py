"""What the commands about releases have in common: plan, show, ask, do, tell how it ended."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import TypeAlias

from cdinfra.cli.access import access
from cdinfra.cli.carry_out import check_can_ask
from cdinfra.cli.options import Cloud, Request
from cdinfra.cli.render.as_json import line
from cdinfra.cli.render.rollout_end import end_line, end_object, failed_lines, next_step, why
from cdinfra.cli.render.rollout_plan import (
    rollout_plan_lines,
    rollout_plan_object,
    rollout_summary,
)
from cdinfra.cli.render.rollout_words import short
from cdinfra.cli.rollout_author import author_of
from cdinfra.cli.rollout_interrupts import RolloutInterrupts
from cdinfra.cli.rollout_options import RolloutRequest
from cdinfra.cli.rollout_view import RolloutView
from cdinfra.cli.screen import confirm, result, tell
from cdinfra.errors import DeclinedError, NothingChangedError
from cdinfra.rollout.plan import RolloutPlan
from cdinfra.rollout.result import RolloutResult
from cdinfra.rollout.rollouts import Confirm, Rollouts
from cdinfra.rollout.run import Run

Conduct: TypeAlias = Callable[[Rollouts, Confirm], RolloutResult | None]
"""Does what a command is for, if the plan is agreed to; None where it was only to be shown."""


def planned(plan: Callable[[Rollouts], RolloutPlan]) -> Conduct:
    """Return how a plan is made and then carried out.

    Args:
        plan: Makes it.
    """

    def conduct(rollouts: Rollouts, agrees: Confirm) -> RolloutResult | None:
        made = plan(rollouts)
        return rollouts.carry_out(made) if agrees(made) else None

    return conduct


class Rollout:
    """One command that changes what a deploy group runs.

    Args:
        request: The shared options.
        group: What a person types for the deploy group.
        options: The options of the rollout.
        dry_run: Show the plan, and do nothing.
    """

    def __init__(
        self, request: Request, group: str, options: RolloutRequest, *, dry_run: bool = False
    ) -> None:
        self._request = request
        self._group = group
        self._options = options
        self._dry_run = dry_run
        self._view = RolloutView(group, access().clock.now, as_json=request.as_json)
        self._interrupts = RolloutInterrupts(self._view)

    def conduct(self, conduct: Conduct) -> None:
        """Plan, show, ask, carry out, and print how it ended.

        Args:
            conduct: What is done.

        Raises:
            DeclinedError: A person said no.
            CdinfraError: It did not end well; which, tells the outcome.
        """
        if not self._dry_run:
            check_can_ask(self._request, self._options.manner)
        try:
            with self._opened() as rollouts, ExitStack() as showing:
                ended = conduct(rollouts, lambda plan: self._agrees(plan, showing))
        except NothingChangedError as error:
            raise self._forbidden(error) from error
        except KeyboardInterrupt:
            if self._view.has_started:
                tell(f"Finish it with: {self._next('resume')}; undo it with: {self._next('abort')}")
            raise
        if ended is not None:
            self._show_end(ended)

    def _opened(self) -> AbstractContextManager[Rollouts]:
        run = Run(
            author=author_of(self._options.author, os.environ, self._request.file.parent),
            wait_lock_seconds=self._options.wait_lock,
            clock=self._interrupts.clock,
            on_event=self._view,
            take_decision=self._interrupts.decide,
        )
        opened = access().open_rollouts
        if opened is None:
            # Here and not above: tests that bring rollouts of their own need no cloud.
            from cdinfra.cli.rollout_access import rolling_out  # noqa: PLC0415

            opened = rolling_out
        return opened(self._request, self._group, self._options.reach, run)

    def _agrees(self, plan: RolloutPlan, showing: ExitStack) -> bool:
        """Show a plan and ask; from then on its events are shown, and Ctrl-C is heard."""
        self._show_plan(plan)
        if self._dry_run:
            return False
        if _changes(plan) and self._options.manner.must_ask(self._request):
            self._ask(plan)
        showing.enter_context(self._view.of(plan))
        showing.enter_context(self._interrupts.heard())
        return True

    def _show_plan(self, plan: RolloutPlan) -> None:
        if self._request.as_json:
            result(line({"plan": rollout_plan_object(plan)}))
            return
        lines = [_place(self._request, plan), "", *rollout_plan_lines(plan)]
        if self._dry_run:
            result(lines)
        elif _changes(plan):
            tell([*lines, ""])
        else:
            tell(rollout_summary(plan))

    def _ask(self, plan: RolloutPlan) -> None:
        place = _place(self._request, plan)
        if not confirm(f"Let {plan.group.stack} run {short(plan.image.release)}, {place}?"):
            raise DeclinedError("declined; nothing was changed")

    def _show_end(self, ended: RolloutResult) -> None:
        ended = replace(ended, next=self._request.led(next_step(ended)))
        if self._request.as_json:
            result(line({"result": end_object(ended)}))
        else:
            tell()
            result(end_line(ended))
        if not ended.is_success:
            lines = (f"{ended.group}: {why(ended)}", *failed_lines(ended))
            raise ended.error("\n".join(lines), hint=ended.next)

    def _forbidden(self, error: NothingChangedError) -> NothingChangedError:
        """Return what forbids a rollout, which no plan and no result tells of."""
        if not self._request.as_json:
            result(f"nothing changed: no host of {self._group} was touched")
        hint = error.hint or "mend that, and try again"
        return NothingChangedError(f"{self._group}: nothing changed\n{error.message}", hint=hint)

    def _next(self, verb: str) -> str:
        return self._request.next_command(verb, self._group)


def _changes(plan: RolloutPlan) -> bool:
    return bool(plan.hosts) or plan.from_release != plan.image.release


def _place(request: Request, plan: RolloutPlan) -> str:
    where = "an AWS account" if request.cloud is Cloud.AWS else "the local cloud"
    return f"{plan.group.app} {plan.group.env} in {where}"
