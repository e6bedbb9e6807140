"""Finds the stack that a call is about, makes a new one, and refuses what CloudFormation would."""

import re
from uuid import uuid4

from cdinfra.local.cloudformation import limits
from cdinfra.local.cloudformation.api_error import ALREADY_EXISTS, LIMIT_EXCEEDED, ApiError
from cdinfra.local.cloudformation.constraints import constraint_error
from cdinfra.local.cloudformation.engine import Engine
from cdinfra.local.cloudformation.policy import check_policy_body
from cdinfra.local.cloudformation.state import Stack
from cdinfra.local.cloudformation.status import UPDATABLE
from cdinfra.local.cloudformation.store import RegionState
from cdinfra.local.cloudformation.submission import Given, load_from_bucket

_NAME_OR_ARN = f"{limits.STACK_NAME_PATTERN}|arn:[-a-zA-Z0-9:/._+]*"


def check_name(name: str) -> None:
    """Refuse a stack's name that CloudFormation forbids.

    Args:
        name: The name.

    Raises:
        ApiError: It is too long or has a forbidden character.
    """
    if not re.fullmatch(_NAME_OR_ARN, name):
        raise constraint_error(
            name,
            "stackName",
            f"Member must satisfy regular expression pattern: {_NAME_OR_ARN}",
        )
    if len(name) > limits.STACK_NAME_CHARACTERS and not name.startswith("arn:"):
        raise constraint_error(
            name,
            "stackName",
            f"Member must have length less than or equal to {limits.STACK_NAME_CHARACTERS}",
        )


def make_stack(engine: Engine, state: RegionState, name: str) -> Stack:
    """Return a new stack, kept but not begun.

    Args:
        engine: The engine.
        state: The region.
        name: Its name.

    Raises:
        ApiError: The name is forbidden or taken, or there are too many stacks.
    """
    check_name(name)
    with state.lock:
        if state.find(name) is not None:
            raise ApiError(f"Stack [{name}] already exists", code=ALREADY_EXISTS)
        if sum(1 for _ in state.living()) >= limits.STACKS:
            raise ApiError("Limit for stack has been exceeded", code=LIMIT_EXCEEDED)
        arn = (
            f"arn:{state.partition}:cloudformation:{state.region}:{state.account}:"
            f"stack/{name}/{uuid4()}"
        )
        stack = Stack(
            lock=state.lock, stack_id=arn, name=name, created_at=engine.services.clock.now()
        )
        state.stacks[arn] = stack
        return stack


def existing_stack(state: RegionState, name: str) -> Stack:
    """Return a stack that a caller wants to act on.

    Args:
        state: The region.
        name: Its name or ARN.

    Raises:
        ApiError: There is none.
    """
    stack = state.find(name)
    if stack is None:
        raise ApiError(f"Stack [{name}] does not exist")
    return stack


def policy_body(engine: Engine, state: RegionState, given: Given, member: str) -> str | None:
    """Return the stack policy that a request gives; None where it gives none.

    Args:
        engine: The engine.
        state: The region.
        given: The request.
        member: ``StackPolicy`` or ``StackPolicyDuringUpdate``.

    Raises:
        ApiError: It is no policy, or given twice.
    """
    body, url = given.get(f"{member}Body"), given.get(f"{member}URL")
    if body and url:
        raise ApiError(f"You cannot specify both {member}URL and {member}Body")
    if url:
        body = load_from_bucket(str(url), engine.services.clients(state.region, state.account))
    if body is None:
        return None
    check_policy_body(str(body))
    return str(body)


def check_updatable(stack: Stack) -> None:
    """Refuse to update a stack in the wrong status.

    Args:
        stack: The stack.

    Raises:
        ApiError: It cannot be updated.
    """
    if stack.status not in UPDATABLE:
        raise ApiError(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
