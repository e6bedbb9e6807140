"""Finds what was changed in the cloud past the templates of the app's stacks."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.drift import DetectionStatus, Drift, DriftDetection, ResourceDrift
from cdinfra.aws.failures import error_code
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.poller import Poller, Step, Task
from cdinfra.deploy.summary import StackSummary
from cdinfra.errors import CloudError

DETECTABLE = frozenset(
    {
        StackStatus.CREATE_COMPLETE,
        StackStatus.UPDATE_COMPLETE,
        StackStatus.UPDATE_ROLLBACK_COMPLETE,
        StackStatus.UPDATE_ROLLBACK_FAILED,
        StackStatus.IMPORT_COMPLETE,
        StackStatus.IMPORT_ROLLBACK_COMPLETE,
    }
)
"""Statuses in which CloudFormation detects drift.

Source: CloudFormation user guide, "Considerations when detecting drift".
"""

LONGEST_SECONDS = 1800.0
"""How long a detection is waited for; "up to several minutes" is usual.

Source: CloudFormation API reference, DetectStackDrift.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackDrift:
    """What was found of one stack.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name.
        status: CloudFormation status; empty where it is not deployed.
        drift: What was found.
        reason: Why it, or some of its resources, could not be checked; else empty.
        resources: The resources that have drifted.
    """

    stack: str
    stack_name: str
    status: str
    drift: Drift = Drift.NOT_CHECKED
    reason: str = ""
    resources: tuple[ResourceDrift, ...] = ()


class Detections:
    """Detects the drift of many stacks at once.

    Args:
        stacks: CloudFormation.
        poller: Drives the waiting.
        clock: What time it is.
    """

    def __init__(self, stacks: StackApi, *, poller: Poller, clock: Clock) -> None:
        self._stacks = stacks
        self._poller = poller
        self._clock = clock

    def run(self, summaries: Iterable[StackSummary]) -> tuple[StackDrift, ...]:
        """Detect the drift of the stacks that allow it, and return what was found of each.

        Raises:
            CloudError: The cloud cannot be asked, does not permit it, or keeps throttling.
        """
        tasks = {each.stack: self._check(each) for each in summaries}
        return tuple(self._poller.run(tasks).values())

    def _check(self, stack: StackSummary) -> Task[StackDrift]:
        found = partial(
            StackDrift, stack=stack.stack, stack_name=stack.stack_name, status=stack.status
        )
        if not stack.status:
            return found(reason="is not deployed")
        if stack.status not in DETECTABLE:
            return found(reason=f"{stack.status} does not allow it")
        detection = yield from self._detect(stack.stack_name)
        if detection.drift is Drift.IN_SYNC and not detection.reason:
            return found(drift=Drift.IN_SYNC)
        resources = yield from self._poller.persistently(
            lambda: self._stacks.describe_resource_drifts(stack.stack_name), bounded=True
        )
        # A detection that failed for one resource still found the drift of others.
        drift = Drift.DRIFTED if resources else detection.drift
        return found(drift=drift, reason=detection.reason, resources=resources)

    def _detect(self, stack_name: str) -> Task[DriftDetection]:
        since = self._clock.now()
        try:
            detection_id = yield from self._poller.persistently(
                lambda: self._stacks.detect_drift(stack_name), bounded=True
            )
        except CloudError as error:
            # Somebody changes, checks or deletes the stack at this moment: the others go on.
            if error_code(error.__cause__) == "ValidationError":
                return _unknown(error.message)
            raise
        while (self._clock.now() - since).total_seconds() <= LONGEST_SECONDS:
            detection = yield from self._poller.persistently(
                lambda: self._stacks.describe_drift_detection(detection_id), bounded=True
            )
            if detection.status is not DetectionStatus.IN_PROGRESS:
                return detection
            yield Step.QUIET
        return _unknown(f"the detection did not end within {LONGEST_SECONDS / 60:.0f} min")


def _unknown(reason: str) -> DriftDetection:
    return DriftDetection(status=DetectionStatus.FAILED, reason=reason)
