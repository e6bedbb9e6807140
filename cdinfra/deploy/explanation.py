"""Explains why a stack's last operation failed, from its history alone."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import STACK_TYPE, StackEvent
from cdinfra.deploy.aftermath import AFTERMATHS, Aftermath
from cdinfra.deploy.first_cause import describe_cause, first_cause, is_consequence
from cdinfra.deploy.known_causes import find_cause, names_in
from cdinfra.deploy.last_operation import last_operation
from cdinfra.deploy.summary import StackSummary
from cdinfra.errors import CloudError

LOG_GROUP_TYPE = "AWS::Logs::LogGroup"

_FAILED_HOST = re.compile(r"FAILURE signal with UniqueId (i-[0-9a-f]+)")
"""How CloudFormation tells of a host's signal, before it fails the group of hosts."""

_EC2_IDS = {"sg-": "security_group", "subnet-": "subnet", "vpc-": "vpc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A resource that failed, or the stack itself where no resource did.

    Attributes:
        logical_id: Name in the template; for the stack, its name.
        resource_type: For example ``AWS::EC2::VPC``.
        physical_id: Its id; empty where there is none.
        status: For example ``CREATE_FAILED``.
        timestamp: When; None where no event tells it.
        reason: CloudFormation's reason in full.
        cause: The kind of cause, where it is a known one; else empty.
        hint: What to do about a known cause; else empty.
        command: What to look at because of a known cause; else empty.
    """

    logical_id: str
    resource_type: str
    physical_id: str = ""
    status: str
    timestamp: datetime | None = None
    reason: str
    cause: str = ""
    hint: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a stack's last operation failed.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name.
        status: The stack's status.
        failure: What failed first.
        also_failed: What failed on its own account after that, in the order of time.
        cancelled: Names of the resources that were stopped in consequence.
        aftermath: What became of the stack.
        blocked_by: What its rollback failed at; none where that did not fail.
        next_command: How to go on once the cause is mended.
    """

    stack: str
    stack_name: str
    status: str
    failure: Failure
    also_failed: tuple[Failure, ...] = ()
    cancelled: tuple[str, ...] = ()
    aftermath: str
    blocked_by: tuple[Failure, ...] = ()
    next_command: str


def describe_explanation(stacks: StackApi, summary: StackSummary) -> Explanation | None:
    """Read a stack's history and explain its failure; None where nothing failed.

    Raises:
        CloudError: The history cannot be read.
    """
    if not summary.status or (after := AFTERMATHS.get(StackStatus(summary.status))) is None:
        return None
    events = last_operation(stacks.describe_events(summary.stack_name))
    return _Explainer(stacks, summary, events).explain(after)


class _Explainer:
    """Explains one stack's failure."""

    def __init__(
        self, stacks: StackApi, summary: StackSummary, events: tuple[StackEvent, ...]
    ) -> None:
        self._stacks = stacks
        self._summary = summary
        self._events = events

    def explain(self, after: Aftermath) -> Explanation:
        summary, cause = self._summary, first_cause(self._events)
        turns = [number for number, each in enumerate(self._events) if _rolls_back(each)]
        forward = self._events[: turns[0]] if turns else self._events
        backward = self._events[turns[-1] :] if turns and after.is_stuck else ()
        others = [each for each in forward if is_consequence(each) and each is not cause]
        return Explanation(
            stack=summary.stack,
            stack_name=summary.stack_name,
            status=summary.status,
            failure=self._failure(cause) if cause else self._of_stack(),
            also_failed=tuple(map(self._failure, _own_failures(forward, besides=cause))),
            cancelled=tuple(dict.fromkeys(each.logical_id for each in others)),
            aftermath=after.text,
            blocked_by=tuple(map(self._failure, _own_failures(backward, besides=cause))),
            next_command=after.choose_command(summary),
        )

    def _of_stack(self) -> Failure:
        reason, _ = describe_cause(self._events)
        return Failure(
            logical_id=self._summary.stack_name,
            resource_type=STACK_TYPE,
            status=self._summary.status,
            reason=reason or self._summary.reason,
        )

    def _failure(self, event: StackEvent) -> Failure:
        cause, hint, command = self._known(event)
        return Failure(
            logical_id=event.logical_id,
            resource_type=event.resource_type,
            physical_id=event.physical_id,
            status=event.status,
            timestamp=event.timestamp,
            reason=event.reason,
            cause=cause,
            hint=hint,
            command=command,
        )

    def _known(self, event: StackEvent) -> tuple[str, str, str]:
        if (found := find_cause(event.reason)) is None:
            return "", "", ""
        known, values = found
        wanted = set[str]().union(*map(names_in, known.commands))
        if "log_group" in wanted:
            values = {**values, "log_group": self._log_group(), "host": self._host(event)}
        values = {**values, **_values_of(event)}
        return known.kind, known.describe_hint(values), known.choose_command(values)

    def _log_group(self) -> str:
        try:
            resources = self._stacks.list_resources(self._summary.stack_name)
        except CloudError:
            # The hint is then less exact; why the stack failed is known all the same.
            return ""
        groups = (
            each.physical_id
            for each in resources
            if each.resource_type == LOG_GROUP_TYPE and each.status != "DELETE_COMPLETE"
        )
        return next(groups, "")

    def _host(self, failed: StackEvent) -> str:
        found = (
            _FAILED_HOST.search(each.reason)
            for each in self._events
            if each.logical_id == failed.logical_id
        )
        return next((each[1] for each in found if each), "")


def _rolls_back(event: StackEvent) -> bool:
    return event.is_of_stack and event.status.endswith("ROLLBACK_IN_PROGRESS")


def _own_failures(
    events: Sequence[StackEvent], *, besides: StackEvent | None
) -> Iterable[StackEvent]:
    """Return the last failure of each resource: CloudFormation tries a deletion several times.

    Args:
        events: What happened.
        besides: One that is told already. What fails again while it is rolled back counts.
    """
    failures = {
        each.logical_id: each
        for each in events
        if each.status.endswith("_FAILED") and not each.is_of_stack and not is_consequence(each)
    }
    same = besides.logical_id if besides and besides in events else ""
    return [each for name, each in failures.items() if name != same]


def _values_of(event: StackEvent) -> Mapping[str, str]:
    """Return what a resource's type and id give to the commands of a hint."""
    values = {
        name: event.physical_id
        for prefix, name in _EC2_IDS.items()
        if event.physical_id.startswith(prefix)
    }
    if event.resource_type == "AWS::AutoScaling::AutoScalingGroup":
        values["group"] = event.physical_id
    if event.resource_type == STACK_TYPE:
        values["nested_stack"] = event.physical_id
    return values
