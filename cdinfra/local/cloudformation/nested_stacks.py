"""Nested stacks: a resource of a stack that is a stack of its own, made from a template in S3.

The engine runs an operation on the inner stack as on any other; here is only what ties the
two together. One deliberate difference to the service: an inner stack cleans up as soon as its
own update is done, not when the outer one is; where the outer one then fails, the inner one is
updated back, and what it had replaced is made anew.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation import limits
from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.api_views import show_tags
from cdinfra.local.cloudformation.comparison import compare
from cdinfra.local.cloudformation.events import STACK_TYPE
from cdinfra.local.cloudformation.stack_lookup import check_updatable, make_stack
from cdinfra.local.cloudformation.stack_operations import (
    begin_create,
    begin_update,
    continue_rollback,
    start_delete,
)
from cdinfra.local.cloudformation.state import Stack, StackVersion
from cdinfra.local.cloudformation.stop import StopSignal
from cdinfra.local.cloudformation.store import RegionState
from cdinfra.local.cloudformation.submission import build_version
from cdinfra.local.cloudformation.template import text_of
from cdinfra.local.cloudformation.tokens import TOKEN_MEMBER
from cdinfra.local.resources.contract import (
    Properties,
    Request,
    Resource,
    ResourceError,
    ResourceType,
)

if TYPE_CHECKING:
    from cdinfra.local.cloudformation.engine import Engine


class NestedStack(ResourceType):
    """A stack as a resource of another one.

    Args:
        engine: What runs the inner stack's operations.
        stop_of: The stop signal of the operation under way on a stack, by stack ARN.
    """

    type_name = STACK_TYPE
    carried = frozenset(
        {"NotificationARNs", "Parameters", "Tags", "TemplateURL", "TimeoutInMinutes"}
    )

    def __init__(self, engine: "Engine", stop_of: Callable[[str], StopSignal]) -> None:
        self._engine = engine
        self._stop_of = stop_of

    def create(self, request: Request) -> Resource:
        """Begin to make the inner stack.

        Args:
            request: The resource.

        Raises:
            ResourceError: CloudFormation would refuse it.
        """
        state, outer = self._outer(request)
        try:
            version = self._version(request, outer, None)
            with state.lock:
                name = request.generated_name(limit=limits.STACK_NAME_CHARACTERS)
                inner = make_stack(self._engine, state, name)
                inner.parent_id, inner.root_id = outer.stack_id, outer.root_id or outer.stack_id
                inner.timeout_minutes = _minutes(request.properties)
                begin_create(self._engine, state, inner, version, _manner(outer))
        except ApiError as error:
            raise ResourceError(error.message) from error
        return Resource(physical_id=inner.stack_id)

    def complete(self, request: Request, made: Resource) -> Resource:
        """Wait until the inner stack is made.

        Args:
            request: The resource.
            made: The inner stack.

        Raises:
            ResourceError: It failed; what it made is deleted again.
        """
        inner = self._inner(request, made)
        self._await(inner, self._stop_of(request.stack_id))
        if inner.status is not StackStatus.CREATE_COMPLETE:
            raise ResourceError(
                f"Embedded stack {inner.stack_id} was not successfully created: {_why(inner)}"
            )
        return _resource(inner)

    def update(self, request: Request, current: Resource, previous: Properties) -> Resource:
        """Update the inner stack, or take it back where the outer one rolls back.

        Args:
            request: The resource.
            current: The inner stack.
            previous: Its properties until now.

        Raises:
            ResourceError: CloudFormation would refuse it, or it failed.
        """
        del previous
        state, outer = self._outer(request)
        inner = self._inner(request, current)
        try:
            expected = self._begin_update(state, outer, inner, request)
        except ApiError as error:
            raise ResourceError(error.message) from error
        if expected is not None:
            self._await(inner, self._stop_of(request.stack_id))
        if expected not in (None, inner.status):
            raise ResourceError(
                f"Embedded stack {inner.stack_id} was not successfully updated. "
                f"Currently in {inner.status} with reason: {_why(inner)}"
            )
        return _resource(inner)

    def delete(self, request: Request, current: Resource) -> None:
        """Delete the inner stack and everything in it.

        Args:
            request: The resource.
            current: The inner stack.

        Raises:
            ResourceError: It could not be deleted.
        """
        state, outer = self._outer(request)
        inner = state.find(current.physical_id, deleted=False)
        if inner is None:
            return
        try:
            start_delete(
                self._engine, state, {"StackName": inner.stack_id, TOKEN_MEMBER: _token(outer)}
            )
        except ApiError as error:
            raise ResourceError(error.message) from error
        self._await(inner, None)
        if inner.status is not StackStatus.DELETE_COMPLETE:
            raise ResourceError(
                f"Embedded stack {inner.stack_id} was not successfully deleted: {_why(inner)}"
            )

    def read(self, request: Request, current: Resource) -> Properties | None:
        """Return the properties as the outer template gave them; the tags as they are.

        Args:
            request: The resource.
            current: The inner stack.
        """
        state, _ = self._outer(request)
        inner = state.find(current.physical_id, deleted=False)
        if inner is None or inner.version is None:
            return None
        return {**request.properties, "Tags": show_tags(inner.version.tags)}

    def _begin_update(
        self, state: RegionState, outer: Stack, inner: Stack, request: Request
    ) -> StackStatus | None:
        """Begin what brings the inner stack where it shall be.

        Returns:
            How it ends if that goes well; None where there is nothing to do.
        """
        if inner.status is StackStatus.UPDATE_ROLLBACK_FAILED:
            continue_rollback(self._engine, state, {"StackName": inner.stack_id})
            return StackStatus.UPDATE_ROLLBACK_COMPLETE
        check_updatable(inner)
        rolls_back = outer.status is StackStatus.UPDATE_ROLLBACK_IN_PROGRESS
        if rolls_back and inner.version_before is not None:
            # What stands at the template's address may have changed since.
            version = inner.version_before
        else:
            version = self._version(request, outer, inner.version)
            inner.version_before = inner.version
        if compare(self._engine.services, state, inner, version).is_empty:
            return None
        with state.lock:
            begin_update(
                self._engine, state, inner, version, {**_manner(outer), "policy": inner.policy}
            )
        return StackStatus.UPDATE_COMPLETE

    def _version(
        self, request: Request, outer: Stack, previous: StackVersion | None
    ) -> StackVersion:
        if outer.version is None:
            raise RuntimeError(f"stack {outer.name} has no template yet")
        properties = request.properties
        given: dict[str, Any] = {
            "TemplateURL": properties["TemplateURL"],
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": _parameter(value)}
                for name, value in properties.get("Parameters", {}).items()
            ],
            "Tags": show_tags(_tags(request)),
            "NotificationARNs": properties.get("NotificationARNs", ()),
            "Capabilities": outer.version.capabilities,
            "RoleARN": outer.version.role_arn,
        }
        return build_version(given, request.clients, previous)

    def _outer(self, request: Request) -> tuple[RegionState, Stack]:
        state = self._engine.region(request.region, request.account)
        return state, _found(state, request.stack_id)

    def _inner(self, request: Request, current: Resource) -> Stack:
        state = self._engine.region(request.region, request.account)
        inner = state.find(current.physical_id, deleted=False)
        if inner is None:
            raise ResourceError(f"Stack [{current.physical_id}] does not exist")
        return inner

    def _await(self, inner: Stack, stop: StopSignal | None) -> None:
        """Wait for the end of the inner stack's operation; it stops when the outer one does."""
        with inner.lock:
            operation = inner.operation
            forward = operation.stop if operation else StopSignal()
        if operation is None:
            return
        with stop.listening(forward.set) if stop else nullcontext():
            if stop is not None and stop.is_set():
                forward.set()
            operation.ended.wait()


def _found(state: RegionState, stack_id: str) -> Stack:
    stack = state.find(stack_id)
    if stack is None:
        raise RuntimeError(f"{stack_id} acts and does not exist")
    return stack


def _resource(inner: Stack) -> Resource:
    with inner.lock:
        attributes = {f"Outputs.{output.key}": output.value for output in inner.outputs}
    return Resource(physical_id=inner.stack_id, attributes=attributes)


def _manner(outer: Stack) -> dict[str, Any]:
    """Return how the outer operation is done, for the inner one to be done alike."""
    return {
        "DisableRollback": outer.disable_rollback,
        "RetainExceptOnCreate": outer.retain_except_on_create,
        TOKEN_MEMBER: _token(outer),
    }


def _token(outer: Stack) -> str:
    return outer.operation.token if outer.operation else ""


def _why(inner: Stack) -> str:
    """Return why the inner stack's last operation failed: what began its way back, or ended it."""
    with inner.lock:
        operation_id = inner.last_operations[0][1]
        reasons = [
            event.reason
            for event in inner.events
            if event.operation_id == operation_id
            and event.physical_id == inner.stack_id
            and event.status.endswith(("FAILED", "ROLLBACK_IN_PROGRESS"))
        ]
    return reasons[0].removesuffix("Rollback requested by user.") if reasons else ""


def _tags(request: Request) -> Mapping[str, str]:
    inherited = {key: value for key, value in request.tags.items() if not key.startswith("aws:")}
    own = {tag["Key"]: text_of(tag["Value"]) for tag in request.properties.get("Tags", ())}
    return {**inherited, **own}


def _parameter(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(text_of, value))
    return text_of(value)


def _minutes(properties: Properties) -> int | None:
    given = properties.get("TimeoutInMinutes")
    return None if given is None else int(given)
