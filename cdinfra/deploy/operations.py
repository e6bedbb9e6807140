"""Follows an operation on a stack, from the call that starts it to its last event."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Self
from uuid import uuid4

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackEvent
from cdinfra.deploy.observe import ObservedStack
from cdinfra.deploy.poller import Poller, Step, Task
from cdinfra.events import OnEvent, ResourceChanged

QUIET_TURNS = 5
"""After so many polls without an event, the stack itself is looked at.

A stack in review is deleted so fast that it may leave no event, and an operation of
somebody else may have taken the place of ours.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an operation ended.

    Attributes:
        status: The stack's status.
        events: The operation's events, oldest first.
    """

    status: StackStatus
    events: tuple[StackEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A stack that is worked on.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name.
        stack_id: ARN: the name is lost when the stack is deleted.
    """

    stack: str
    stack_name: str
    stack_id: str

    @classmethod
    def of(cls, observed: ObservedStack) -> Self:
        """Return the target for a stack that exists."""
        description = observed.description
        return cls(
            stack=observed.stack,
            stack_name=description.name,
            stack_id=description.stack_id,
        )


class Operations:
    """Starts and follows operations; knows which are under way.

    Args:
        stacks: CloudFormation.
        poller: Drives the waiting.
        on_event: Told of every event, as it comes.
    """

    def __init__(self, stacks: StackApi, *, poller: Poller, on_event: OnEvent) -> None:
        self._stacks = stacks
        self._poller = poller
        self._on_event = on_event
        self._under_way: dict[str, Target] = {}

    @property
    def under_way(self) -> tuple[Target, ...]:
        """The stacks whose operations were started and have not ended."""
        return tuple(self._under_way.values())

    def is_under_way(self, stack: str) -> bool:
        """Whether the operation on a stack was started and has not ended."""
        return stack in self._under_way

    def start(self, target: Target, start: Callable[[str], None]) -> Task[Ended]:
        """Start an operation and follow it to its end.

        Args:
            target: The stack.
            start: Starts it; gets the token to stamp it with.
        """
        token = uuid4().hex
        seen = yield from self._poller.patiently(lambda: self._newest(target.stack_id))
        self._under_way[target.stack] = target
        try:
            # Asking twice is no harm: by the token CloudFormation knows the second from the first.
            yield from self._poller.persistently(lambda: start(token))
        except Exception:
            del self._under_way[target.stack]
            raise
        return (yield from self._follow(target, seen, token))

    def wait(self, target: Target) -> Task[Ended]:
        """Follow an operation that somebody else started, from now on."""
        seen = yield from self._poller.patiently(lambda: self._newest(target.stack_id))
        self._under_way[target.stack] = target
        described = yield from self._poller.persistently(
            lambda: self._stacks.describe_stack(target.stack_id)
        )
        if described is None or not described.status.is_running:
            # It ended between two looks.
            del self._under_way[target.stack]
            status = described.status if described else StackStatus.DELETE_COMPLETE
            return Ended(status=status, events=())
        return (yield from self._follow(target, seen, token=""))

    def _follow(self, target: Target, seen: str, token: str) -> Task[Ended]:
        history: list[StackEvent] = []
        quiet = 0
        while True:
            last = history[-1].event_id if history else seen
            fresh = yield from self._poller.persistently(
                partial(self._after, target.stack_id, last)
            )
            for each in fresh:
                self._on_event(told(target.stack, each))
            history += fresh
            quiet = 0 if fresh else quiet + 1
            # An event of the operation before may come late.
            status = _final_status(each for each in fresh if each.token in {token, ""} or not token)
            if status is None and quiet >= QUIET_TURNS:
                status = yield from self._status_now(target, begun=bool(history))
                quiet = 0
            if status is not None:
                del self._under_way[target.stack]
                return Ended(status=status, events=tuple(history))
            yield Step.NEWS if fresh else Step.QUIET

    def _newest(self, stack_id: str) -> str:
        newest = next(self._stacks.describe_events(stack_id), None)
        return newest.event_id if newest else ""

    def _after(self, stack_id: str, seen: str) -> tuple[StackEvent, ...]:
        fresh = []
        for event in self._stacks.describe_events(stack_id):
            if event.event_id == seen:
                break
            fresh.append(event)
        return tuple(reversed(fresh))

    def _status_now(self, target: Target, *, begun: bool) -> Task[StackStatus | None]:
        """Return the status in which the stack rests; None while an operation runs."""
        described = yield from self._poller.persistently(
            lambda: self._stacks.describe_stack(target.stack_id)
        )
        status = described.status if described else StackStatus.DELETE_COMPLETE
        # Before the first event, a status at rest is the one from before the operation.
        at_rest = begun and _is_final(status)
        return status if at_rest or status is StackStatus.DELETE_COMPLETE else None


def _final_status(events: Iterable[StackEvent]) -> StackStatus | None:
    known = frozenset(StackStatus)
    own = [StackStatus(each.status) for each in events if each.is_of_stack and each.status in known]
    return own[-1] if own and _is_final(own[-1]) else None


def _is_final(status: StackStatus) -> bool:
    return not status.is_running and status is not StackStatus.REVIEW_IN_PROGRESS


def told(stack: str, event: StackEvent) -> ResourceChanged:
    """Return CloudFormation's event as the app's own."""
    return ResourceChanged(
        stack=stack,
        timestamp=event.timestamp,
        logical_id=event.logical_id,
        physical_id=event.physical_id,
        resource_type=event.resource_type,
        status=event.status,
        reason=event.reason,
    )
