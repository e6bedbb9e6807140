"""The calls that act on a stack."""

from collections.abc import Callable
from types import MappingProxyType

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.api_call import Answer, Call, Handler
from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.requests import receive_signal
from cdinfra.local.cloudformation.signals import Signal, SignalledResource, SignalStatus
from cdinfra.local.cloudformation.stack_lookup import existing_stack, policy_body
from cdinfra.local.cloudformation.stack_operations import (
    cancel_update,
    continue_rollback,
    start_create,
    start_delete,
    start_rollback,
    start_update,
)
from cdinfra.local.cloudformation.state import Stack
from cdinfra.local.cloudformation.status import ResourceStatus
from cdinfra.local.cloudformation.tokens import once

_SIGNALLED = frozenset({ResourceStatus.CREATE_IN_PROGRESS, ResourceStatus.UPDATE_IN_PROGRESS})


def create_stack(call: Call) -> Answer:
    """CreateStack."""
    return _once(call, "CreateStack", lambda: start_create(call.engine, call.state, call.given))


def update_stack(call: Call) -> Answer:
    """UpdateStack."""
    return _once(call, "UpdateStack", lambda: start_update(call.engine, call.state, call.given))


def delete_stack(call: Call) -> Answer:
    """DeleteStack."""

    def act() -> None:
        start_delete(call.engine, call.state, call.given)

    return _once(call, "DeleteStack", act)


def cancel_update_stack(call: Call) -> Answer:
    """CancelUpdateStack."""
    return _once(call, "CancelUpdateStack", lambda: cancel_update(call.state, call.given))


def continue_update_rollback(call: Call) -> Answer:
    """ContinueUpdateRollback."""

    def act() -> None:
        continue_rollback(call.engine, call.state, call.given)

    return _once(call, "ContinueUpdateRollback", act)


def rollback_stack(call: Call) -> Answer:
    """RollbackStack."""
    return _once(call, "RollbackStack", lambda: start_rollback(call.engine, call.state, call.given))


def update_termination_protection(call: Call) -> Answer:
    """UpdateTerminationProtection."""
    with call.state.lock:
        stack = existing_stack(call.state, call.text("StackName"))
        if stack.parent_id:
            raise ApiError(
                "Termination protection cannot be changed directly on the nested stack "
                f"[{stack.name}]: set it on the root stack [{stack.root_id}]"
            )
        stack.termination_protection = bool(call.given["EnableTerminationProtection"])
        return {"StackId": stack.stack_id}


def set_stack_policy(call: Call) -> Answer:
    """SetStackPolicy."""
    body = policy_body(call.engine, call.state, call.given, "StackPolicy")
    with call.state.lock:
        stack = existing_stack(call.state, call.text("StackName"))
        stack.policy = body or ""
    return {}


def get_stack_policy(call: Call) -> Answer:
    """GetStackPolicy."""
    with call.state.lock:
        policy = existing_stack(call.state, call.text("StackName")).policy
    return {"StackPolicyBody": policy} if policy else {}


def signal_resource(call: Call) -> Answer:
    """SignalResource."""
    logical_id = call.text("LogicalResourceId")
    with call.state.lock:
        stack = existing_stack(call.state, call.text("StackName"))
        resource = stack.resources.get(logical_id)
        if resource is None:
            raise ApiError(f"Resource {logical_id} does not exist for stack {stack.name}")
        if resource.status not in _SIGNALLED or stack.status is StackStatus.DELETE_COMPLETE:
            raise ApiError(
                f"Resource {logical_id} is in {resource.status} state and can not be signaled"
            )
        sent = Signal(unique_id=call.text("UniqueId"), status=SignalStatus(call.text("Status")))
        services = call.engine.services
        signalled = SignalledResource(
            stack_name=stack.name, logical_id=logical_id, resource_type=resource.resource_type
        )
        if signal := services.hosts.heard(sent, signalled):
            receive_signal(services, stack, logical_id, signal)
    return {}


def _once(call: Call, operation: str, act: Callable[[], Stack | None]) -> Answer:
    return _answer(once(call.state, operation, call.text("StackName"), call.given, act))


def _answer(stack: Stack | None) -> Answer:
    if stack is None:
        return {}
    with stack.lock:
        operation = stack.last_operations[0][1] if stack.last_operations else ""
        return {"StackId": stack.stack_id, "OperationId": operation}


HANDLERS: MappingProxyType[str, Handler] = MappingProxyType(
    {
        "CreateStack": create_stack,
        "UpdateStack": update_stack,
        "DeleteStack": delete_stack,
        "CancelUpdateStack": cancel_update_stack,
        "ContinueUpdateRollback": continue_update_rollback,
        "RollbackStack": rollback_stack,
        "UpdateTerminationProtection": update_termination_protection,
        "SetStackPolicy": set_stack_policy,
        "GetStackPolicy": get_stack_policy,
        "SignalResource": signal_resource,
    }
)
