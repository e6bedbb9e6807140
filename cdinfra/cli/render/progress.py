"""Where every stack of a plan stands, folded from events: what is drawn and told of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cdinfra.aws.stacks import STACK_TYPE
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.events import (
    Event,
    ExpectedTimes,
    Outcome,
    ResourceChanged,
    StackFinished,
    StackStarted,
)

DOING = {
    Verb.CREATE: "creating",
    Verb.UPDATE: "updating",
    Verb.IMPORT: "importing",
    Verb.DELETE: "deleting",
    Verb.UNCHANGED: "checking",
}

ROLLING_BACK = "rolling back"

_DOING_BY_STATUS = {
    "CREATE_IN_PROGRESS": "creating",
    "UPDATE_IN_PROGRESS": "updating",
    "DELETE_IN_PROGRESS": "deleting",
    "IMPORT_IN_PROGRESS": "importing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceProgress:
    """One resource under way.

    Attributes:
        logical_id: Name of the resource in the template.
        resource_type: For example ``AWS::EC2::VPC``.
        status: For example ``CREATE_IN_PROGRESS``.
        started: When that began, in seconds since 1970.
        expected: How many seconds it took the last time; None where nobody knows.
    """

    logical_id: str
    resource_type: str
    status: str
    started: float
    expected: float | None = None

    @property
    def doing(self) -> str:
        """What is done with it, in a word."""
        return _DOING_BY_STATUS.get(self.status, ROLLING_BACK)

    def elapsed(self, now: float) -> float:
        """Return for how many seconds it has been under way."""
        return now - self.started


@dataclass(slots=True, kw_only=True)
class StackProgress:
    """One stack on its way.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name.
        verb: What is done with it.
        after: Stacks that must be finished before.
        total: Resources that change; 0 where that is not known.
        follows: Whether it was under way already; then its events tell when things began.
        started: When work on it began, in seconds since 1970; None before.
        seconds: How long it took; None while it is not finished.
        outcome: How it ended; None while it has not.
        cause: Why it failed or was skipped.
        status: The stack's status, as the last event of its own tells it; empty before.
        times: How many seconds things took the last time, by name and status.
        finished: Resources that are done.
        active: Resources under way, oldest first.
    """

    stack: str
    stack_name: str
    verb: Verb
    after: tuple[str, ...] = ()
    total: int = 0
    follows: bool = False
    started: float | None = None
    seconds: float | None = None
    outcome: Outcome | None = None
    cause: str = ""
    status: str = ""
    times: dict[tuple[str, str], float] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    active: dict[str, ResourceProgress] = field(default_factory=dict)

    @property
    def is_under_way(self) -> bool:
        """Whether work on it began and has not ended."""
        return self.started is not None and self.outcome is None

    @property
    def rolls_back(self) -> bool:
        """Whether CloudFormation takes back what it did."""
        return "ROLLBACK" in self.status

    @property
    def doing(self) -> str:
        """What is done with it, in a word."""
        if self.rolls_back:
            return ROLLING_BACK
        if "CLEANUP" in self.status:
            return "cleaning up"
        return _DOING_BY_STATUS.get(self.status, DOING[self.verb])

    @property
    def expected(self) -> float | None:
        """How many seconds the same operation took the last time; None where nobody knows."""
        verb = self.status.partition("_")[0] or self.verb.upper()
        return None if self.rolls_back else self.times.get((self.stack_name, _under_way(verb)))

    def elapsed(self, now: float) -> float | None:
        """Return how long work on it has gone on, or took; None before it began."""
        if self.seconds is not None:
            return self.seconds
        return None if self.started is None else now - self.started

    def change(self, event: ResourceChanged, now: float) -> None:
        """Take in that the stack or a resource has a new status."""
        name, status = event.logical_id, event.status
        begun = event.timestamp.timestamp() if self.follows else now
        if event.resource_type == STACK_TYPE and name == self.stack_name:
            self.status = status
            self.started = min(self.started or begun, begun)
        elif not status.endswith("_IN_PROGRESS"):
            self.active.pop(name, None)
            self.finished.add(name)
        elif name not in self.active or self.active[name].status != status:
            self.finished.discard(name)
            self.active[name] = ResourceProgress(
                logical_id=name,
                resource_type=event.resource_type,
                status=status,
                started=begun,
                expected=None if self.rolls_back else self.times.get((name, status)),
            )


class Progress:
    """Where every stack of a plan stands.

    Args:
        plan: What is being done.
    """

    def __init__(self, plan: Plan) -> None:
        self._stacks = {
            action.stack: _of(action)
            for action in plan.actions
            if action.verb is not Verb.UNCHANGED or action.may_change
        }

    @property
    def stacks(self) -> Iterable[StackProgress]:
        """The stacks in the order of the plan."""
        return self._stacks.values()

    def waits_for(self, stack: StackProgress) -> tuple[str, ...]:
        """Return the stacks that are not finished and that this one waits for."""
        return tuple(
            name
            for name in stack.after
            if name in self._stacks and self._stacks[name].outcome is None
        )

    def apply(self, event: Event, now: float) -> None:
        """Take in what happened.

        Args:
            event: What happened.
            now: When, in seconds since 1970.
        """
        stack = self._stacks.get(getattr(event, "stack", ""))
        if stack is None:
            return
        match event:
            case StackStarted():
                stack.started = now
            case ExpectedTimes():
                stack.times = {(each.logical_id, each.status): each.seconds for each in event.times}
            case ResourceChanged():
                stack.change(event, now)
            case StackFinished():
                stack.outcome, stack.seconds = event.outcome, event.seconds
                stack.cause = event.cause
                stack.active.clear()
            case _:
                pass


def _of(action: StackAction) -> StackProgress:
    return StackProgress(
        stack=action.stack,
        stack_name=action.stack_name,
        verb=action.verb,
        after=action.after,
        total=len(action.resources),
        follows=action.follows,
    )


def _under_way(verb: str) -> str:
    return f"{verb}_IN_PROGRESS"
