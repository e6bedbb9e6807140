"""CloudFormation in memory, with the signatures of the real one."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from cdinfra.aws.change_set import (
    ChangeSet,
    ChangeSetId,
    ChangeSetRequest,
    ChangeSetStatus,
    ChangeSetType,
)
from cdinfra.aws.drift import DetectionStatus, DriftDetection, ResourceDrift
from cdinfra.aws.fake_change_set import MadeChangeSet, kept_role, resolved, work_out
from cdinfra.aws.fake_identifiers import IDENTIFIERS
from cdinfra.aws.fake_stack import FakeStack
from cdinfra.aws.stack_arguments import ParameterUpdate
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import DeletedStack, StackDescription, StackEvent, StackResource
from cdinfra.errors import CloudError
from cdinfra.model import StackTemplate


class FakeStacks:
    """CloudFormation in memory; see :class:`cdinfra.aws.cloudformation.CloudFormation`.

    Attributes:
        calls: Every call, as ``operation name``.
        replaced_types: Types of resources that any change replaces.
        may_list: Whether the caller may list all stacks.
        identifiers: Properties that identify a resource, by type; others cannot be imported.
        detection_looks: How often a drift detection is looked at before it has ended.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        arn_prefix: str,
        stored: Mapping[tuple[str, str], str],
        ssm_values: Mapping[str, str],
    ) -> None:
        self.calls: list[str] = []
        self.replaced_types: set[str] = set()
        self.may_list = True
        self.identifiers: dict[str, tuple[str, ...]] = dict(IDENTIFIERS)
        self.detection_looks = 1
        self._now = now
        self._arn_prefix = arn_prefix
        self._stored = stored
        self._ssm_values = ssm_values
        self._numbers = count(1)
        self._stacks: dict[str, FakeStack] = {}
        self._change_sets: dict[str, MadeChangeSet] = {}
        self._looked_at: set[str] = set()
        self._failures: dict[tuple[str, str], str] = {}
        self._detections: dict[str, Iterator[DriftDetection]] = {}
        self._scripts: dict[str, list[BaseException | None]] = {}

    # What a test sets up.

    def fail(self, stack_name: str, logical_id: str, reason: str) -> None:
        """Let a resource fail whenever it is worked on; an empty reason repairs it."""
        self._failures[stack_name, logical_id] = reason

    def script(self, operation: str, *outcomes: BaseException | None) -> None:
        """Let the next calls of an operation raise these; None lets one pass."""
        self._scripts.setdefault(operation, []).extend(outcomes)

    def drift(self, stack_name: str, *resources: ResourceDrift, undetectable: str = "") -> None:
        """Let resources of a stack be other than its template says.

        Args:
            stack_name: Its name.
            resources: What a detection will find.
            undetectable: Why it cannot look at the other resources.
        """
        stack = self._existing(stack_name)
        stack.drifted, stack.undetectable = resources, undetectable

    def add(
        self,
        template: StackTemplate,
        *,
        status: StackStatus = StackStatus.CREATE_COMPLETE,
        parameters: Mapping[str, str] | None = None,
        ends_as: StackStatus | None = None,
    ) -> FakeStack:
        """Let a stack exist.

        Args:
            template: What it is made of.
            status: Its status.
            parameters: Its parameters.
            ends_as: Status in which the operation ends that is under way, if one is.
        """
        stack = self._new(template.stack_name)
        stack.parameters, stack.tags = dict(parameters or {}), dict(template.tags)
        for _ in stack.creation(json.loads(template.body), {}):
            """Every step at once."""
        stack.transition(status)
        if ends_as is not None:
            stack.operation = stack.ending(ends_as)
        return stack

    def stack(self, name: str) -> FakeStack:
        """Return a stack that exists."""
        return self._existing(name)

    # What the deployer calls.

    def describe_stack(self, stack: str) -> StackDescription | None:
        """Return a stack by name or ARN, or None if there is no such stack."""
        self._called("describe_stack", stack)
        found = self._find(stack)
        return found.describe() if found else None

    def describe_stacks(self) -> tuple[StackDescription, ...] | None:
        """Return every stack, or None if the caller may not list them."""
        self._called("describe_stacks", "")
        if not self.may_list:
            return None
        return tuple(
            each.describe()
            for each in self._stacks.values()
            if each.status is not StackStatus.DELETE_COMPLETE
        )

    def list_deleted_stacks(self) -> tuple[DeletedStack, ...]:
        """Return the stacks that were deleted."""
        self._called("list_deleted_stacks", "")
        return tuple(
            DeletedStack(
                stack_id=each.stack_id, name=each.name, deleted_at=each.events[-1].timestamp
            )
            for each in self._stacks.values()
            if each.status is StackStatus.DELETE_COMPLETE and each.events
        )

    def describe_events(self, stack_id: str) -> Iterator[StackEvent]:
        """Yield a stack's events, newest first, after going one step further."""
        self._called("describe_events", stack_id)
        stack = self._existing(stack_id)
        stack.step()
        return iter(tuple(reversed(stack.events)))

    def list_resources(self, stack: str) -> tuple[StackResource, ...]:
        """Return the resources of a stack."""
        self._called("list_resources", stack)
        return self._existing(stack).list_resources()

    def get_template(self, stack: str) -> Mapping[str, Any] | None:
        """Return a stack's template."""
        self._called("get_template", stack)
        return self._existing(stack).document

    def describe_identifiers(self, resource_types: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the properties that identify a resource, for each type that can be imported."""
        wanted = tuple(resource_types)
        self._called("describe_identifiers", " ".join(wanted))
        return {each: self.identifiers[each] for each in wanted if each in self.identifiers}

    def create_change_set(self, request: ChangeSetRequest) -> ChangeSetId:
        """Ask for a change set."""
        self._called("create_change_set", request.stack_name)
        existing = self._find(request.stack_name)
        makes = request.kind is ChangeSetType.CREATE
        if makes and existing and existing.status is not StackStatus.REVIEW_IN_PROGRESS:
            raise CloudError(f"Stack [{request.stack_name}] already exists")
        if existing is None and request.kind is ChangeSetType.UPDATE:
            raise CloudError(f"Stack [{request.stack_name}] does not exist")
        if existing is not None and existing.status.is_running:
            raise CloudError(f"{existing.name} is in {existing.status} state")
        stack = existing or self._new(request.stack_name)
        arn = f"{self._arn_prefix}:changeSet/{request.name}/{next(self._numbers)}"
        shown = ChangeSet(arn=arn, stack_id=stack.stack_id, status=ChangeSetStatus.CREATE_COMPLETE)
        self._change_sets[arn] = work_out(
            shown, stack, self._with_body(request), self._ssm_values, self.replaced_types
        )
        return ChangeSetId(arn=arn, stack_id=stack.stack_id)

    def describe_change_set(self, arn: str) -> ChangeSet:
        """Return a change set; the first time it is still being made."""
        self._called("describe_change_set", arn)
        made = self._change_sets[arn]
        if arn not in self._looked_at:
            self._looked_at.add(arn)
            return ChangeSet(
                arn=arn, stack_id=made.shown.stack_id, status=ChangeSetStatus.CREATE_IN_PROGRESS
            )
        return made.shown

    def execute_change_set(self, arn: str, token: str) -> None:
        """Start what the change set says."""
        self._called("execute_change_set", arn)
        made = self._change_sets.pop(arn)
        stack = self._existing(made.shown.stack_id)
        stack.token = token
        stack.resolved = resolved(made.document, made.parameters, self._ssm_values)
        stack.settings = kept_role(stack.settings, made.request.settings)
        if made.request.kind is ChangeSetType.CREATE:
            stack.parameters, stack.tags = made.parameters, made.request.tags
            stack.operation = stack.creation(made.document, self._failures)
        else:
            imports = made.request.kind is ChangeSetType.IMPORT
            operation = stack.importing if imports else stack.update
            stack.operation = operation(
                made.document, made.parameters, made.request.tags, self._failures
            )
        stack.step()

    def create_stack(self, request: ChangeSetRequest, token: str, *, minutes: int) -> str:
        """Start to create a stack that may take only so long; return its ARN."""
        self._called("create_stack", request.stack_name)
        made = self.create_change_set(request)
        self.stack(request.stack_name).timeout_minutes = minutes
        self.execute_change_set(made.arn, token)
        return made.stack_id

    def update_parameters(self, update: ParameterUpdate, token: str) -> bool:
        """Start to update a stack's parameters alone; False where nothing would change."""
        self._called("update_parameters", update.stack_id)
        stack = self._existing(update.stack_id)
        if stack.status.is_running:
            raise CloudError(f"{stack.name} is in {stack.status} state and can not be updated.")
        document = json.loads(update.body) if update.body else stack.document
        parameters = {**stack.parameters, **update.parameters}
        if (document, parameters) == (stack.document, stack.parameters):
            return False
        stack.resolved = resolved(document, parameters, self._ssm_values)
        changed = stack.update(document, parameters, stack.tags, self._failures)
        self._begin(stack, token, changed)
        return True

    def get_stack_policy(self, stack: str) -> str:
        """Return a stack's policy as JSON; empty where it has none."""
        self._called("get_stack_policy", stack)
        return self._existing(stack).policy

    def set_stack_policy(self, stack: str, body: str) -> None:
        """Give a stack a policy."""
        self._called("set_stack_policy", stack)
        self._existing(stack).policy = body

    def set_termination_protection(self, stack: str, *, enabled: bool) -> None:
        """Switch a stack's termination protection on or off."""
        self._called("set_termination_protection", stack)
        self._existing(stack).protected = enabled

    def delete_change_set(self, stack: str, name: str) -> None:
        """Delete a change set; one that is gone already is no error."""
        self._called("delete_change_set", stack)
        for arn, made in tuple(self._change_sets.items()):
            if made.request.name == name:
                del self._change_sets[arn]

    def delete_stack(
        self, stack_id: str, token: str, *, retained: Collection[str] = (), forced: bool = False
    ) -> None:
        """Start to delete a stack; one that is gone already is no error."""
        self._called("delete_stack", stack_id)
        stack = self._find(stack_id)
        if stack is None or stack.status is StackStatus.DELETE_COMPLETE:
            return
        if stack.protected:
            raise CloudError(f"Stack [{stack.name}] cannot be deleted while it is protected")
        if stack.status is StackStatus.REVIEW_IN_PROGRESS:
            # At once, and without an event.
            stack.status = StackStatus.DELETE_COMPLETE
            return
        if (retained or forced) and stack.status is not StackStatus.DELETE_FAILED:
            raise CloudError(f"Invalid operation on stack [{stack.name}]: not in DELETE_FAILED")
        deletion = stack.deletion(self._failures, frozenset(retained), forced=forced)
        self._begin(stack, token, deletion)

    def cancel_update(self, stack_id: str, token: str) -> None:
        """Start to roll back an update that is under way."""
        self._called("cancel_update", stack_id)
        stack = self._existing(stack_id)
        if stack.status is not StackStatus.UPDATE_IN_PROGRESS:
            raise CloudError("CancelUpdateStack cannot be called from current stack status")
        stack.token, stack.is_cancelled = token, True

    def continue_rollback(
        self, stack_id: str, token: str, *, skipped: Collection[str] = ()
    ) -> None:
        """Start to finish the rollback of an update that failed."""
        self._called("continue_rollback", stack_id)
        stack = self._existing(stack_id)
        if stack.status is not StackStatus.UPDATE_ROLLBACK_FAILED:
            raise CloudError(f"Stack [{stack.name}] is in {stack.status} state")
        self._begin(stack, token, stack.continuation(self._failures, frozenset(skipped)))

    def detect_drift(self, stack: str) -> str:
        """Start to compare a stack's resources with its template; return the detection's id."""
        self._called("detect_drift", stack)
        detection_id = f"detection-{next(self._numbers)}-{self._existing(stack).stack_id}"
        self._detections[detection_id] = self._detection(self._existing(stack))
        return detection_id

    def describe_drift_detection(self, detection_id: str) -> DriftDetection:
        """Return how far a detection is; each look takes it one step further."""
        self._called("describe_drift_detection", detection_id)
        return next(self._detections[detection_id])

    def describe_resource_drifts(self, stack: str) -> tuple[ResourceDrift, ...]:
        """Return the resources of a stack that have drifted."""
        self._called("describe_resource_drifts", stack)
        return self._existing(stack).drifted

    def _begin(self, stack: FakeStack, token: str, operation: Iterator[None]) -> None:
        stack.token, stack.operation = token, operation
        stack.step()

    @property
    def change_sets(self) -> tuple[str, ...]:
        """ARNs of the change sets that were neither executed nor deleted."""
        return tuple(self._change_sets)

    def _called(self, operation: str, subject: str) -> None:
        self.calls.append(f"{operation} {subject}".strip())
        script = self._scripts.get(operation)
        outcome = script.pop(0) if script else None
        if outcome is not None:
            raise outcome

    def _new(self, name: str) -> FakeStack:
        stack_id = f"{self._arn_prefix}:stack/{name}/{next(self._numbers)}"
        stack = FakeStack(stack_id=stack_id, name=name, now=self._now, created_at=self._now())
        self._stacks[stack_id] = stack
        return stack

    def _detection(self, stack: FakeStack) -> Iterator[DriftDetection]:
        for _ in range(self.detection_looks):
            yield DriftDetection(status=DetectionStatus.IN_PROGRESS)
        while True:
            yield stack.detect_drift()

    def _find(self, stack: str) -> FakeStack | None:
        if stack in self._stacks:
            return self._stacks[stack]
        alive = (
            each
            for each in self._stacks.values()
            if each.name == stack and each.status is not StackStatus.DELETE_COMPLETE
        )
        return next(alive, None)

    def _existing(self, stack: str) -> FakeStack:
        if (found := self._find(stack)) is None:
            raise CloudError(f"Stack with id {stack} does not exist")
        return found

    def _with_body(self, request: ChangeSetRequest) -> ChangeSetRequest:
        return replace(request, body=request.body or self._stored_at(request.template_url))

    def _stored_at(self, url: str) -> str:
        bucket, key = url.removeprefix("https://s3.example/").split("/", 1)
        return self._stored[bucket, key]
