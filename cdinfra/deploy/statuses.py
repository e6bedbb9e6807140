"""What ``up`` and ``down`` do with a stack in each of CloudFormation's statuses: one table."""

from collections.abc import Mapping
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
        hint: What the person has to do, where a move is to refuse; ``{stack_name}`` stands
            for the stack's.
    """

    up: Move
    down: Move
    why: str = ""
    hint: str = ""


CONTINUE_ROLLBACK = "aws cloudformation continue-update-rollback --stack-name {stack_name}"
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
_STUCK = Rule(
    up=Move.REFUSE,
    down=Move.DELETE,
    why="a rollback failed, and the stack cannot be updated before it is finished",
    hint=f"repair what blocks it, then: {CONTINUE_ROLLBACK}",
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
            hint="remove what blocks it and finish the deletion with: cdinfra down",
        ),
        StackStatus.DELETE_COMPLETE: Rule(up=Move.CREATE, down=Move.NOTHING),
        StackStatus.UPDATE_IN_PROGRESS: _RUNNING,
        StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: _RUNNING,
        StackStatus.UPDATE_COMPLETE: _HEALTHY,
        StackStatus.UPDATE_FAILED: _UNFINISHED,
        StackStatus.UPDATE_ROLLBACK_IN_PROGRESS: _RUNNING,
        StackStatus.UPDATE_ROLLBACK_FAILED: _STUCK,
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
        StackStatus.IMPORT_ROLLBACK_FAILED: _STUCK,
        StackStatus.IMPORT_ROLLBACK_COMPLETE: _HEALTHY,
    }
)
"""One rule for each status."""
