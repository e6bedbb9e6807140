"""Where every stack of a plan stands, folded from events: what the live view draws."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.events import Event, Outcome, ResourceChanged, StackFinished, StackStarted

DOING = {
    Verb.CREATE: "creating",
    Verb.UPDATE: "updating",
    Verb.DELETE: "deleting",
    Verb.UNCHANGED: "checking",
}


@dataclass(slots=True, kw_only=True)
class StackProgress:
    """One stack on its way.

    Attributes:
        stack: Name within the app.
        verb: What is done with it.
        after: Stacks that must be finished before.
        total: Resources that change; 0 where that is not known.
        started: When work on it began, in seconds of a monotonic clock; None before.
        seconds: How long it took; None while it is not finished.
        outcome: How it ended; None while it has not.
        cause: Why it failed or was skipped.
        finished: Resources that are done.
        active: Resources under way, oldest first.
    """

    stack: str
    verb: Verb
    after: tuple[str, ...] = ()
    total: int = 0
    started: float | None = None
    seconds: float | None = None
    outcome: Outcome | None = None
    cause: str = ""
    finished: set[str] = field(default_factory=set)
    active: dict[str, str] = field(default_factory=dict)

    def elapsed(self, now: float) -> float | None:
        """Return how long work on it has gone on, or took; None before it began."""
        if self.seconds is not None:
            return self.seconds
        return None if self.started is None else now - self.started

    def change(self, event: ResourceChanged) -> None:
        """Take in that a resource has a new status."""
        if event.resource_type == "AWS::CloudFormation::Stack" and event.status.startswith(
            ("UPDATE_COMPLETE", "ROLLBACK", "UPDATE_ROLLBACK")
        ):
            return
        if event.status.endswith("_IN_PROGRESS"):
            self.active.setdefault(event.logical_id, event.status)
            self.finished.discard(event.logical_id)
        else:
            self.active.pop(event.logical_id, None)
            self.finished.add(event.logical_id)


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
            now: When, in seconds of a monotonic clock.
        """
        stack = self._stacks.get(getattr(event, "stack", ""))
        if stack is None:
            return
        match event:
            case StackStarted():
                stack.started = now
            case ResourceChanged():
                stack.change(event)
            case StackFinished():
                stack.outcome, stack.seconds = event.outcome, event.seconds
                stack.cause = event.cause
                stack.active.clear()
            case _:
                pass


def _of(action: StackAction) -> StackProgress:
    return StackProgress(
        stack=action.stack, verb=action.verb, after=action.after, total=len(action.resources)
    )
