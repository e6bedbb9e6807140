"""Carries a plan out: in the order of dependencies, what is independent at the same time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from cdinfra.aws.change_set import ChangeSetId
from cdinfra.aws.cloud import StackApi
from cdinfra.aws.failures import is_outdated
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.applying import apply_settings
from cdinfra.deploy.approval import ANYTHING, Approval
from cdinfra.deploy.change_sets import ChangeSets
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.hooks import MENDED_BEFORE, Hooks
from cdinfra.deploy.host_log import HostLogReader
from cdinfra.deploy.left_behind import notices
from cdinfra.deploy.nested_causes import describe_innermost_cause
from cdinfra.deploy.observe import Observed
from cdinfra.deploy.operations import Ended, Operations, Target
from cdinfra.deploy.outcomes import outcome_of, with_end, with_hook_failure
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.deploy.poller import Step, Task
from cdinfra.deploy.result import StackResult
from cdinfra.deploy.settings import operation_settings
from cdinfra.deploy.state_buckets import StateBuckets
from cdinfra.errors import (
    CdinfraError,
    CloudError,
    InvalidInputError,
    LocalCloudError,
    NoCredentialsError,
    RefusedError,
)
from cdinfra.events import Notice, OnEvent, Outcome, StackFinished, StackStarted
from cdinfra.model import When

PARALLEL_STACKS = 10
"""Stacks that are worked on at once."""

OTHERS_HINT = "somebody else is changing this app too: repeat the command, which waits for that"

_WITH_OUTPUTS = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.IMPORTED})

_WENT_WELL = frozenset({*_WITH_OUTPUTS, Outcome.DELETED})

_HOLDS_UP = {
    Outcome.FAILED: "failed",
    Outcome.CANCELLED: "was cancelled",
    Outcome.SKIPPED: "was skipped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a plan is carried out with.

    Attributes:
        stacks: CloudFormation.
        change_sets: Makes change sets, and executes those of the preview.
        operations: Starts and follows what is done.
        hooks: Runs what stands before and after the work on a stack.
        buckets: Empties the buckets that go with a foundational stack.
        host_logs: Reads the lines of hosts that failed.
        clock: What time it is.
        on_event: Told of everything that happens.
    """

    stacks: StackApi
    change_sets: ChangeSets
    operations: Operations
    hooks: Hooks
    buckets: StateBuckets
    host_logs: HostLogReader
    clock: Clock
    on_event: OnEvent


class Executor:
    """Carries out one plan.

    Args:
        means: What it is carried out with.
        observed: What exists, as the plan was made from it.
    """

    def __init__(self, means: Means, observed: Observed) -> None:
        self._stacks = means.stacks
        self._observed = observed
        self._change_sets = means.change_sets
        self._operations = means.operations
        self._poller = means.operations.poller
        self._hooks = means.hooks
        self._buckets = means.buckets
        self._host_logs = means.host_logs
        self._clock = means.clock
        self._on_event = means.on_event
        self._outputs = {name: dict(observed.outputs(name)) for name in observed.stacks}
        self._results: dict[str, StackResult] = {}
        self._operated: set[str] = set()
        self._at_work = 0
        self._approval = ANYTHING

    def run(self, plan: Plan, approval: Approval = ANYTHING) -> tuple[StackResult, ...]:
        """Carry the plan out and return how the work on each stack ended.

        Args:
            plan: What is done.
            approval: What may come up on the way.

        Raises:
            CloudError: The cloud went away; what is under way there goes on.
            KeyboardInterrupt: As it came; what is under way in the cloud goes on.
        """
        self._approval = approval
        tasks = {action.stack: self._work(action) for action in plan.actions}
        try:
            results = tuple(self._poller.run(tasks).values())
        except (KeyboardInterrupt, CdinfraError):
            self._hooks.close()
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
        except (CloudError, InvalidInputError, RefusedError) as error:
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
        if isinstance(error, RefusedError) or action.stack in self._operated:
            return ""
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
            StackStarted(stack=action.stack, stack_name=action.stack_name, verb=action.done_verb)
        )
        if not action.changes_template or action.deletes_first:
            ended_before = yield from self._before(action, started)
            if ended_before is not None:
                return ended_before
            ended = yield from self._operate(action)
            if not action.changes_template or ended.status is not StackStatus.DELETE_COMPLETE:
                return (yield from self._conclude(action, ended, started))
            if self._operations.is_cancelled:
                cause = "what was left of it is deleted, and it is not made anew"
                return self._result(action, Outcome.CANCELLED, started, cause=cause)
        return (yield from self._deploy(action, parameters, started))

    def _before(self, action: StackAction, started: datetime) -> Task[StackResult | None]:
        """Run the hooks before; return how the stack ends where that is all that is done."""
        failure = yield from self._hooks.run(action, When.BEFORE, self._outputs)
        if self._operations.is_cancelled:
            cause = "cancelled before anything was changed"
            return self._result(action, Outcome.CANCELLED, started, cause=cause)
        if not failure:
            return None
        return self._result(action, Outcome.FAILED, started, cause=failure, hint=MENDED_BEFORE)

    def _after(self, action: StackAction, result: StackResult) -> Task[StackResult]:
        """Run the hooks after work that went well; where one fails, the stack has failed."""
        if result.outcome not in _WENT_WELL:
            return result
        failure = yield from self._hooks.run(action, When.AFTER, self._outputs)
        return with_hook_failure(result, failure) if failure else result

    def _operate(self, action: StackAction) -> Task[Ended]:
        """Do with a stack what needs no template."""
        target, stack_id = _target(action, action.stack_id), action.stack_id
        self._operated.add(action.stack)
        if action.follows:
            return (yield from self._operations.attach(target))

        def start(token: str) -> None:
            if action.continues_rollback:
                self._stacks.continue_rollback(stack_id, token, skipped=action.leaves)
            else:
                self._buckets.empty(action, self._approval)
                self._stacks.delete_stack(
                    stack_id, token, retained=action.leaves, forced=action.is_forced
                )

        return (yield from self._operations.start(target, start))

    def _deploy(
        self, action: StackAction, parameters: Mapping[str, str], started: datetime
    ) -> Task[StackResult]:
        made = yield from self._change_set(action, parameters)
        limited = _has_time_limit(action)
        if made is None and not limited and not _is_direct(action):
            return self._unchanged(action, started)
        if not action.deletes_first:
            ended_before = yield from self._before(action, started)
            if ended_before is not None:
                return ended_before
        if action.verb is not Verb.CREATE:
            yield from apply_settings(self._stacks, self._poller, action)
        if made is not None:
            ended = yield from self._execute(action, made)
            return (yield from self._conclude(action, ended, started, made.stack_id))
        if limited:
            ended = yield from self._create(action, parameters)
            return (yield from self._conclude(action, ended, started, action.stack_name))
        result = self._result(action, Outcome.UPDATED, started, status=action.status)
        return (yield from self._after(action, result))

    def _change_set(
        self, action: StackAction, parameters: Mapping[str, str]
    ) -> Task[ChangeSetId | None]:
        """Return the change set to execute; None where there is nothing for one to do."""
        arn = action.change_set_arn
        settings = operation_settings(action.settings, self._outputs)
        if arn:
            if (parameters, settings) == (action.change_set_parameters, action.change_set_settings):
                return ChangeSetId(arn=arn, stack_id=action.stack_id)
            self._change_sets.discard(arn)
        if _has_time_limit(action) or not (action.needs_change_set or self._has_moved(action)):
            return None
        made = yield from self._change_sets.make(action, parameters, self._outputs)
        if made.is_empty:
            return None
        self._approval.check(action, made.changes, self._observed.document(action.stack))
        return ChangeSetId(arn=made.arn, stack_id=made.stack_id)

    def _execute(self, action: StackAction, made: ChangeSetId) -> Task[Ended]:
        target = _target(action, made.stack_id)
        return (
            yield from self._operations.start(
                target, lambda token: self._change_sets.execute(made.arn, token)
            )
        )

    def _create(self, action: StackAction, parameters: Mapping[str, str]) -> Task[Ended]:
        """Create a stack by the one call that can limit the time for it."""
        request = self._change_sets.request(action, parameters, self._outputs)
        minutes = action.settings.creation_timeout_minutes or 0
        return (
            yield from self._operations.create(
                _target(action, ""),
                lambda token: self._stacks.create_stack(request, token, minutes=minutes),
            )
        )

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
        deployed = self._observed.stacks[action.stack].description
        current = self._read(action.pending)
        if any(deployed.parameters.get(name) != value for name, value in current.items()):
            return True
        settings = operation_settings(action.settings, self._outputs)
        # Another role alone is nothing that CloudFormation would change.
        kept = replace(settings, role_arn=deployed.settings.role_arn)
        return bool(action.pending_settings) and kept != deployed.settings

    def _unchanged(self, action: StackAction, started: datetime) -> StackResult:
        return self._result(action, Outcome.UNCHANGED, started, status=action.status)

    def _conclude(
        self, action: StackAction, ended: Ended, started: datetime, stack_id: str = ""
    ) -> Task[StackResult]:
        self._operated.add(action.stack)
        outcome = outcome_of(action, ended)
        if outcome is Outcome.CREATED:
            yield from apply_settings(self._stacks, self._poller, action)
        if outcome in _WITH_OUTPUTS:
            described = yield from self._poller.persistently(
                lambda: self._stacks.describe_stack(stack_id or action.stack_id)
            )
            self._outputs[action.stack] = dict(described.outputs) if described else {}
        result = self._result(action, outcome, started, status=ended.status)
        if outcome is Outcome.FAILED:
            cause, resource = describe_innermost_cause(self._stacks, ended.events)
            logs = self._host_logs.of_operation(ended.events)
            result = replace(result, cause=cause, resource=resource, host_logs=logs)
        return (yield from self._after(action, with_end(result, ended, action)))

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


def _is_direct(action: StackAction) -> bool:
    """Whether a setting changes that no change set carries."""
    return action.sets_protection is not None or action.sets_policy is not None


def _has_time_limit(action: StackAction) -> bool:
    """Whether the stack is created by the one call that can limit the time for it."""
    return action.verb is Verb.CREATE and action.settings.creation_timeout_minutes is not None


def _target(action: StackAction, stack_id: str) -> Target:
    return Target(stack=action.stack, stack_name=action.stack_name, stack_id=stack_id)
