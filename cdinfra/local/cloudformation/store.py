"""The stacks and change sets of every account and region, in memory and behind one lock."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import RLock

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.change_set import ChangeSet
from cdinfra.local.cloudformation.drift_records import DriftDetection
from cdinfra.local.cloudformation.state import Stack


@dataclass(kw_only=True, eq=False)
class RegionState:
    """The stacks and change sets of one account in one region.

    Attributes:
        stacks: By ARN, oldest first, deleted ones too.
        change_sets: By ARN.
        detections: Drift detections by id.
        tokens: ``(stack name, token)`` to the call that had it, for repeated calls.
    """

    region: str
    account: str
    lock: RLock
    stacks: dict[str, Stack] = field(default_factory=dict)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    detections: dict[str, DriftDetection] = field(default_factory=dict)

    @property
    def partition(self) -> str:
        """Partition of the region."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    def find(self, name_or_arn: str, *, deleted: bool = True) -> Stack | None:
        """Return the stack of a name or ARN; a deleted one has its ARN only.

        Args:
            name_or_arn: What the caller gave.
            deleted: Whether a deleted stack may be found by its ARN.
        """
        with self.lock:
            found = self.stacks.get(name_or_arn)
            if found is not None:
                gone = found.status is StackStatus.DELETE_COMPLETE
                return None if gone and not deleted else found
            return next((one for one in self.living() if one.name == name_or_arn), None)

    def living(self) -> Iterator[Stack]:
        """Yield the stacks that are not deleted."""
        for stack in tuple(self.stacks.values()):
            if stack.status is not StackStatus.DELETE_COMPLETE:
                yield stack


class Store:
    """The state of every account and region."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._regions: dict[tuple[str, str], RegionState] = {}

    def region(self, region: str, account: str) -> RegionState:
        """Return the state of an account in a region, empty at first."""
        with self.lock:
            key = (account, region)
            if key not in self._regions:
                self._regions[key] = RegionState(region=region, account=account, lock=self.lock)
            return self._regions[key]

    def regions(self) -> tuple[RegionState, ...]:
        """Return every region that was asked for."""
        with self.lock:
            return tuple(self._regions.values())
