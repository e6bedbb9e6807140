"""In which state an invocation is, and what the states of all of them make of a command.

Source: Systems Manager user guide, "Understanding command statuses".
"""

from collections.abc import Sequence
from enum import StrEnum


class State(StrEnum):
    """State of a command, or of one invocation: SSM's ``StatusDetails``."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    CANCELLING = "Cancelling"
    SUCCESS = "Success"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    EXECUTION_TIMED_OUT = "ExecutionTimedOut"
    DELIVERY_TIMED_OUT = "DeliveryTimedOut"
    UNDELIVERABLE = "Undeliverable"
    TERMINATED = "Terminated"
    INCOMPLETE = "Incomplete"
    NO_INSTANCES_IN_TAG = "NoInstancesInTag"

    @property
    def status(self) -> str:
        """SSM's ``Status``, which knows fewer words."""
        return _STATUSES.get(self, self.value)

    @property
    def is_final(self) -> bool:
        """Whether it stays so."""
        return self not in {State.PENDING, State.IN_PROGRESS, State.CANCELLING}

    @property
    def is_error(self) -> bool:
        """Whether it counts against ``MaxErrors``."""
        return self in {State.FAILED, State.EXECUTION_TIMED_OUT}


_STATUSES = {
    State.EXECUTION_TIMED_OUT: "TimedOut",
    State.DELIVERY_TIMED_OUT: "TimedOut",
    State.UNDELIVERABLE: "Failed",
    State.TERMINATED: "Failed",
    State.INCOMPLETE: "Failed",
    State.NO_INSTANCES_IN_TAG: "Success",
}


def allowed(limit: str, targets: int) -> int:
    """Return how many targets a ``MaxConcurrency`` or ``MaxErrors`` means.

    >>> allowed("10", 30), allowed("10%", 30), allowed("10%", 5)
    (10, 3, 0)

    Args:
        limit: A number or a percentage.
        targets: How many there are.
    """
    if limit.endswith("%"):
        return targets * int(limit[:-1]) // 100
    return int(limit)


def state_of_command(states: Sequence[State], max_errors: int) -> State:
    """Return the state of a command whose invocations are in these states.

    Args:
        states: One for each target.
        max_errors: How many errors are forgiven.
    """
    if not states:
        return State.NO_INSTANCES_IN_TAG
    if not all(state.is_final for state in states):
        return _state_under_way(states)
    errors = [state for state in states if state.is_error]
    if len(errors) > max_errors:
        return State.FAILED if State.FAILED in errors else State.EXECUTION_TIMED_OUT
    if State.CANCELLED in states:
        return State.CANCELLED
    if State.DELIVERY_TIMED_OUT in states and State.SUCCESS not in states:
        return State.DELIVERY_TIMED_OUT
    counted = [state for state in states if state is not State.UNDELIVERABLE]
    is_whole = counted and all(state is State.SUCCESS for state in counted)
    return State.SUCCESS if is_whole else State.INCOMPLETE


def _state_under_way(states: Sequence[State]) -> State:
    if State.CANCELLING in states:
        return State.CANCELLING
    is_untouched = all(state is State.PENDING for state in states)
    return State.PENDING if is_untouched else State.IN_PROGRESS
