"""Creates, updates and deletes one resource of a stack, and tells each step as an event."""

import json
import logging
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, replace

from cdinfra.local.cloudformation.functions import IntrinsicError
from cdinfra.local.cloudformation.intrinsics import Resolver
from cdinfra.local.cloudformation.operation import Operation
from cdinfra.local.cloudformation.requests import Requests, signal_key
from cdinfra.local.cloudformation.services import Services
from cdinfra.local.cloudformation.snapshots import take_snapshot
from cdinfra.local.cloudformation.state import Stack, StackResource, StackVersion
from cdinfra.local.cloudformation.status import ResourceStatus
from cdinfra.local.cloudformation.template import ResourceDefinition
from cdinfra.local.resources.contract import Properties, ResourceError, ResourceType

TOKEN_LENGTH = 12
"""Random characters at the end of a name that CloudFormation makes up."""

INITIATED = "Resource creation Initiated"
REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """The words of an action on a resource.

    Attributes:
        name: As the fault hook names it.
        begun: Status while it lasts.
        done: Status afterwards.
        failed: Status where it failed.
        cancelled: Reason where something else failed first.
    """

    name: str
    begun: ResourceStatus
    done: ResourceStatus
    failed: ResourceStatus
    cancelled: str


CREATE = Verb(
    name="create",
    begun=ResourceStatus.CREATE_IN_PROGRESS,
    done=ResourceStatus.CREATE_COMPLETE,
    failed=ResourceStatus.CREATE_FAILED,
    cancelled="Resource creation cancelled",
)
UPDATE = Verb(
    name="update",
    begun=ResourceStatus.UPDATE_IN_PROGRESS,
    done=ResourceStatus.UPDATE_COMPLETE,
    failed=ResourceStatus.UPDATE_FAILED,
    cancelled="Resource update cancelled",
)
DELETE = Verb(
    name="delete",
    begun=ResourceStatus.DELETE_IN_PROGRESS,
    done=ResourceStatus.DELETE_COMPLETE,
    failed=ResourceStatus.DELETE_FAILED,
    cancelled="Resource deletion cancelled",
)


def make_token() -> str:
    """Return a new random end for the names of a resource."""
    alphabet = string.ascii_uppercase + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(TOKEN_LENGTH))


class ResourceActions:
    """Acts on the resources of a stack in one phase of an operation.

    Args:
        services: The engine's means.
        stack: The stack.
        operation: The operation; its stop signal at this time is the phase's.
        version: What the stack shall become; None where only deletes are made.
        resolver: Resolves the version's template; None where only deletes are made.
        go_on: Whether other resources go on after one has failed.
    """

    def __init__(
        self,
        services: Services,
        stack: Stack,
        operation: Operation,
        version: StackVersion | None,
        resolver: Resolver | None,
        *,
        go_on: bool = False,
    ) -> None:
        self._services = services
        self._stack = stack
        self._stop = operation.stop
        self._tags = dict(version.tags) if version else {}
        self._resolver = resolver
        self._go_on = go_on
        self._requests = Requests(services, stack, self._stop, self._tags, resolver)

    def create(
        self, definition: ResourceDefinition, *, replaced: StackResource | None = None
    ) -> bool:
        """Make a resource.

        Args:
            definition: How the template defines it.
            replaced: What it replaces; kept for the cleanup once the new one is there.

        Returns:
            Whether it is there and well.
        """
        verb = UPDATE if replaced else CREATE
        record = StackResource(
            definition=definition,
            token=make_token(),
            status=verb.begun,
            reason=REPLACING if replaced else "",
            physical_id=replaced.physical_id if replaced else "",
            updated_at=self._services.clock.now(),
            tags=self._tags,
        )
        return self._act(record, verb, lambda: self._create(record, replaced), replaced)

    def update(self, current: StackResource, wanted: StackResource) -> bool:
        """Change a resource in place.

        Args:
            current: The resource as it is.
            wanted: The resource with the definition and the properties that it shall have.

        Returns:
            Whether it is changed.
        """
        properties = wanted.properties
        # After a failed update the resource is somewhere between two sets of properties.
        failed_halfway = current.attempted is not None and current.attempted != properties
        before = current.attempted if failed_halfway else current.properties
        record = replace(
            self._stamp(current, UPDATE.begun),
            definition=wanted.definition,
            properties=before or {},
            literal=wanted.literal,
            attempted=properties,
            shown=wanted.shown,
        )
        return self._act(record, UPDATE, lambda: self._update(record, properties), current)

    def delete(self, resource: StackResource, *, leftover: bool, snapshot: bool) -> bool:
        """Delete a resource.

        Args:
            resource: The resource.
            leftover: Whether it is a replaced or removed one: then only events tell of it,
                the stack's resource of that name stays.
            snapshot: Whether to take a snapshot of it first.

        Returns:
            Whether it is gone.
        """
        keep = self._stack.tell if leftover else self._stack.put
        keep(self._stamp(resource, DELETE.begun))
        try:
            self._services.before_resource(*self._named(resource), DELETE.name)
            request = self._requests.build(resource, resource.properties)
            carried = self._type(resource.resource_type)
            if snapshot:
                take_snapshot(request, resource.resource_type, resource.physical_id)
            carried.delete(request, resource.resource)
        except ResourceError as error:
            keep(self._stamp(resource, DELETE.failed, error.reason))
            return False
        except Exception as error:  # noqa: BLE001 - a broken type fails its resource, never the thread
            keep(self._stamp(resource, DELETE.failed, _internal(error)))
            return False
        keep(self._stamp(resource, DELETE.done))
        return True

    def leave(self, resource: StackResource, *, leftover: bool) -> None:
        """Leave a resource where it is, outside of the stack.

        Args:
            resource: The resource.
            leftover: As for ``delete``.
        """
        keep = self._stack.tell if leftover else self._stack.put
        keep(self._stamp(resource, ResourceStatus.DELETE_SKIPPED))

    def refuse(self, definition: ResourceDefinition, reason: str) -> None:
        """Fail a resource without trying.

        Args:
            definition: How the template defines it.
            reason: Why not.
        """
        current = self._stack.resources.get(definition.logical_id)
        verb = UPDATE if current is not None and current.exists else CREATE
        record = current or StackResource(
            definition=definition,
            token=make_token(),
            status=verb.begun,
            updated_at=self._services.clock.now(),
        )
        self._stack.put(self._stamp(record, verb.begun))
        self._stack.put(self._stamp(record, verb.failed, reason))
        if not self._go_on:
            self._stop.set()

    def settle(self, resource: StackResource, verb: Verb, *, begun: bool) -> None:
        """Mark a resource as done without calling anything.

        Args:
            resource: The resource.
            verb: What it is said to have done.
            begun: Whether it is shown as begun first.
        """
        if begun:
            self._stack.put(self._stamp(resource, verb.begun))
        self._stack.put(self._stamp(resource, verb.done))

    def resolve(self, resource: StackResource, definition: ResourceDefinition) -> StackResource:
        """Return a resource as a definition wants it, with its properties resolved.

        Args:
            resource: The resource.
            definition: How the template defines it.

        Raises:
            IntrinsicError: A function cannot be resolved.
            ResourceError: A dynamic reference leads nowhere.
        """
        if self._resolver is None:
            raise RuntimeError(f"{definition.logical_id} cannot be resolved: it is to be deleted")
        return replace(
            resource,
            definition=definition,
            properties=self._resolver.properties(definition.logical_id),
            literal=self._resolver.shown_properties(definition.logical_id),
            shown=self._shown(definition),
        )

    def _shown(self, definition: ResourceDefinition) -> str:
        if self._resolver is None:
            return ""
        try:
            shown = self._resolver.masked().shown_properties(definition.logical_id)
        except IntrinsicError:
            # What is masked can be what cannot be resolved, as the second part of a list.
            return ""
        return json.dumps(shown, default=str)

    def _act(
        self,
        record: StackResource,
        verb: Verb,
        step: Callable[[], StackResource],
        previous: StackResource | None,
    ) -> bool:
        try:
            made = step()
        except ResourceError as error:
            self._fail(record, verb, error, previous)
        except IntrinsicError as error:
            self._fail(record, verb, ResourceError(error.message), previous)
        except Exception as error:  # noqa: BLE001 - a broken type fails its resource, never the thread
            self._fail(record, verb, ResourceError(_internal(error)), previous)
        else:
            self._stack.put(self._stamp(replace(made, attempted=None), verb.done))
            return True
        return False

    def _fail(
        self,
        begun: StackResource,
        verb: Verb,
        error: ResourceError,
        previous: StackResource | None,
    ) -> None:
        reason = verb.cancelled if self._stop.is_set() else error.reason
        with self._stack.lock:
            current = self._stack.resources.get(begun.logical_id)
            mine = current if current is not None and current.token == begun.token else begun
            failed = replace(mine, physical_id=error.physical_id or mine.physical_id)
            if previous is not None and begun.token != previous.token:
                # A replacement failed: what was made of it goes, the old one stays.
                if failed.physical_id != previous.physical_id:
                    self._stack.leftovers.append(failed)
                failed = previous
            self._stack.put(self._stamp(failed, verb.failed, reason))
        if not self._go_on:
            self._stop.set()

    def _create(self, begun: StackResource, replaced: StackResource | None) -> StackResource:
        record = replace(begun, shown=self._shown(begun.definition))
        self._stack.put(record)
        wanted = self.resolve(record, begun.definition)
        self._before(record, CREATE)
        request = self._requests.build(record, wanted.properties)
        carried = self._type(record.resource_type)
        made = carried.create(request)
        record = replace(
            self._stamp(record, record.status, INITIATED),
            physical_id=made.physical_id,
            attributes=made.attributes,
            properties=wanted.properties,
            literal=wanted.literal,
        )
        self._stack.put(record)
        record = replace(record, attributes=carried.complete(request, made).attributes)
        self._requests.await_creation_policy(record, request.creation_policy)
        self._check_cancelled(CREATE)
        if replaced is not None:
            with self._stack.lock:
                self._stack.leftovers.append(replaced)
        return record

    def _update(self, record: StackResource, properties: Properties) -> StackResource:
        self._stack.put(record)
        self._before(record, UPDATE)
        request = self._requests.build(record, properties)
        changed = self._type(record.resource_type).update(
            request, record.resource, record.properties
        )
        self._check_cancelled(UPDATE)
        return replace(
            record,
            physical_id=changed.physical_id,
            attributes=changed.attributes,
            properties=properties,
            tags=self._tags,
        )

    def _before(self, record: StackResource, verb: Verb) -> None:
        self._services.board.clear(signal_key(self._stack.stack_id, record.logical_id))
        self._services.before_resource(*self._named(record), verb.name)

    def _check_cancelled(self, verb: Verb) -> None:
        if self._stop.is_set():
            raise ResourceError(verb.cancelled)

    def _named(self, record: StackResource) -> tuple[str, str, str]:
        return self._stack.name, record.logical_id, record.resource_type

    def _type(self, resource_type: str) -> ResourceType:
        carried = self._services.types.get(resource_type)
        if carried is None:
            raise ResourceError(f"the local cloud does not carry {resource_type}")
        return carried

    def _stamp(
        self, record: StackResource, status: ResourceStatus, reason: str = ""
    ) -> StackResource:
        now = self._services.clock.now()
        return replace(record, status=status, reason=reason, updated_at=now)


def _internal(error: Exception) -> str:
    logger.error("a resource type failed unexpectedly", exc_info=error)
    return f"Internal Failure: {type(error).__name__}: {error}"
