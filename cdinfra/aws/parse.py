"""Turns CloudFormation's answers into frozen values; AWS's prose is matched here, and only here."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from cdinfra.aws.change_set import (
    ChangeAction,
    ChangeSet,
    ChangeSetStatus,
    PropertyChange,
    Replacement,
    ResourceChange,
)
from cdinfra.aws.drift import (
    DetectionStatus,
    Drift,
    DriftDetection,
    PropertyDrift,
    ResourceDrift,
    ResourceDriftStatus,
)
from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import DeletedStack, StackDescription, StackEvent, StackResource
from cdinfra.errors import CloudError

NO_CHANGE_TEXTS = (
    "The submitted information didn't contain changes.",
    "No updates are to be performed",
)
"""How the reason of a change set starts that failed because nothing would change.

Source: CloudFormation answers so to CreateChangeSet; it documents neither text. The
second comes with templates that have transforms.
"""

MISSING_STACK_TEXT = "does not exist"
"""Part of the ValidationError for a stack that is not there. Source: as above."""

_RECREATION = {
    "Always": Replacement.ALWAYS,
    "Conditionally": Replacement.CONDITIONAL,
    "Never": Replacement.NEVER,
}


def parse_stack(stack: Mapping[str, Any]) -> StackDescription:
    """Parse one of DescribeStacks' ``Stacks``."""
    parameters = stack.get("Parameters", ())
    return StackDescription(
        stack_id=stack["StackId"],
        name=stack["StackName"],
        status=_stack_status(stack["StackStatus"]),
        reason=stack.get("StackStatusReason", ""),
        created_at=stack["CreationTime"],
        updated_at=stack.get("LastUpdatedTime"),
        parameters={each["ParameterKey"]: each.get("ParameterValue", "") for each in parameters},
        resolved={
            each["ParameterKey"]: each["ResolvedValue"]
            for each in parameters
            if "ResolvedValue" in each
        },
        outputs={each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())},
        tags={each["Key"]: each["Value"] for each in stack.get("Tags", ())},
        protected=stack.get("EnableTerminationProtection", False),
        settings=_operation_settings(stack),
        parent_id=stack.get("ParentId", ""),
        drift=stack.get("DriftInformation", {}).get("StackDriftStatus", "NOT_CHECKED"),
    )


def _operation_settings(stack: Mapping[str, Any]) -> OperationSettings:
    rollback = stack.get("RollbackConfiguration", {})
    return OperationSettings(
        role_arn=stack.get("RoleARN", ""),
        notification_arns=tuple(stack.get("NotificationARNs", ())),
        rollback_alarms=tuple(each["Arn"] for each in rollback.get("RollbackTriggers", ())),
        monitoring_minutes=rollback.get("MonitoringTimeInMinutes", 0),
    )


def _stack_status(status: str) -> StackStatus:
    try:
        return StackStatus(status)
    except ValueError:
        hint = "a newer version of cdinfra may know it"
        raise CloudError(f"CloudFormation reports an unknown status: {status}", hint=hint) from None


def parse_deleted_stack(summary: Mapping[str, Any]) -> DeletedStack:
    """Parse one stack of ListStacks that is deleted."""
    return DeletedStack(
        stack_id=summary["StackId"],
        name=summary["StackName"],
        deleted_at=summary["DeletionTime"],
        parent_id=summary.get("ParentId", ""),
    )


def parse_event(event: Mapping[str, Any]) -> StackEvent:
    """Parse one of DescribeStackEvents' ``StackEvents``."""
    return StackEvent(
        event_id=event["EventId"],
        stack_id=event["StackId"],
        timestamp=event["Timestamp"],
        logical_id=event.get("LogicalResourceId", ""),
        physical_id=event.get("PhysicalResourceId", ""),
        resource_type=event.get("ResourceType", ""),
        status=event.get("ResourceStatus", ""),
        reason=event.get("ResourceStatusReason", ""),
        token=event.get("ClientRequestToken", ""),
    )


def parse_resource(resource: Mapping[str, Any]) -> StackResource:
    """Parse one of ListStackResources' ``StackResourceSummaries``."""
    return StackResource(
        logical_id=resource["LogicalResourceId"],
        physical_id=resource.get("PhysicalResourceId", ""),
        resource_type=resource["ResourceType"],
        status=resource["ResourceStatus"],
        reason=resource.get("ResourceStatusReason", ""),
    )


def parse_identifiers(answer: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Parse GetTemplateSummary's ``ResourceIdentifierSummaries``: identifying properties by type.

    A type that cannot be imported is not among them, or has none.
    """
    return {
        each["ResourceType"]: tuple(each["ResourceIdentifiers"])
        for each in answer.get("ResourceIdentifierSummaries", ())
        if each.get("ResourceIdentifiers")
    }


def parse_detection(answer: Mapping[str, Any]) -> DriftDetection:
    """Parse the answer of DescribeStackDriftDetectionStatus."""
    drift = answer.get("StackDriftStatus", Drift.NOT_CHECKED)
    return DriftDetection(
        status=DetectionStatus(answer["DetectionStatus"]),
        # There is UNKNOWN besides: a resource could not be looked at.
        drift=Drift(drift) if drift in set(Drift) else Drift.NOT_CHECKED,
        reason=answer.get("DetectionStatusReason", ""),
    )


def parse_resource_drift(drift: Mapping[str, Any]) -> ResourceDrift:
    """Parse one of DescribeStackResourceDrifts' ``StackResourceDrifts`` that has drifted."""
    return ResourceDrift(
        logical_id=drift["LogicalResourceId"],
        physical_id=drift.get("PhysicalResourceId", ""),
        resource_type=drift["ResourceType"],
        status=ResourceDriftStatus(drift["StackResourceDriftStatus"]),
        checked_at=drift["Timestamp"],
        properties=tuple(map(_property_drift, drift.get("PropertyDifferences", ()))),
    )


def _property_drift(difference: Mapping[str, Any]) -> PropertyDrift:
    # Where there is no value, CloudFormation writes the text "null".
    kind = difference["DifferenceType"]
    return PropertyDrift(
        path=_dotted(difference["PropertyPath"]),
        expected=None if kind == "ADD" else difference["ExpectedValue"],
        actual=None if kind == "REMOVE" else difference["ActualValue"],
    )


def parse_template(body: object) -> Mapping[str, Any] | None:
    """Return a template's JSON values; None where it is YAML.

    botocore already parses a JSON template, and leaves a YAML one as text.
    Source: botocore/handlers.py, ``json_decode_template_body``.
    """
    if isinstance(body, Mapping):
        return body
    try:
        parsed = json.loads(str(body))
    except json.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) else None


def parse_change_set(pages: Iterable[Mapping[str, Any]]) -> ChangeSet:
    """Parse all pages of DescribeChangeSet."""
    answers = tuple(pages)
    first = answers[0]
    status, reason = ChangeSetStatus(first["Status"]), first.get("StatusReason", "")
    return ChangeSet(
        arn=first["ChangeSetId"],
        stack_id=first["StackId"],
        status=status,
        reason=reason,
        is_empty=status is ChangeSetStatus.FAILED and reason.startswith(NO_CHANGE_TEXTS),
        changes=tuple(
            _resource_change(change["ResourceChange"])
            for answer in answers
            for change in answer.get("Changes", ())
            if "ResourceChange" in change
        ),
    )


def _resource_change(change: Mapping[str, Any]) -> ResourceChange:
    action = change["Action"]
    known = action in set(ChangeAction)
    return ResourceChange(
        logical_id=change["LogicalResourceId"],
        resource_type=change["ResourceType"],
        action=ChangeAction(action) if known else ChangeAction.DYNAMIC,
        physical_id=change.get("PhysicalResourceId", ""),
        replacement=Replacement(change.get("Replacement", Replacement.NEVER)),
        properties=_property_changes(change.get("Details", ())),
    )


def _property_changes(details: Iterable[Mapping[str, Any]]) -> tuple[PropertyChange, ...]:
    # One property has several details when several causes change it, for example a
    # parameter and the template: the strictest replacement counts.
    merged: dict[str, PropertyChange] = {}
    for detail in details:
        change = _property_change(detail["Target"])
        known = merged.get(change.path)
        if known is None or _rank(change.replacement) > _rank(known.replacement):
            merged[change.path] = change
    return tuple(merged.values())


def _property_change(target: Mapping[str, Any]) -> PropertyChange:
    return PropertyChange(
        path=_path(target),
        before=target.get("BeforeValue"),
        after=target.get("AfterValue"),
        replacement=_RECREATION.get(target.get("RequiresRecreation", ""), Replacement.NEVER),
    )


def _path(target: Mapping[str, Any]) -> str:
    if path := target.get("Path"):
        return _dotted(path)
    return ".".join(filter(None, (target.get("Attribute", ""), target.get("Name", ""))))


def _dotted(pointer: str) -> str:
    return pointer.strip("/").replace("/", ".")


def _rank(replacement: Replacement) -> int:
    return (Replacement.NEVER, Replacement.CONDITIONAL, Replacement.ALWAYS).index(replacement)
