"""What ``up`` and ``down`` do with a stack in each of CloudFormation's statuses: one table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from cdinfra.aws.stack_status import StackStatus


class Move(StrEnum):
    """What is done with a stack because of its status."""

    CREATE = "create"
    UPDATE = "update"
    RETRY = "update, even where nothing differs"
    RECREATE = "delete, then create"
    DELETE = "delete"
    WAIT = "wait for the operation under way, then look again"
    REFUSE = "refuse"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table.

    Attributes:
        up: What ``up`` does.
        down: What ``down`` does.
        why: What the status means, where the moves need an explanation.
        hint: What the person can do where something blocks the stack; ``{stack}`` stands for
            the stack's name within the app, ``{resources}`` for the options that name what
            blocks it.
        option: The option that names a resource which is left as it is.
    """

    up: Move
    down: Move
    why: str = ""
    hint: str = ""
    option: str = ""

    def hint_for(self, stack: str, blocked_by: Iterable[str]) -> str:
        """Return the hint for a stack.

        Args:
            stack: Its name within the app.
            blocked_by: Logical ids of the resources that block it.
        """
        resources = " ".join(f"{self.option} {stack}/{each}" for each in blocked_by)
        return self.hint.format(stack=stack, resources=resources or f"{self.option} {stack}/NAME")


CONTINUE_ROLLBACK = "cdinfra up {stack} --continue-rollback"
"""Finishes a rollback that failed, once what blocked it is repaired."""

_HEALTHY = Rule(up=Move.UPDATE, down=Move.DELETE)
_RUNNING = Rule(up=Move.WAIT, down=Move.WAIT)
_LEFTOVER = Rule(
    up=Move.RECREATE,
    down=Move.DELETE,
    why="a creation that failed left it behind; it can only be deleted",
)
_UNFINISHED = Rule(
    up=Move.RETRY,
    down=Move.DELETE,
    why="the last operation failed, and its rollback was switched off",
)

RULES: Mapping[StackStatus, Rule] = MappingProxyType(
    {
        StackStatus.CREATE_IN_PROGRESS: Rule(
            up=Move.WAIT, down=Move.DELETE, why="a creation can be cut short by deleting the stack"
        ),
        StackStatus.CREATE_FAILED: _UNFINISHED,
        StackStatus.CREATE_COMPLETE: _HEALTHY,
        StackStatus.ROLLBACK_IN_PROGRESS: _RUNNING,
        StackStatus.ROLLBACK_FAILED: _LEFTOVER,
        StackStatus.ROLLBACK_COMPLETE: _LEFTOVER,
        StackStatus.DELETE_IN_PROGRESS: _RUNNING,
        StackStatus.DELETE_FAILED: Rule(
            up=Move.REFUSE,
            down=Move.DELETE,
            why="somebody wanted it deleted, and something blocks that",
            hint="remove what blocks it, then: cdinfra down {stack}; or leave that in the account: "
            "cdinfra down {stack} {resources}",
            option="--retain",
        ),
        StackStatus.DELETE_COMPLETE: Rule(up=Move.CREATE, down=Move.NOTHING),
        StackStatus.UPDATE_IN_PROGRESS: _RUNNING,
        StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: _RUNNING,
        StackStatus.UPDATE_COMPLETE: _HEALTHY,
        StackStatus.UPDATE_FAILED: _UNFINISHED,
        StackStatus.UPDATE_ROLLBACK_IN_PROGRESS: _RUNNING,
        StackStatus.UPDATE_ROLLBACK_FAILED: Rule(
            up=Move.REFUSE,
            down=Move.DELETE,
            why="a rollback failed, and the stack cannot be updated before it is finished",
            hint=f"mend what blocks it, then: {CONTINUE_ROLLBACK}; or leave that as it is: "
            f"{CONTINUE_ROLLBACK} {{resources}}",
            option="--skip-resource",
        ),
        StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: _RUNNING,
        StackStatus.UPDATE_ROLLBACK_COMPLETE: _HEALTHY,
        StackStatus.REVIEW_IN_PROGRESS: Rule(
            up=Move.RECREATE,
            down=Move.DELETE,
            why="only a change set that nobody executed; it holds no resource",
        ),
        StackStatus.IMPORT_IN_PROGRESS: _RUNNING,
        StackStatus.IMPORT_COMPLETE: _HEALTHY,
        StackStatus.IMPORT_ROLLBACK_IN_PROGRESS: _RUNNING,
        StackStatus.IMPORT_ROLLBACK_FAILED: Rule(
            up=Move.REFUSE,
            down=Move.DELETE,
            why="an import failed, and so did its rollback; CloudFormation can only delete it",
            hint="ask AWS Support to bring it on; or delete it, with all that it held before the "
            "import and no deletion policy keeps: cdinfra down {stack}",
        ),
        StackStatus.IMPORT_ROLLBACK_COMPLETE: _HEALTHY,
    }
)
"""One rule for each status."""
