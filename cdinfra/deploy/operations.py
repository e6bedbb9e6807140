"""Follows an operation on a stack, from the call that starts it to its last event."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice
from typing import Self

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackEvent
from cdinfra.deploy.cancelling import canceller, way_back
from cdinfra.deploy.expected_time import MOST_EVENTS, expected_times
from cdinfra.deploy.last_operation import last_operation
from cdinfra.deploy.observe import ObservedStack
from cdinfra.deploy.poller import Poller, Step, Task
from cdinfra.deploy.tokens import describe_start, new_token
from cdinfra.errors import CloudError, NoCredentialsError
from cdinfra.events import ExpectedTimes, Notice, OnEvent, ResourceChanged

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
        cancelled: CloudFormation was asked to take it back, and did not refuse.
    """

    status: StackStatus
    events: tuple[StackEvent, ...]
    cancelled: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """An operation that was started and has not ended.

    Attributes:
        target: The stack.
        status: The stack's status, as the last event tells it; empty before the first one.
    """

    target: Target
    status: str


@dataclass(slots=True, kw_only=True)
class _Followed:
    """What is known of an operation under way.

    Attributes:
        target: The stack.
        tokens: Those of the operation, and of what takes it back.
        history: Its events so far, oldest first.
        cancelled: CloudFormation takes it back.
    """

    target: Target
    tokens: set[str]
    history: list[StackEvent] = field(default_factory=list)
    cancelled: bool = False

    @property
    def status(self) -> str:
        return next((each.status for each in reversed(self.history) if each.is_of_stack), "")


class Operations:
    """Starts and follows operations; knows which are under way.

    Args:
        stacks: CloudFormation.
        poller: Drives the waiting.
        on_event: Told of every event, as it comes.

    Attributes:
        poller: Drives the waiting.
    """

    def __init__(self, stacks: StackApi, *, poller: Poller, on_event: OnEvent) -> None:
        self.poller = poller
        self._stacks = stacks
        self._on_event = on_event
        self._under_way: dict[str, _Followed] = {}
        self._to_cancel: set[str] = set()
        self._is_cancelled = False

    @property
    def under_way(self) -> tuple[UnderWay, ...]:
        """The operations that were started and have not ended."""
        followed = self._under_way.values()
        return tuple(UnderWay(target=each.target, status=each.status) for each in followed)

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody wants everything back as it was: nothing more is to be started."""
        return self._is_cancelled

    def is_under_way(self, stack: str) -> bool:
        """Whether the operation on a stack was started and has not ended."""
        return stack in self._under_way

    def cancel(self) -> None:
        """Take back what is under way; each operation is asked to when its turn comes."""
        self._is_cancelled = True
        self._to_cancel.update(self._under_way)

    def start(self, target: Target, start: Callable[[str], None]) -> Task[Ended]:
        """Start an operation and follow it to its end.

        Args:
            target: The stack.
            start: Starts it; gets the token to stamp it with.
        """
        token = new_token()
        past = yield from self.poller.patiently(
            lambda: tuple(islice(self._stacks.describe_events(target.stack_id), MOST_EVENTS))
        )
        self._tell_times(target, past)
        self._under_way[target.stack] = _Followed(target=target, tokens={token})
        try:
            # Asking twice is no harm: by the token CloudFormation knows the second from the first.
            yield from self.poller.persistently(lambda: start(token))
        except Exception:
            del self._under_way[target.stack]
            raise
        seen = past[0].event_id if past else ""
        return (yield from self._follow(target, (), seen))

    def create(self, target: Target, create: Callable[[str], str]) -> Task[Ended]:
        """Start an operation that makes a stack, and follow it to its end.

        Args:
            target: The stack, whose ARN nobody knows yet.
            create: Starts it; gets the token to stamp it with, and returns the ARN.
        """
        token = new_token()
        self._under_way[target.stack] = _Followed(target=target, tokens={token})
        try:
            stack_id = yield from self.poller.persistently(lambda: create(token))
        except Exception:
            del self._under_way[target.stack]
            raise
        made = replace(target, stack_id=stack_id)
        self._under_way[target.stack] = _Followed(target=made, tokens={token})
        return (yield from self._follow(made, (), seen=""))

    def attach(self, target: Target) -> Task[Ended]:
        """Follow an operation that was started before, by whomever, from its first event on.

        The token of the newest event says which events are the operation's.
        """
        described = yield from self.poller.persistently(
            lambda: self._stacks.describe_stack(target.stack_id)
        )
        past = yield from self.poller.persistently(lambda: self._last_operation(target))
        status = described.status if described else StackStatus.DELETE_COMPLETE
        message = f"{target.stack_name} is {status} ({describe_start(past)}): following it"
        self._on_event(Notice(message=message))
        for each in past:
            self._on_event(told(target.stack, each))
        if not status.is_running:
            # It ended between two looks.
            return Ended(status=status, events=past)
        tokens = {each.token for each in past[-1:]}
        self._under_way[target.stack] = _Followed(target=target, tokens=tokens)
        return (yield from self._follow(target, past, seen=""))

    def _follow(self, target: Target, fresh: tuple[StackEvent, ...], seen: str) -> Task[Ended]:
        followed = self._under_way[target.stack]
        followed.history += fresh
        quiet = 0
        while True:
            quiet = 0 if fresh else quiet + 1
            # An event of the operation before may come late.
            status = _final_status(each for each in fresh if each.token in followed.tokens)
            if status is None and quiet >= QUIET_TURNS:
                status = yield from self._status_now(target, begun=bool(followed.history))
                quiet = 0
                if status is not None:
                    # It may have ended since its events were asked for.
                    yield from self._listen(followed, seen)
            if status is not None:
                del self._under_way[target.stack]
                events = tuple(followed.history)
                return Ended(status=status, events=events, cancelled=followed.cancelled)
            if target.stack in self._to_cancel:
                yield from self._take_back(followed)
            yield Step.NEWS if fresh else Step.QUIET
            fresh = yield from self._listen(followed, seen)

    def _listen(self, followed: _Followed, seen: str) -> Task[tuple[StackEvent, ...]]:
        """Ask for the events since the last one that is known, and tell them."""
        target, history = followed.target, followed.history
        last = history[-1].event_id if history else seen
        fresh = yield from self.poller.persistently(partial(self._after, target.stack_id, last))
        for each in fresh:
            self._on_event(told(target.stack, each))
        history += fresh
        return fresh

    def _take_back(self, followed: _Followed) -> Task[None]:
        target, token = followed.target, new_token()
        self._to_cancel.discard(target.stack)
        described = yield from self.poller.persistently(
            lambda: self._stacks.describe_stack(target.stack_id)
        )
        status = described.status if described else None
        cancel = canceller(self._stacks, target.stack_id, status)
        if cancel is None:
            goes_on = f"{target.stack_name} is {status or 'gone'}: {way_back(status or 'gone')}"
            self._on_event(Notice(message=goes_on))
            return
        try:
            yield from self.poller.persistently(lambda: cancel(token))
        except NoCredentialsError:
            raise
        except CloudError as error:
            # Most likely it has come too far by now. Then it ends by itself.
            self._on_event(Notice(message=f"{target.stack_name}: {error.message}"))
            return
        followed.cancelled = True
        # A creation that ends beside its deletion is not the end.
        kept = set() if status is StackStatus.CREATE_IN_PROGRESS else followed.tokens
        followed.tokens = {*kept, token}

    def _last_operation(self, target: Target) -> tuple[StackEvent, ...]:
        newest_first = self._stacks.describe_events(target.stack_id)
        latest = tuple(islice(newest_first, MOST_EVENTS))
        self._tell_times(target, latest)
        return last_operation(chain(latest, newest_first))

    def _tell_times(self, target: Target, latest: tuple[StackEvent, ...]) -> None:
        if times := expected_times(latest):
            self._on_event(ExpectedTimes(stack=target.stack, times=times))

    def _after(self, stack_id: str, seen: str) -> tuple[StackEvent, ...]:
        fresh = []
        for event in self._stacks.describe_events(stack_id):
            if event.event_id == seen:
                break
            fresh.append(event)
        return tuple(reversed(fresh))

    def _status_now(self, target: Target, *, begun: bool) -> Task[StackStatus | None]:
        """Return the status in which the stack rests; None while an operation runs."""
        described = yield from self.poller.persistently(
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
