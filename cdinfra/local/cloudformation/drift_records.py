"""What drift detection finds, as the stacks keep it."""

from dataclasses import dataclass
from datetime import datetime

from cdinfra.local.cloudformation.drift import PropertyDifference
from cdinfra.local.cloudformation.status import DriftStatus, ResourceDriftStatus
from cdinfra.local.resources.contract import Properties


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceDrift:
    """What drift detection last found of a resource.

    Attributes:
        status: The finding.
        checked_at: When, UTC.
        expected: Properties as the template says.
        actual: Properties as they are; None where the resource is gone.
        differences: Where it differs.
    """

    status: ResourceDriftStatus
    checked_at: datetime
    expected: Properties
    actual: Properties | None
    differences: tuple[PropertyDifference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftDetection:
    """One detection of the drift of a stack.

    Attributes:
        detection_id: UUID.
        stack_id: ARN of the stack.
        at: When it began or ended, UTC.
        status: ``DETECTION_IN_PROGRESS``, ``DETECTION_COMPLETE`` or ``DETECTION_FAILED``.
        reason: Why it failed.
        stack_status: What was found of the stack.
        drifted: How many of its resources have drifted.
    """

    detection_id: str
    stack_id: str
    at: datetime
    status: str = "DETECTION_IN_PROGRESS"
    reason: str = ""
    stack_status: DriftStatus = DriftStatus.UNKNOWN
    drifted: int = 0
