"""Carries a plan out: in the order of dependencies, what is independent at the same time."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.failures import is_outdated
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.change_sets import ChangeSets
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.left_behind import left_behind, notices
from cdinfra.deploy.nested_causes import describe_innermost_cause
from cdinfra.deploy.observe import Observed
from cdinfra.deploy.operations import Ended, Operations, Target
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.deploy.poller import Poller, Step, Task
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

_DONE = {
    Verb.CREATE: Outcome.CREATED,
    Verb.UPDATE: Outcome.UPDATED,
    Verb.UNCHANGED: Outcome.UPDATED,
    Verb.DELETE: Outcome.DELETED,
}


class Executor:
    """Carries out one plan.

    Args:
        stacks: CloudFormation.
        observed: What exists, as the plan was made from it.
        change_sets: Makes change sets, and executes those of the preview.
        poller: Drives the work.
        clock: What time it is.
        on_event: Told of everything that happens.
    """

    def __init__(
        self,
        stacks: StackApi,
        observed: Observed,
        change_sets: ChangeSets,
        *,
        poller: Poller,
        clock: Clock,
        on_event: OnEvent,
    ) -> None:
        self._stacks = stacks
        self._observed = observed
        self._change_sets = change_sets
        self._poller = poller
        self._clock = clock
        self._on_event = on_event
        self._operations = Operations(stacks, poller=poller, on_event=on_event)
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
            for target in self._operations.under_way:
                goes_on = f"{target.stack_name}: the operation goes on in the cloud"
                self._on_event(Notice(message=f"{goes_on}; watch it with: cdinfra events"))
            raise
        for notice in notices(results):
            self._on_event(notice)
        return results

    def _work(self, action: StackAction) -> Task[StackResult]:
        while not self._may_start(action):
            yield Step.IDLE
        if blocked := self._blocked_by(action):
            return self._skip(action, blocked)
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

    def _blocked_by(self, action: StackAction) -> str:
        blocking = (Outcome.FAILED, Outcome.SKIPPED)
        return next((name for name in action.after if self._results[name].outcome in blocking), "")

    def _carry_out(self, action: StackAction, started: datetime) -> Task[StackResult]:
        parameters = {**action.parameters, **self._read(action.pending)}
        if action.verb is Verb.UNCHANGED and not self._has_moved(action):
            return self._unchanged(action, started)
        self._on_event(
            StackStarted(
                stack=action.stack, stack_name=action.stack_name, verb=_shown_verb(action.verb)
            )
        )
        if action.verb is Verb.DELETE or action.deletes_first:
            ended = yield from self._delete(action)
            if action.verb is Verb.DELETE or ended.status is not StackStatus.DELETE_COMPLETE:
                gone = ended.status is StackStatus.DELETE_COMPLETE
                return self._ended(action, ended, started, succeeded=gone)
        return (yield from self._deploy(action, parameters, started))

    def _delete(self, action: StackAction) -> Task[Ended]:
        target = _target(action, action.stack_id)
        return (
            yield from self._operations.start(
                target, lambda token: self._stacks.delete_stack(target.stack_id, token)
            )
        )

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
        ended = yield from self._operations.start(
            _target(action, stack_id), lambda token: self._change_sets.execute(arn, token)
        )
        if not ended.status.is_success:
            return self._ended(action, ended, started, succeeded=False)
        described = yield from self._poller.persistently(
            lambda: self._stacks.describe_stack(stack_id)
        )
        self._outputs[action.stack] = dict(described.outputs) if described else {}
        return self._ended(action, ended, started, succeeded=True)

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

    def _ended(
        self, action: StackAction, ended: Ended, started: datetime, *, succeeded: bool
    ) -> StackResult:
        outcome = _DONE[action.verb] if succeeded else Outcome.FAILED
        result = self._result(action, outcome, started, status=ended.status)
        if not succeeded:
            cause, resource = describe_innermost_cause(self._stacks, ended.events)
            result = replace(result, cause=cause or f"ended in {ended.status}", resource=resource)
        return replace(result, left_behind=left_behind(ended))

    def _skip(self, action: StackAction, blocked_by: str) -> StackResult:
        outcome = self._results[blocked_by].outcome
        cause = f"{blocked_by} {'failed' if outcome is Outcome.FAILED else 'was skipped'}"
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
        kept = outcome in {Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED}
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
