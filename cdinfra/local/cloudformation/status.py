"""The statuses of stacks, resources, change sets and drift, and what each stack status permits."""

from enum import StrEnum

from cdinfra.aws.stack_status import StackStatus

UPDATABLE = frozenset(
    {
        StackStatus.CREATE_COMPLETE,
        StackStatus.UPDATE_COMPLETE,
        StackStatus.UPDATE_ROLLBACK_COMPLETE,
        StackStatus.IMPORT_COMPLETE,
        StackStatus.IMPORT_ROLLBACK_COMPLETE,
        # Reached only with rollback disabled; an update goes on from there.
        StackStatus.CREATE_FAILED,
        StackStatus.UPDATE_FAILED,
    }
)
"""Statuses from which a stack can be updated."""

UNFINISHED = frozenset({StackStatus.CREATE_FAILED, StackStatus.UPDATE_FAILED})
"""Statuses of an operation that failed without rollback: the same again is an update too."""

DELETABLE = UPDATABLE | {
    StackStatus.CREATE_IN_PROGRESS,
    StackStatus.ROLLBACK_COMPLETE,
    StackStatus.ROLLBACK_FAILED,
    StackStatus.DELETE_FAILED,
    StackStatus.UPDATE_ROLLBACK_FAILED,
    StackStatus.REVIEW_IN_PROGRESS,
    StackStatus.IMPORT_ROLLBACK_FAILED,
}
"""Statuses from which a stack can be deleted."""


class ResourceStatus(StrEnum):
    """Status of a resource of a stack.

    Source: AWS CloudFormation API Reference, ``StackResource``, ``ResourceStatus``.
    """

    CREATE_IN_PROGRESS = "CREATE_IN_PROGRESS"
    CREATE_FAILED = "CREATE_FAILED"
    CREATE_COMPLETE = "CREATE_COMPLETE"
    DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"
    DELETE_FAILED = "DELETE_FAILED"
    DELETE_COMPLETE = "DELETE_COMPLETE"
    DELETE_SKIPPED = "DELETE_SKIPPED"
    UPDATE_IN_PROGRESS = "UPDATE_IN_PROGRESS"
    UPDATE_FAILED = "UPDATE_FAILED"
    UPDATE_COMPLETE = "UPDATE_COMPLETE"
    IMPORT_IN_PROGRESS = "IMPORT_IN_PROGRESS"
    IMPORT_FAILED = "IMPORT_FAILED"
    IMPORT_COMPLETE = "IMPORT_COMPLETE"
    IMPORT_ROLLBACK_IN_PROGRESS = "IMPORT_ROLLBACK_IN_PROGRESS"
    IMPORT_ROLLBACK_FAILED = "IMPORT_ROLLBACK_FAILED"
    IMPORT_ROLLBACK_COMPLETE = "IMPORT_ROLLBACK_COMPLETE"


IN_PROGRESS = frozenset(
    {
        ResourceStatus.CREATE_IN_PROGRESS,
        ResourceStatus.UPDATE_IN_PROGRESS,
        ResourceStatus.DELETE_IN_PROGRESS,
    }
)
"""Statuses of a resource that an operation works on."""


class ChangeSetStatus(StrEnum):
    """How far the making of a change set is."""

    CREATE_PENDING = "CREATE_PENDING"
    CREATE_IN_PROGRESS = "CREATE_IN_PROGRESS"
    CREATE_COMPLETE = "CREATE_COMPLETE"
    DELETE_COMPLETE = "DELETE_COMPLETE"
    FAILED = "FAILED"


class ExecutionStatus(StrEnum):
    """Whether a change set can be, is being or was executed."""

    UNAVAILABLE = "UNAVAILABLE"
    AVAILABLE = "AVAILABLE"
    EXECUTE_IN_PROGRESS = "EXECUTE_IN_PROGRESS"
    EXECUTE_COMPLETE = "EXECUTE_COMPLETE"
    EXECUTE_FAILED = "EXECUTE_FAILED"
    OBSOLETE = "OBSOLETE"


class DriftStatus(StrEnum):
    """Whether a stack is as its template says."""

    DRIFTED = "DRIFTED"
    IN_SYNC = "IN_SYNC"
    UNKNOWN = "UNKNOWN"
    NOT_CHECKED = "NOT_CHECKED"


class ResourceDriftStatus(StrEnum):
    """Whether a resource is as its template says."""

    IN_SYNC = "IN_SYNC"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    NOT_CHECKED = "NOT_CHECKED"
    UNKNOWN = "UNKNOWN"


class OperationKind(StrEnum):
    """What an operation on a stack is.

    Source: AWS CloudFormation API Reference, ``OperationEntry``, ``OperationType``.
    """

    CREATE_STACK = "CREATE_STACK"
    UPDATE_STACK = "UPDATE_STACK"
    DELETE_STACK = "DELETE_STACK"
    CONTINUE_ROLLBACK = "CONTINUE_ROLLBACK"
    ROLLBACK = "ROLLBACK"
    CREATE_CHANGESET = "CREATE_CHANGESET"
