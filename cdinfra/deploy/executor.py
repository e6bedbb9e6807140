"""Carries a plan out: in the order of dependencies, what is independent at the same time."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.failures import is_outdated
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.change_sets import ChangeSets
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.left_behind import notices
from cdinfra.deploy.nested_causes import describe_innermost_cause
from cdinfra.deploy.observe import Observed
from cdinfra.deploy.operations import Ended, Operations, Target
from cdinfra.deploy.outcomes import outcome_of, with_end
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.deploy.poller import Step, Task
from cdinfra.deploy.result import StackResult
from cdinfra.errors import (
    CdinfraError,
    CloudError,
    InvalidInputError,
    LocalCloudError,
    NoCredentialsError,
)
from cdinfra.events import Notice, OnEvent, Outcome, StackFinished, StackStarted

PARALLEL_STACKS = 10
"""Stacks that are worked on at once."""

OTHERS_HINT = "somebody else is changing this app too: repeat the command, which waits for that"

_WITH_OUTPUTS = frozenset({Outcome.CREATED, Outcome.UPDATED})

_HOLDS_UP = {
    Outcome.FAILED: "failed",
    Outcome.CANCELLED: "was cancelled",
    Outcome.SKIPPED: "was skipped",
}


class Executor:
    """Carries out one plan.

    Args:
        stacks: CloudFormation.
        observed: What exists, as the plan was made from it.
        change_sets: Makes change sets, and executes those of the preview.
        operations: Starts and follows what is done.
        clock: What time it is.
        on_event: Told of everything that happens.
    """

    def __init__(
        self,
        stacks: StackApi,
        observed: Observed,
        change_sets: ChangeSets,
        *,
        operations: Operations,
        clock: Clock,
        on_event: OnEvent,
    ) -> None:
        self._stacks = stacks
        self._observed = observed
        self._change_sets = change_sets
        self._operations = operations
        self._poller = operations.poller
        self._clock = clock
        self._on_event = on_event
        self._outputs = {name: dict(observed.outputs(name)) for name in observed.stacks}
        self._results: dict[str, StackResult] = {}
        self._at_work = 0

    def run(self, plan: Plan) -> tuple[StackResult, ...]:
        """Carry the plan out and return how the work on each stack ended.

        Raises:
            CloudError: The cloud went away; what is under way there goes on.
            KeyboardInterrupt: As it came; what is under way in the cloud goes on.
        """
        tasks = {action.stack: self._work(action) for action in plan.actions}
        try:
            results = tuple(self._poller.run(tasks).values())
        except (KeyboardInterrupt, CdinfraError):
            for each in self._operations.under_way:
                goes_on = f"{each.target.stack_name}: the operation goes on in the cloud"
                self._on_event(Notice(message=goes_on))
            raise
        for notice in notices(results):
            self._on_event(notice)
        return results

    def _work(self, action: StackAction) -> Task[StackResult]:
        while not self._may_start(action):
            yield Step.IDLE
        if held_up := self._held_up_by(action):
            return self._skip(action, held_up)
        started = self._clock.now()
        self._at_work += 1
        try:
            result = yield from self._carry_out(action, started)
        except (NoCredentialsError, LocalCloudError):
            raise
        except (CloudError, InvalidInputError) as error:
            if self._operations.is_under_way(action.stack):
                # It cannot be seen any more, which says nothing about how it ends.
                raise
            other = self._changed_by_another(action, error)
            cause, hint = "; ".join(filter(None, (error.message, other))), error.hint
            hint = hint or (OTHERS_HINT if other else "")
            result = self._result(action, Outcome.FAILED, started, cause=cause, hint=hint)
        finally:
            self._at_work -= 1
        return self._finish(result)

    def _changed_by_another(self, action: StackAction, error: CdinfraError) -> str:
        """Say in which status the stack is, if it is not the one that the plan was made for."""
        try:
            now = self._stacks.describe_stack(action.stack_id or action.stack_name)
        except CdinfraError:
            return ""
        if not is_outdated(error) and (now.status if now else "") == action.status:
            return ""
        return f"it is {now.status} now" if now else "it is gone now"

    def _may_start(self, action: StackAction) -> bool:
        ready = all(name in self._results for name in action.after)
        return ready and self._at_work < PARALLEL_STACKS

    def _held_up_by(self, action: StackAction) -> str:
        if self._operations.is_cancelled:
            return "cancelled before its turn came"
        outcomes = ((name, self._results[name].outcome) for name in action.after)
        reasons = (f"{name} {_HOLDS_UP[each]}" for name, each in outcomes if each in _HOLDS_UP)
        return next(reasons, "")

    def _carry_out(self, action: StackAction, started: datetime) -> Task[StackResult]:
        parameters = {**action.parameters, **self._read(action.pending)}
        if action.verb is Verb.UNCHANGED and not self._has_moved(action):
            return self._unchanged(action, started)
        self._on_event(
            StackStarted(
                stack=action.stack, stack_name=action.stack_name, verb=_shown_verb(action.verb)
            )
        )
        if not action.changes_template:
            ended = yield from self._operate(action)
            return (yield from self._conclude(action, ended, started))
        if action.deletes_first:
            ended = yield from self._operate(action)
            if ended.status is not StackStatus.DELETE_COMPLETE:
                return (yield from self._conclude(action, ended, started))
            if self._operations.is_cancelled:
                cause = "what was left of it is deleted, and it is not made anew"
                return self._result(action, Outcome.CANCELLED, started, cause=cause)
        return (yield from self._deploy(action, parameters, started))

    def _operate(self, action: StackAction) -> Task[Ended]:
        """Do with a stack what needs no template."""
        target, stack_id = _target(action, action.stack_id), action.stack_id
        if action.follows:
            return (yield from self._operations.attach(target))

        def start(token: str) -> None:
            if action.continues_rollback:
                self._stacks.continue_rollback(stack_id, token, skipped=action.leaves)
            else:
                self._stacks.delete_stack(
                    stack_id, token, retained=action.leaves, forced=action.is_forced
                )

        return (yield from self._operations.start(target, start))

    def _deploy(
        self, action: StackAction, parameters: Mapping[str, str], started: datetime
    ) -> Task[StackResult]:
        arn, stack_id = action.change_set_arn, action.stack_id
        if not arn or parameters != action.change_set_parameters:
            if arn:
                self._change_sets.discard(arn)
            made = yield from self._change_sets.make(action, parameters, self._outputs)
            if made.is_empty:
                return self._unchanged(action, started)
            arn, stack_id = made.arn, made.stack_id
        target = _target(action, stack_id)
        ended = yield from self._operations.start(
            target, lambda token: self._change_sets.execute(arn, token)
        )
        return (yield from self._conclude(action, ended, started, stack_id))

    def _read(self, pending: Mapping[str, str]) -> dict[str, str]:
        """Return the values of outputs; one that a stack does not have is left out."""
        references = {name: each.split(".", 1) for name, each in pending.items()}
        return {
            name: self._outputs[stack][output]
            for name, (stack, output) in references.items()
            if output in self._outputs.get(stack, {})
        }

    def _has_moved(self, action: StackAction) -> bool:
        """Whether an output is another now than the one that the stack was made with."""
        deployed = self._observed.stacks[action.stack].description.parameters
        current = self._read(action.pending)
        return any(deployed.get(name) != value for name, value in current.items())

    def _unchanged(self, action: StackAction, started: datetime) -> StackResult:
        return self._result(action, Outcome.UNCHANGED, started, status=action.status)

    def _conclude(
        self, action: StackAction, ended: Ended, started: datetime, stack_id: str = ""
    ) -> Task[StackResult]:
        outcome = outcome_of(action, ended)
        if outcome in _WITH_OUTPUTS:
            described = yield from self._poller.persistently(
                lambda: self._stacks.describe_stack(stack_id or action.stack_id)
            )
            self._outputs[action.stack] = dict(described.outputs) if described else {}
        result = self._result(action, outcome, started, status=ended.status)
        if outcome is Outcome.FAILED:
            cause, resource = describe_innermost_cause(self._stacks, ended.events)
            result = replace(result, cause=cause, resource=resource)
        return with_end(result, ended, action)

    def _skip(self, action: StackAction, cause: str) -> StackResult:
        now = self._clock.now()
        return self._finish(
            self._result(action, Outcome.SKIPPED, now, status=action.status, cause=cause)
        )

    def _result(
        self,
        action: StackAction,
        outcome: Outcome,
        started: datetime,
        *,
        status: str = "",
        cause: str = "",
        hint: str = "",
    ) -> StackResult:
        kept = outcome in {*_WITH_OUTPUTS, Outcome.UNCHANGED}
        return StackResult(
            stack=action.stack,
            stack_name=action.stack_name,
            outcome=outcome,
            status=status,
            seconds=(self._clock.now() - started).total_seconds(),
            cause=cause,
            hint=hint,
            outputs=self._outputs.get(action.stack, {}) if kept else {},
        )

    def _finish(self, result: StackResult) -> StackResult:
        self._results[result.stack] = result
        self._on_event(
            StackFinished(
                stack=result.stack,
                stack_name=result.stack_name,
                outcome=result.outcome,
                status=result.status,
                seconds=result.seconds,
                cause=result.cause,
                resource=result.resource,
            )
        )
        return result


def _shown_verb(verb: Verb) -> str:
    return Verb.UPDATE if verb is Verb.UNCHANGED else verb


def _target(action: StackAction, stack_id: str) -> Target:
    return Target(stack=action.stack, stack_name=action.stack_name, stack_id=stack_id)
