"""Repeated calls: the same ``ClientRequestToken`` means the same call, which is done once."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from cdinfra.local.cloudformation.api_error import TOKEN_ALREADY_EXISTS, ApiError
from cdinfra.local.cloudformation.state import Stack
from cdinfra.local.cloudformation.store import RegionState

TOKEN_MEMBER = "ClientRequestToken"  # noqa: S105 - name of a member


def once(
    state: RegionState,
    operation: str,
    stack_name: str,
    given: Mapping[str, Any],
    act: Callable[[], Stack | None],
) -> Stack | None:
    """Do what a call asks for, unless a call of the same token has done it already.

    Args:
        state: The region.
        operation: Name of the call.
        stack_name: Name or ARN of the stack that it is about.
        given: The request.
        act: Does it; returns the stack that it was about.

    Returns:
        The stack; None where there is none.

    Raises:
        ApiError: Another call about the stack had the same token, or this one is refused.
    """
    token = str(given.get(TOKEN_MEMBER) or "")
    call = json.dumps([operation, given], sort_keys=True, default=str)
    with state.lock:
        stack = state.find(stack_name, deleted=False)
        before = state.tokens.get((stack.stack_id, token)) if stack and token else None
    if before == call:
        return stack
    if before is not None:
        raise ApiError(
            f"The client request token {token} has already been used for this stack. "
            "Retry the request with a different client request token",
            code=TOKEN_ALREADY_EXISTS,
        )
    stack = act() or stack
    if stack is not None and token:
        with state.lock:
            state.tokens[(stack.stack_id, token)] = call
    return stack
