"""An operation on a stack: who asked for it, and how it is stopped."""

from dataclasses import dataclass, field
from threading import Event

from cdinfra.local.cloudformation.status import OperationKind
from cdinfra.local.cloudformation.stop import StopSignal


@dataclass(kw_only=True, eq=False)
class Operation:
    """One create, update, delete or rollback of a stack, from the call to its end.

    Attributes:
        kind: What it does.
        operation_id: UUID that its events carry.
        token: The caller's ``ClientRequestToken``; may be empty.
        stop: Set by a first failure, a cancelled update, a timeout or a delete. Rolling
            back begins a new one.
        cancelled: Set when the caller has cancelled the update.
        superseded: Set when a delete takes over: then the operation ends without rollback.
        ended: Set when its thread has ended.
    """

    kind: OperationKind
    operation_id: str
    token: str = ""
    stop: StopSignal = field(default_factory=StopSignal)
    cancelled: Event = field(default_factory=Event)
    superseded: Event = field(default_factory=Event)
    ended: Event = field(default_factory=Event)
