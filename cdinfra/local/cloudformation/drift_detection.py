"""Detects drift: reads every resource as it truly is and compares it with its template."""

import json
import logging
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from cdinfra.local.cloudformation.drift import property_differences
from cdinfra.local.cloudformation.drift_records import DriftDetection, ResourceDrift
from cdinfra.local.cloudformation.engine import Engine
from cdinfra.local.cloudformation.intrinsics import MASK
from cdinfra.local.cloudformation.redaction import redacted, redacted_difference
from cdinfra.local.cloudformation.requests import Requests
from cdinfra.local.cloudformation.schema import load_schema
from cdinfra.local.cloudformation.stack_tags import with_stack_tags
from cdinfra.local.cloudformation.state import Stack, StackResource
from cdinfra.local.cloudformation.status import DriftStatus, ResourceDriftStatus
from cdinfra.local.cloudformation.stop import StopSignal
from cdinfra.local.cloudformation.store import RegionState
from cdinfra.local.resources.contract import Properties, ResourceError

logger = logging.getLogger(__name__)


def start_detection(
    engine: Engine, state: RegionState, stack: Stack, wanted: frozenset[str]
) -> DriftDetection:
    """Begin to detect the drift of a stack, in a thread.

    Args:
        engine: The engine.
        state: The region.
        stack: The stack.
        wanted: Logical ids to look at; empty means all.
    """
    detection = DriftDetection(
        detection_id=str(uuid4()), stack_id=stack.stack_id, at=engine.services.clock.now()
    )
    with state.lock:
        state.detections[detection.detection_id] = detection

    def work() -> None:
        try:
            drifted, reason = detect_stack(engine, stack, wanted)
        except Exception as error:  # a type that cannot be read fails the detection
            logger.exception("the drift of stack %s cannot be detected", stack.name)
            ended = replace(
                detection, status="DETECTION_FAILED", reason=f"Internal Failure: {error}"
            )
        else:
            ended = replace(
                detection,
                status="DETECTION_FAILED" if reason else "DETECTION_COMPLETE",
                reason=reason,
                drifted=drifted,
            )
        with state.lock:
            state.detections[detection.detection_id] = replace(
                ended, at=engine.services.clock.now(), stack_status=stack.drift_status
            )

    engine.spawn(work, name=f"{stack.name}:drift")
    return detection


def detect_stack(engine: Engine, stack: Stack, wanted: frozenset[str]) -> tuple[int, str]:
    """Look at the resources of a stack.

    Args:
        engine: The engine.
        stack: The stack.
        wanted: Logical ids to look at; empty means all.

    Returns:
        How many have drifted, and why some could not be looked at.
    """
    with stack.lock:
        resources = [
            one
            for name, one in stack.resources.items()
            if one.exists and (not wanted or name in wanted)
        ]
    problems: list[str] = []
    for resource in resources:
        try:
            detect_resource(engine, stack, resource)
        except ResourceError as error:
            problems.append(f"{resource.logical_id}: {error.reason}")
    with stack.lock:
        drifts = [one.drift for one in stack.resources.values() if one.drift is not None]
        bad = {ResourceDriftStatus.MODIFIED, ResourceDriftStatus.DELETED}
        drifted = sum(1 for one in drifts if one.status in bad)
        stack.drift_status = DriftStatus.DRIFTED if drifted else DriftStatus.IN_SYNC
        stack.drift_checked_at = engine.services.clock.now()
    return drifted, "; ".join(problems)


def detect_resource(engine: Engine, stack: Stack, resource: StackResource) -> ResourceDrift:
    """Look at one resource, and keep what was found.

    Args:
        engine: The engine.
        stack: The stack.
        resource: The resource.

    Raises:
        ResourceError: It cannot be read.
    """
    carried = engine.services.types.get(resource.resource_type)
    if carried is None:
        raise ResourceError(f"the local cloud does not carry {resource.resource_type}")
    # Without the stack's tags a type shows all that the resource has, those among them.
    requests = Requests(engine.services, stack, StopSignal(), {}, None)
    request = requests.build(resource, resource.properties)
    actual = carried.read(request, resource.resource)
    drift = compare_resource(resource, actual, engine.services.clock.now())
    with stack.lock:
        current = stack.resources.get(resource.logical_id)
        if current is not None and current.token == resource.token:
            stack.resources[resource.logical_id] = replace(current, drift=drift)
    return drift


def compare_resource(
    resource: StackResource, actual: Properties | None, at: datetime
) -> ResourceDrift:
    """Return how a resource differs from its template.

    Args:
        resource: The resource.
        actual: Its properties as they are; None where it is gone.
        at: The time, UTC.
    """
    schema = load_schema(resource.resource_type)

    def tagged(properties: Properties) -> Properties:
        return with_stack_tags(schema, properties, resource.tags)

    literal, shown = tagged(resource.literal), tagged(_shown(resource))
    given = tagged(_plain(resource.properties))
    if actual is None:
        status = ResourceDriftStatus.DELETED
        return ResourceDrift(status=status, checked_at=at, expected=shown, actual=None)
    differences = property_differences(schema, literal, actual)
    return ResourceDrift(
        status=ResourceDriftStatus.MODIFIED if differences else ResourceDriftStatus.IN_SYNC,
        checked_at=at,
        expected=shown,
        actual=redacted(given, shown, {name: actual[name] for name in given if name in actual}),
        differences=tuple(redacted_difference(given, shown, one) for one in differences),
    )


def _shown(resource: StackResource) -> Properties:
    if not resource.shown:
        return dict.fromkeys(resource.literal, MASK)
    shown: Properties = json.loads(resource.shown)
    return shown


def _plain(properties: Properties) -> Properties:
    """Return properties as they are once they were JSON."""
    plain: Properties = json.loads(json.dumps(properties, default=str))
    return plain
