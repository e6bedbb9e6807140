"""The commands of one account and region, and what became of each of their invocations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from cdinfra.local.hosts.commands.documents import Script
from cdinfra.local.hosts.commands.statuses import State, allowed

NOT_STARTED = -1
"""Response code of what has not started.

Source: SSM API reference, ``GetCommandInvocation``, ``ResponseCode``.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One call of ``SendCommand``.

    Attributes:
        command_id: A UUID.
        script: What runs.
        instance_ids: The ids that were named, if any.
        targets: The targets that were named, if any, as in the call.
        invoked_on: The instances that it comes to.
        given: The other members of the call.
        requested_at: When.
    """

    command_id: str
    script: Script
    instance_ids: tuple[str, ...]
    targets: tuple[Mapping[str, Any], ...]
    invoked_on: tuple[str, ...]
    given: Mapping[str, Any]
    requested_at: datetime

    @property
    def delivery_seconds(self) -> int:
        """How long it may take until it starts."""
        return int(self.given.get("TimeoutSeconds", 3600))

    @property
    def expires_at(self) -> datetime:
        """When it is given up, whatever its state."""
        return self.requested_at + timedelta(
            seconds=self.delivery_seconds + self.script.execution_seconds
        )

    @property
    def max_errors(self) -> int:
        """How many errors are forgiven."""
        return allowed(self.given.get("MaxErrors", "0"), len(self.invoked_on))

    @property
    def max_concurrency(self) -> int:
        """On how many instances it runs at once."""
        return max(1, allowed(self.given.get("MaxConcurrency", "50"), len(self.invoked_on)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A command on one instance.

    Attributes:
        command: The command.
        instance_id: The instance.
        instance_name: Its host name.
        state: In which state it is.
        response_code: Exit code of the script.
        started_at: When it began to run.
        finished_at: When it ended.
        stdout: The beginning of what it wrote there.
        stderr: The beginning of what it wrote there.
    """

    command: Command
    instance_id: str
    instance_name: str
    state: State = State.PENDING
    response_code: int = NOT_STARTED
    started_at: datetime | None = None
    finished_at: datetime | None = None
    stdout: bytes = b""
    stderr: bytes = b""


class Ledger:
    """Keeps them, newest command last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._commands: dict[str, Command] = {}
        self._invocations: dict[str, dict[str, Invocation]] = {}

    def add(self, command: Command, invocations: Sequence[Invocation]) -> None:
        """Take a new command in."""
        with self._lock:
            self._commands[command.command_id] = command
            self._invocations[command.command_id] = {each.instance_id: each for each in invocations}

    def commands(self) -> tuple[Command, ...]:
        """Return every command, oldest first."""
        with self._lock:
            return tuple(self._commands.values())

    def command(self, command_id: str) -> Command | None:
        """Return a command; None where there is none of that id."""
        with self._lock:
            return self._commands.get(command_id)

    def invocations(self, command_id: str = "") -> tuple[Invocation, ...]:
        """Return the invocations of a command, or of all of them, oldest first."""
        with self._lock:
            wanted = [command_id] if command_id else [*self._commands]
            return tuple(
                invocation
                for each in wanted
                for invocation in self._invocations.get(each, {}).values()
            )

    def invocation(self, command_id: str, instance_id: str) -> Invocation | None:
        """Return the invocation of a command on an instance; None where there is none."""
        with self._lock:
            return self._invocations.get(command_id, {}).get(instance_id)

    def current(self, invocation: Invocation) -> Invocation:
        """Return an invocation as it is now."""
        with self._lock:
            return self._current(invocation)

    def change(self, invocation: Invocation, **changes: Any) -> Invocation:  # noqa: ANN401 - fields of any type
        """Change an invocation, and return it as it is then; one that is final stays so.

        Args:
            invocation: The invocation, however old.
            changes: New values of its fields.
        """
        with self._lock:
            current = self._current(invocation)
            return current if current.state.is_final else self._replace(current, **changes)

    def begin(self, invocation: Invocation, now: datetime) -> bool:
        """Let an invocation run, now or once more; return False for one that was taken back.

        Args:
            invocation: The invocation, however old.
            now: The time of day.
        """
        with self._lock:
            current = self._current(invocation)
            if current.state not in {State.PENDING, State.IN_PROGRESS}:
                return False
            begun = current.started_at or now
            self._replace(current, state=State.IN_PROGRESS, started_at=begun)
            return True

    def cancel(self, invocation: Invocation) -> Invocation:
        """Take an invocation back, and return it as it is then.

        One that has not begun is cancelled at once, one that runs is to be killed.

        Args:
            invocation: The invocation, however old.
        """
        with self._lock:
            current = self._current(invocation)
            match current.state:
                case State.PENDING:
                    return self._replace(current, state=State.CANCELLED)
                case State.IN_PROGRESS:
                    return self._replace(current, state=State.CANCELLING)
                case _:
                    return current

    def _current(self, invocation: Invocation) -> Invocation:
        return self._invocations[invocation.command.command_id][invocation.instance_id]

    def _replace(self, current: Invocation, **changes: Any) -> Invocation:  # noqa: ANN401 - as above
        changed = replace(current, **changes)
        self._invocations[current.command.command_id][current.instance_id] = changed
        return changed
