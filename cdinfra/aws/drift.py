"""What CloudFormation finds when it compares a stack's resources with its template."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Drift(StrEnum):
    """Whether a stack is as its template says."""

    IN_SYNC = "IN_SYNC"
    DRIFTED = "DRIFTED"
    NOT_CHECKED = "NOT_CHECKED"


class DetectionStatus(StrEnum):
    """How far a detection is."""

    IN_PROGRESS = "DETECTION_IN_PROGRESS"
    COMPLETE = "DETECTION_COMPLETE"
    FAILED = "DETECTION_FAILED"


class ResourceDriftStatus(StrEnum):
    """In what way a resource has drifted."""

    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftDetection:
    """One detection, as far as it is.

    Attributes:
        status: How far it is.
        drift: What was found of the stack; ``NOT_CHECKED`` where that is not known.
        reason: Why some resources could not be looked at; else empty.
    """

    status: DetectionStatus
    drift: Drift = Drift.NOT_CHECKED
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyDrift:
    """A value that is not as the template says.

    Attributes:
        path: Where it stands: ``Tags.0.Value``.
        expected: The template's; None where the template has none.
        actual: The one that is; None where there is none.
    """

    path: str
    expected: str | None
    actual: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceDrift:
    """A resource that is not as the template says.

    Attributes:
        logical_id: Name in the template.
        physical_id: Its id.
        resource_type: For example ``AWS::EC2::VPC``.
        status: Whether it was changed or is gone.
        checked_at: When that was found.
        properties: What was changed; empty where it is gone.
    """

    logical_id: str
    physical_id: str
    resource_type: str
    status: ResourceDriftStatus
    checked_at: datetime
    properties: tuple[PropertyDrift, ...] = ()
