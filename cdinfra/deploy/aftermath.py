"""What a stack did after its operation had failed, and how to go on from there: one table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.statuses import CONTINUE_ROLLBACK
from cdinfra.deploy.summary import StackSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """One row of the table.

    Attributes:
        text: What became of the stack.
        command: How to go on once the cause is mended; ``{stack}`` and ``{stack_name}`` stand
            for the stack's names.
        is_stuck: Whether a rollback failed too.
    """

    text: str
    command: str
    is_stuck: bool = False

    def choose_command(self, summary: StackSummary) -> str:
        """Return how to go on with a stack; ``up`` deletes one that the app has no more."""
        unwanted = self.command == _UP and not summary.in_app
        command = _DOWN if unwanted else self.command
        return command.format(stack=summary.stack, stack_name=summary.stack_name)


_UP = "cdinfra up {stack}"
_DOWN = "cdinfra down {stack}"
_WATCH = "cdinfra events {stack}"
_IMPORT = "cdinfra import {stack} LOGICAL_ID=PHYSICAL_ID"
_GOING_BACK = Aftermath(text="is being rolled back to what it was before", command=_WATCH)
_WENT_BACK = Aftermath(text="rolled back: it is what it was before", command=_UP)
_KEPT = "rolling back was switched off, so what was done by then stays"

DELETED_AGAIN = Aftermath(text="deleted again: nothing of it is left", command=_UP)
"""What became of a stack whose creation was told to delete it where it fails."""

AFTERMATHS: Mapping[StackStatus, Aftermath] = MappingProxyType(
    {
        StackStatus.CREATE_FAILED: Aftermath(text=_KEPT, command=_UP),
        StackStatus.ROLLBACK_IN_PROGRESS: Aftermath(
            text="is being rolled back: what was made is deleted again", command=_WATCH
        ),
        StackStatus.ROLLBACK_FAILED: Aftermath(
            text="stuck: what was made could not all be deleted again", command=_UP, is_stuck=True
        ),
        StackStatus.ROLLBACK_COMPLETE: Aftermath(
            text="rolled back: what was made is deleted again", command=_UP
        ),
        StackStatus.DELETE_FAILED: Aftermath(
            text="stuck: what could not be deleted is left of it", command=_DOWN
        ),
        StackStatus.UPDATE_FAILED: Aftermath(text=_KEPT, command=_UP),
        StackStatus.UPDATE_ROLLBACK_IN_PROGRESS: _GOING_BACK,
        StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: _GOING_BACK,
        StackStatus.UPDATE_ROLLBACK_FAILED: Aftermath(
            text="stuck: rolling back failed too, and it cannot be updated before that is done",
            command=CONTINUE_ROLLBACK,
            is_stuck=True,
        ),
        StackStatus.UPDATE_ROLLBACK_COMPLETE: _WENT_BACK,
        StackStatus.IMPORT_ROLLBACK_IN_PROGRESS: _GOING_BACK,
        StackStatus.IMPORT_ROLLBACK_FAILED: Aftermath(
            text="stuck: rolling back the import failed too",
            command=_DOWN,
            is_stuck=True,
        ),
        StackStatus.IMPORT_ROLLBACK_COMPLETE: replace(_WENT_BACK, command=_IMPORT),
    }
)
"""One row for each status that says that the last operation failed."""
