"""One stack of the fake CloudFormation, and its operations as steps."""

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cdinfra.aws.drift import DetectionStatus, Drift, DriftDetection, ResourceDrift
from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import STACK_TYPE, StackDescription, StackEvent, StackResource
from cdinfra.aws.template_changes import template_changes

Failures = Mapping[tuple[str, str], str]
"""Reasons by stack name and logical id."""

CANCELLED = "Resource creation cancelled"


@dataclass(kw_only=True)
class FakeStack:
    """One stack.

    Attributes:
        stack_id: ARN.
        name: Name.
        now: What time it is.
        status: Status.
        document: Deployed template.
        parameters: Deployed values.
        resolved: What its SSM parameters held.
        tags: Deployed tags.
        resources: Type of each resource, by logical id.
        events: Oldest first.
        operation: What is still to happen; each step is one poll.
        token: Of the operation under way.
        protected: Whether termination protection is on.
        settings: What operations go by.
        policy: Its stack policy; empty for none.
        timeout_minutes: How long its creation might take; None for as long as it liked.
        resolve: Looks up an SSM parameter.
        drift: What the last detection found.
        drifted: The resources that are not as the template says.
        undetectable: Why others cannot be looked at; else empty.
        failed: Status and reason of each resource that blocks the stack, by logical id.
        is_cancelled: Whether the update under way is to be rolled back.
    """

    stack_id: str
    name: str
    now: Callable[[], datetime]
    created_at: datetime
    status: StackStatus = StackStatus.REVIEW_IN_PROGRESS
    document: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    resolved: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    events: list[StackEvent] = field(default_factory=list)
    operation: Iterator[None] | None = None
    token: str = ""
    updated_at: datetime | None = None
    protected: bool = False
    settings: OperationSettings = field(default_factory=OperationSettings)
    policy: str = ""
    timeout_minutes: int | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    drift: Drift = Drift.NOT_CHECKED
    drifted: tuple[ResourceDrift, ...] = ()
    undetectable: str = ""
    failed: dict[str, tuple[str, str]] = field(default_factory=dict)
    is_cancelled: bool = False

    def describe(self) -> StackDescription:
        """Return what DescribeStacks shows."""
        return StackDescription(
            stack_id=self.stack_id,
            name=self.name,
            status=self.status,
            created_at=self.created_at,
            updated_at=self.updated_at,
            parameters={name: self._shown(name) for name in self.parameters},
            resolved=self.resolved,
            outputs=self.outputs,
            tags=self.tags,
            protected=self.protected,
            settings=self.settings,
            drift=self.drift,
        )

    def detect_drift(self) -> DriftDetection:
        """Compare the resources with the template."""
        if self.undetectable:
            return DriftDetection(status=DetectionStatus.FAILED, reason=self.undetectable)
        self.drift = Drift.DRIFTED if self.drifted else Drift.IN_SYNC
        return DriftDetection(status=DetectionStatus.COMPLETE, drift=self.drift)

    def list_resources(self) -> tuple[StackResource, ...]:
        """Return what ListStackResources shows."""
        return tuple(map(self._resource, self.resources))

    def _resource(self, logical_id: str) -> StackResource:
        status, reason = self.failed.get(logical_id, ("CREATE_COMPLETE", ""))
        return StackResource(
            logical_id=logical_id,
            physical_id=self._physical_id(logical_id),
            resource_type=self.resources[logical_id],
            status=status,
            reason=reason,
        )

    def step(self) -> None:
        """Go one step further, if an operation is under way."""
        try:
            next(self.operation or iter(()))
        except StopIteration:
            self.operation = None

    def transition(self, status: StackStatus, reason: str = "") -> None:
        """Take a new status and tell it as an event."""
        self.status = status
        self._tell(self.name, STACK_TYPE, self.stack_id, status, reason)

    def creation(self, document: Mapping[str, Any], failures: Failures) -> Iterator[None]:
        """Create the resources; one that fails takes the others with it."""
        self.document = document
        self.transition(StackStatus.CREATE_IN_PROGRESS, "User Initiated")
        yield
        resources: Mapping[str, Any] = document.get("Resources", {})
        for logical_id, definition in resources.items():
            failed = yield from self._make("CREATE", logical_id, definition["Type"], failures)
            if failed:
                self.resources.clear()
                yield from self._roll_back("ROLLBACK", "The following resource(s) failed")
                return
            self.resources[logical_id] = definition["Type"]
        self._succeed()
        self.transition(StackStatus.CREATE_COMPLETE)

    def update(
        self,
        document: Mapping[str, Any],
        parameters: Mapping[str, str],
        tags: Mapping[str, str],
        failures: Failures,
    ) -> Iterator[None]:
        """Change what differs; a failure leaves everything as it was."""
        self.transition(StackStatus.UPDATE_IN_PROGRESS, "User Initiated")
        yield
        for change in template_changes(self.document, document):
            verb = {"Add": "CREATE", "Remove": "DELETE"}.get(change.action, "UPDATE")
            failed = yield from self._make(verb, change.logical_id, change.resource_type, failures)
            # What is no longer wanted goes in the end, and nothing hangs on it.
            if (failed and verb != "DELETE") or self.is_cancelled:
                reason = "User Initiated" if self.is_cancelled else "it failed"
                self.is_cancelled = False
                yield from self._roll_back("UPDATE_ROLLBACK", reason)
                return
        self._become(document, parameters, tags)
        self.transition(StackStatus.UPDATE_COMPLETE)

    def importing(
        self,
        document: Mapping[str, Any],
        parameters: Mapping[str, str],
        tags: Mapping[str, str],
        failures: Failures,
    ) -> Iterator[None]:
        """Take in what the template has more; one resource that fails keeps the others out."""
        self.transition(StackStatus.IMPORT_IN_PROGRESS, "User Initiated")
        yield
        for change in template_changes(self.document, document):
            failed = yield from self._make(
                "IMPORT", change.logical_id, change.resource_type, failures
            )
            if failed:
                yield from self._roll_back("IMPORT_ROLLBACK", "it failed")
                return
        self._become(document, parameters, tags)
        self.transition(StackStatus.IMPORT_COMPLETE)

    def _roll_back(self, phase: str, reason: str) -> Iterator[None]:
        self.transition(StackStatus(f"{phase}_IN_PROGRESS"), reason)
        yield
        self.transition(StackStatus(f"{phase}_COMPLETE"))

    def continuation(self, failures: Failures, skipped: frozenset[str]) -> Iterator[None]:
        """Finish a rollback; what still fails and is not skipped keeps it from that."""
        self.transition(StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, "User Initiated")
        yield
        for logical_id in tuple(self.failed.keys() - skipped):
            resource_type = self.resources[logical_id]
            failed = yield from self._make("UPDATE", logical_id, resource_type, failures)
            if failed:
                self.transition(StackStatus.UPDATE_ROLLBACK_FAILED, "it failed again")
                return
        self.failed.clear()
        self.transition(StackStatus.UPDATE_ROLLBACK_COMPLETE)

    def deletion(
        self, failures: Failures, left: frozenset[str] = frozenset(), *, forced: bool = False
    ) -> Iterator[None]:
        """Delete the resources, last first; those that are left stay in the account."""
        self.transition(StackStatus.DELETE_IN_PROGRESS, "User Initiated")
        yield
        for logical_id, resource_type in reversed(tuple(self.resources.items())):
            failed = logical_id not in left and (
                yield from self._make("DELETE", logical_id, resource_type, failures)
            )
            if logical_id in left or (failed and forced):
                physical_id = self._physical_id(logical_id)
                self._tell(logical_id, resource_type, physical_id, "DELETE_SKIPPED")
            elif failed:
                self.failed[logical_id] = ("DELETE_FAILED", failures[self.name, logical_id])
                self.transition(StackStatus.DELETE_FAILED, "The following resource(s) failed")
                return
            del self.resources[logical_id]
        self.transition(StackStatus.DELETE_COMPLETE)

    def ending(self, status: StackStatus) -> Iterator[None]:
        """Be under way for one more poll, then end in a status."""
        yield
        self.transition(status)

    def _become(
        self, document: Mapping[str, Any], parameters: Mapping[str, str], tags: Mapping[str, str]
    ) -> None:
        self.document, self.parameters, self.tags = document, parameters, tags
        self.resources = {
            name: each["Type"] for name, each in document.get("Resources", {}).items()
        }
        self.updated_at = self.now()
        self._succeed()

    def _make(
        self, verb: str, logical_id: str, resource_type: str, failures: Failures
    ) -> Generator[None, None, bool]:
        physical_id = self._physical_id(logical_id)
        self._tell(logical_id, resource_type, "", f"{verb}_IN_PROGRESS")
        yield
        reason = failures.get((self.name, logical_id), "")
        if reason:
            there = "" if verb == "CREATE" else physical_id
            self._tell(logical_id, resource_type, there, f"{verb}_FAILED", reason)
        else:
            self._tell(logical_id, resource_type, physical_id, f"{verb}_COMPLETE")
        return bool(reason)

    def _physical_id(self, logical_id: str) -> str:
        return f"{self.name}-{logical_id}".lower()

    def _shown(self, parameter: str) -> str:
        hidden = self.document.get("Parameters", {}).get(parameter, {}).get("NoEcho", False)
        return "****" if hidden else self.parameters[parameter]

    def _succeed(self) -> None:
        self.outputs = {
            key: self._value(definition["Value"])
            for key, definition in self.document.get("Outputs", {}).items()
        }

    def _value(self, value: object) -> str:
        match value:
            case str(text):
                return text
            case {"Ref": str(name)}:
                return self.parameters.get(name) or self._physical_id(name)
            case {"Fn::Join": [str(separator), [*parts]]}:
                return separator.join(map(self._value, parts))
            case _:
                return json.dumps(value)

    def _tell(
        self, logical_id: str, resource_type: str, physical_id: str, status: str, reason: str = ""
    ) -> None:
        self.events.append(
            StackEvent(
                event_id=f"{self.name}-{len(self.events) + 1}",
                stack_id=self.stack_id,
                timestamp=self.now(),
                logical_id=logical_id,
                physical_id=physical_id,
                resource_type=resource_type,
                status=status,
                reason=reason,
                token=self.token,
            )
        )
