"""The calls about drift."""

import json
from types import MappingProxyType

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.api_call import Answer, Call, Handler, page
from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.api_views import View, without_empty
from cdinfra.local.cloudformation.drift_detection import detect_resource, start_detection
from cdinfra.local.cloudformation.drift_records import ResourceDrift
from cdinfra.local.cloudformation.stack_lookup import existing_stack
from cdinfra.local.cloudformation.state import Stack, StackResource
from cdinfra.local.resources.contract import ResourceError

MAX_RESULTS = 100

_DETECTABLE = frozenset(
    {
        StackStatus.CREATE_COMPLETE,
        StackStatus.UPDATE_COMPLETE,
        StackStatus.UPDATE_ROLLBACK_COMPLETE,
        StackStatus.UPDATE_ROLLBACK_FAILED,
        StackStatus.IMPORT_COMPLETE,
        StackStatus.IMPORT_ROLLBACK_COMPLETE,
    }
)
"""Statuses in which drift can be detected.

Source: AWS CloudFormation User Guide, "Considerations when detecting drift".
"""


def detect_stack_drift(call: Call) -> Answer:
    """DetectStackDrift."""
    stack = _detectable(call)
    wanted = frozenset(call.given.get("LogicalResourceIds", ()))
    unknown = sorted(wanted - stack.resources.keys())
    if unknown:
        raise ApiError(f"Resource {unknown[0]} does not exist for stack {stack.name}")
    detection = start_detection(call.engine, call.state, stack, wanted)
    return {"StackDriftDetectionId": detection.detection_id}


def describe_stack_drift_detection_status(call: Call) -> Answer:
    """DescribeStackDriftDetectionStatus."""
    detection = call.state.detections.get(call.text("StackDriftDetectionId"))
    if detection is None:
        raise ApiError(f"Drift detection {call.text('StackDriftDetectionId')} does not exist")
    view = {
        "StackId": detection.stack_id,
        "StackDriftDetectionId": detection.detection_id,
        "DetectionStatus": detection.status,
        "DetectionStatusReason": detection.reason,
        "Timestamp": detection.at,
    }
    if detection.status == "DETECTION_COMPLETE":
        view |= {
            "StackDriftStatus": detection.stack_status,
            "DriftedStackResourceCount": detection.drifted,
        }
    return without_empty(view)


def detect_stack_resource_drift(call: Call) -> Answer:
    """DetectStackResourceDrift."""
    stack = _detectable(call)
    resource = stack.resources.get(call.text("LogicalResourceId"))
    if resource is None or not resource.exists:
        raise ApiError(
            f"Resource {call.text('LogicalResourceId')} does not exist for stack {stack.name}"
        )
    try:
        drift = detect_resource(call.engine, stack, resource)
    except ResourceError as error:
        raise ApiError(error.reason) from error
    return {"StackResourceDrift": _show(stack, resource, drift)}


def describe_stack_resource_drifts(call: Call) -> Answer:
    """DescribeStackResourceDrifts."""
    stack = existing_stack(call.state, call.text("StackName"))
    wanted = frozenset(call.given.get("StackResourceDriftStatusFilters", ()))
    with stack.lock:
        drifts = [
            _show(stack, one, one.drift)
            for _, one in sorted(stack.resources.items())
            if one.drift is not None and (not wanted or one.drift.status in wanted)
        ]
    size = int(call.given.get("MaxResults", MAX_RESULTS))
    return page(call, "StackResourceDrifts", drifts, size)


def _detectable(call: Call) -> Stack:
    stack = existing_stack(call.state, call.text("StackName"))
    if stack.status not in _DETECTABLE:
        raise ApiError(
            f"Drift detection cannot be performed on stack [{stack.stack_id}] while it is in "
            f"{stack.status} state"
        )
    return stack


def _show(stack: Stack, resource: StackResource, drift: ResourceDrift) -> View:
    return without_empty(
        {
            "StackId": stack.stack_id,
            "LogicalResourceId": resource.logical_id,
            "PhysicalResourceId": resource.physical_id,
            "ResourceType": resource.resource_type,
            "ExpectedProperties": json.dumps(drift.expected, default=str),
            "ActualProperties": None
            if drift.actual is None
            else json.dumps(drift.actual, default=str),
            "PropertyDifferences": [
                {
                    "PropertyPath": one.path,
                    "ExpectedValue": one.expected,
                    "ActualValue": one.actual,
                    "DifferenceType": one.difference_type,
                }
                for one in drift.differences
            ],
            "StackResourceDriftStatus": drift.status,
            "Timestamp": drift.checked_at,
        }
    )


HANDLERS: MappingProxyType[str, Handler] = MappingProxyType(
    {
        "DetectStackDrift": detect_stack_drift,
        "DescribeStackDriftDetectionStatus": describe_stack_drift_detection_status,
        "DetectStackResourceDrift": detect_stack_resource_drift,
        "DescribeStackResourceDrifts": describe_stack_resource_drifts,
    }
)
