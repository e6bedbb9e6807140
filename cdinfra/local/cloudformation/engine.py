"""The engine of the local CloudFormation: keeps the stacks and runs their operations.

Each operation runs in a thread of its own; the calls that start one return at once, as
CloudFormation's do.
"""

import logging
from collections.abc import Callable, Mapping
from threading import Condition, Thread
from typing import Any
from uuid import uuid4

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.clock import Clock, SystemClock
from cdinfra.local.cloudformation.notifications import tell_topics
from cdinfra.local.cloudformation.operation import Operation
from cdinfra.local.cloudformation.run import Run
from cdinfra.local.cloudformation.services import BeforeResource, FindClients, Services
from cdinfra.local.cloudformation.signals import HostSignals, SignalBoard, UnbootedHosts
from cdinfra.local.cloudformation.state import Stack
from cdinfra.local.cloudformation.status import OperationKind
from cdinfra.local.cloudformation.stop import StopSignal
from cdinfra.local.cloudformation.store import RegionState, Store
from cdinfra.local.cloudformation.wait_conditions import (
    WaitCondition,
    WaitConditionHandle,
    handle_key,
    parse_document,
)
from cdinfra.local.resources.contract import ResourceType

CLOSE_SECONDS = 5.0
"""How long the end of the engine waits for the calls that its operations are in."""

USER_INITIATED = "User Initiated"

Work = Callable[[Run], None]

logger = logging.getLogger(__name__)


def no_faults(stack_name: str, logical_id: str, resource_type: str, action: str) -> None:
    """Let every action on a resource pass.

    Args:
        stack_name: Name of the stack.
        logical_id: The resource.
        resource_type: Its type.
        action: ``create``, ``update`` or ``delete``.
    """


class Engine:
    """Keeps the stacks of every account and region, and runs their operations.

    Args:
        types: The resource types that are carried, by name.
        clients: Returns the services of a region and an account.
        hosts: Who signals for hosts that do not signal themselves.
        before_resource: Called before each action on a resource; may block or raise
            ``ResourceError``.
        clock: The time.
    """

    def __init__(
        self,
        *,
        types: Mapping[str, ResourceType],
        clients: FindClients,
        hosts: HostSignals | None = None,
        before_resource: BeforeResource = no_faults,
        clock: Clock | None = None,
    ) -> None:
        # Nested stacks start operations, which act on an engine.
        from cdinfra.local.cloudformation.nested_stacks import NestedStack  # noqa: PLC0415

        clock = clock or SystemClock()
        board = SignalBoard(clock)
        built_in: tuple[ResourceType, ...] = (
            WaitConditionHandle(),
            WaitCondition(board, self._stop_of),
            NestedStack(self, self._stop_of),
        )
        self.store = Store()
        self.services = Services(
            types={**types, **{one.type_name: one for one in built_in}},
            clients=clients,
            hosts=hosts or UnbootedHosts(),
            before_resource=before_resource,
            clock=clock,
            board=board,
        )
        self._idle = Condition()
        self._threads: set[Thread] = set()
        self._closed = False

    def region(self, region: str, account: str) -> RegionState:
        """Return the state of an account in a region.

        Args:
            region: For example ``eu-central-1``.
            account: 12 digits.
        """
        return self.store.region(region, account)

    def start(
        self,
        run_on: tuple[RegionState, Stack],
        operation: Operation,
        status: StackStatus,
        work: Work,
    ) -> None:
        """Start an operation on a stack, in a thread.

        Args:
            run_on: The stack and its region.
            operation: The operation.
            status: Status that the stack gets at once.
            work: What the operation does.
        """
        state, stack = run_on
        run = Run(services=self.services, state=state, stack=stack, operation=operation)
        with state.lock:
            stack.operation = operation
            stack.last_operations = (
                (operation.kind, operation.operation_id),
                *stack.last_operations,
            )[:2]
            run.transition(status, USER_INITIATED)
        self.spawn(lambda: self._run(run, work), name=f"{stack.name}:{operation.kind}")
        if topics := stack.version.notification_arns if stack.version else ():
            clients = self.services.clients(stack.region, stack.account)
            self.spawn(
                lambda: tell_topics(clients, stack, operation, topics), name=f"{stack.name}:topics"
            )

    def spawn(self, work: Callable[[], None], *, name: str) -> None:
        """Do something in a thread that the engine waits for at its end.

        Args:
            work: What to do.
            name: Name of the thread.
        """

        def body() -> None:
            try:
                work()
            finally:
                with self._idle:
                    self._threads.discard(thread)
                    self._idle.notify_all()

        thread = Thread(target=body, name=name, daemon=True)
        with self._idle:
            self._threads.add(thread)
        thread.start()

    def wait_condition_signal(self, token: str, document: Mapping[str, Any]) -> None:
        """Take a document that was sent to the handle of a wait condition.

        Args:
            token: The last part of the handle's path.
            document: ``Status``, ``UniqueId``, ``Reason`` and ``Data``.

        Raises:
            ValueError: It is no such document.
        """
        self.services.board.add(handle_key(token), parse_document(document))

    def wait_idle(self, timeout_seconds: float = 30.0) -> bool:
        """Wait until no operation runs.

        Args:
            timeout_seconds: How long at most.

        Returns:
            Whether none runs.
        """
        with self._idle:
            return self._idle.wait_for(lambda: not self._threads, timeout_seconds)

    def close(self) -> None:
        """Stop every operation where it stands, and wait for the calls that they are in."""
        for state in self.store.regions():
            with state.lock:
                operations = [one.operation for one in state.living() if one.operation]
            for operation in operations:
                operation.superseded.set()
                operation.stop.set("The local cloud is shutting down")
        self.wait_idle(CLOSE_SECONDS)

    def _run(self, run: Run, work: Work) -> None:
        try:
            work(run)
        except Exception:
            logger.exception("an operation on stack %s broke", run.stack.name)
            run.transition(_broken(run.stack.status), "Internal Failure")
        finally:
            with run.stack.lock:
                if run.stack.operation is run.operation:
                    run.stack.operation = None
            run.operation.ended.set()

    def _stop_of(self, stack_id: str) -> StopSignal:
        for state in self.store.regions():
            stack = state.find(stack_id)
            if stack is not None and stack.operation is not None:
                return stack.operation.stop
        return StopSignal()


def new_operation(kind: OperationKind, token: str) -> Operation:
    """Return a new operation.

    Args:
        kind: What it does.
        token: The caller's ``ClientRequestToken``; may be empty.
    """
    return Operation(kind=kind, operation_id=str(uuid4()), token=token)


def _broken(status: StackStatus) -> StackStatus:
    """Return where a stack ends whose operation broke."""
    match status:
        case StackStatus.CREATE_IN_PROGRESS:
            return StackStatus.CREATE_FAILED
        case StackStatus.ROLLBACK_IN_PROGRESS:
            return StackStatus.ROLLBACK_FAILED
        case StackStatus.DELETE_IN_PROGRESS:
            return StackStatus.DELETE_FAILED
        case StackStatus.IMPORT_IN_PROGRESS | StackStatus.IMPORT_ROLLBACK_IN_PROGRESS:
            return StackStatus.IMPORT_ROLLBACK_FAILED
        case StackStatus.UPDATE_IN_PROGRESS | StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS:
            return StackStatus.UPDATE_FAILED
        case _:
            return StackStatus.UPDATE_ROLLBACK_FAILED
