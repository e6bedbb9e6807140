"""How a run ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cdinfra.aws.hosts import Host
from cdinfra.deploy.host_log import HostLog
from cdinfra.errors import CancelledError, StackFailedError
from cdinfra.events import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """A resource that went out of its stack, and was not deleted.

    It goes on to exist in the account, and no stack knows of it any more.

    Attributes:
        logical_id: The name that it had in the template.
        resource_type: For example ``AWS::EC2::Subnet``.
        physical_id: Its id.
        reason: Why it was not deleted, where that was tried; else empty.
    """

    logical_id: str
    resource_type: str
    physical_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StackResult:
    """How the work on one stack ended.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name.
        outcome: How it ended.
        status: The stack's status; empty where there is none.
        seconds: How long it took.
        cause: The first cause of a failure, or why it was skipped; else empty.
        resource: Name in the template of the resource that was the cause; else empty.
        source: The line that makes that resource; else empty.
        hint: What to do next; empty where the stack's events tell it.
        events_tell: Whether the stack's events tell the cause of a failure.
        outputs: The stack's outputs; none after a failure or a deletion.
        left_behind: What could not be deleted, and is no part of the stack any more.
        host_logs: The last lines of the hosts that were the cause of a failure.
    """

    stack: str
    stack_name: str
    outcome: Outcome
    status: str = ""
    seconds: float = 0.0
    cause: str = ""
    resource: str = ""
    source: str = ""
    hint: str = ""
    events_tell: bool = True
    outputs: Mapping[str, str] = field(default_factory=dict)
    left_behind: tuple[LeftBehind, ...] = ()
    host_logs: tuple[HostLog, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a run ended.

    Attributes:
        app: Name of the app.
        env: Name of the environment.
        stacks: One for each action of the plan, in its order.
        hosts: The app's hosts, as they are at the end.
    """

    app: str
    env: str
    stacks: tuple[StackResult, ...]
    hosts: tuple[Host, ...] = ()

    @property
    def failed(self) -> tuple[StackResult, ...]:
        """The stacks that failed; those skipped because of them are not among them."""
        return tuple(each for each in self.stacks if each.outcome is Outcome.FAILED)

    @property
    def cancelled(self) -> tuple[StackResult, ...]:
        """The stacks whose operation was taken back on request."""
        return tuple(each for each in self.stacks if each.outcome is Outcome.CANCELLED)

    def raise_for_failure(self) -> None:
        """Raise if a stack failed, or its operation was taken back.

        Raises:
            StackFailedError: At least one failed; the message has the cause of each.
            CancelledError: None failed, and at least one was taken back.
        """
        if self.failed:
            lines = [line for each in self.failed for line in _lines(each)]
            raise StackFailedError("\n".join(lines), hint=self._hint())
        if self.cancelled:
            lines = [f"{each.stack_name} was cancelled: {each.cause}" for each in self.cancelled]
            raise CancelledError("\n".join(lines))

    def _hint(self) -> str:
        hints = dict.fromkeys(each.hint for each in self.failed if each.hint)
        # Without a status nothing was begun, so there is no event to look at.
        if begun := [each.stack for each in self.failed if each.status and each.events_tell]:
            hints[f"why, and what to do next: cdinfra explain {' '.join(begun)}"] = None
        return "; ".join(hints)


def _lines(failed: StackResult) -> Iterator[str]:
    yield f"{failed.stack_name} failed: {failed.cause}"
    if failed.source:
        yield f"made by {failed.source}"
    for log in failed.host_logs:
        first, *rest = log.lines or (f"{log.problem}; to read it: {log.command}",)
        yield f"{log.instance_id}: {first}"
        yield from (f"  {line}" for line in rest)
