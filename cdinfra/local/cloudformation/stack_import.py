"""Takes resources that exist into a stack, and lets go of them again where that fails."""

import json
from dataclasses import dataclass, replace

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.change_set import ResourceToImport
from cdinfra.local.cloudformation.dependencies import dependency_order
from cdinfra.local.cloudformation.intrinsics import Resolver
from cdinfra.local.cloudformation.requests import Requests
from cdinfra.local.cloudformation.resource_actions import CREATE, UPDATE, make_token
from cdinfra.local.cloudformation.run import RESOLUTION_ERRORS, Run, names_of
from cdinfra.local.cloudformation.schema import load_schema
from cdinfra.local.cloudformation.state import StackResource, StackVersion
from cdinfra.local.cloudformation.status import ResourceStatus
from cdinfra.local.cloudformation.walk import walk
from cdinfra.local.resources.contract import Properties, ResourceError

TAGGING = "Apply stack-level tags to imported resource if applicable."


def import_resources(
    run: Run, version: StackVersion, imports: tuple[ResourceToImport, ...]
) -> None:
    """Import resources.

    Args:
        run: The operation; the stack is in ``IMPORT_IN_PROGRESS`` and has its old version.
        version: What the stack shall become.
        imports: The resources.
    """
    stack, before = run.stack, run.stack.version
    importing = Importing(
        run=run,
        version=version,
        resolver=run.resolver(version),
        imports={one.logical_id: one for one in imports},
    )
    stack.version = version
    graph = dependency_order(version.template, importing.imports.keys())
    walk(graph, importing.act, run.operation.stop)
    if not run.operation.stop.is_set():
        stack.was_complete = True
        run.transition(StackStatus.IMPORT_COMPLETE)
        return
    _let_go(run, importing, before or version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """One import.

    Attributes:
        run: The operation.
        version: What the stack shall become.
        resolver: Resolves the version.
        imports: The resources, by logical id.
    """

    run: Run
    version: StackVersion
    resolver: Resolver
    imports: dict[str, ResourceToImport]

    def act(self, logical_id: str) -> bool:
        """Import one resource.

        Args:
            logical_id: The resource.

        Returns:
            Whether it is part of the stack now.
        """
        record = StackResource(
            definition=self.version.template.resources[logical_id],
            token=make_token(),
            status=ResourceStatus.IMPORT_IN_PROGRESS,
            reason="Resource import started.",
            updated_at=self.run.services.clock.now(),
            physical_id=self.imports[logical_id].physical_id,
        )
        self.run.stack.put(record)
        failed = ResourceStatus.IMPORT_FAILED
        try:
            record = self._found(record)
            self._put(record, ResourceStatus.IMPORT_COMPLETE, "Resource import completed.")
            failed = ResourceStatus.UPDATE_FAILED
            self._put(record, ResourceStatus.UPDATE_IN_PROGRESS, TAGGING)
            record = self.tag(record, dict(self.version.tags))
        except RESOLUTION_ERRORS as error:
            self._put(record, failed, str(error))
            self.run.operation.stop.set()
            return False
        self._put(record, ResourceStatus.UPDATE_COMPLETE)
        return True

    def tag(self, record: StackResource, tags: dict[str, str]) -> StackResource:
        """Give a resource the stack's tags, or take them off.

        Args:
            record: The resource.
            tags: The stack's tags that it shall have.

        Raises:
            ResourceError: It cannot be changed.
        """
        self._before(record, UPDATE.name)
        carried = self.run.services.types[record.resource_type]
        schema = load_schema(record.resource_type)
        hidden = {path[0] for path in schema.write_only} if schema else set()
        unread = {name: each for name, each in record.properties.items() if name in hidden}
        request = self._requests(tags).build(record, record.properties)
        # Whatever the template says, nothing but the tags changes: drift shows the rest.
        actual = {**unread, **(carried.read(request, record.resource) or record.properties)}
        request = self._requests(tags).build(record, actual)
        changed = carried.update(request, record.resource, actual)
        return replace(record, attributes=changed.attributes, tags=tags)

    def _found(self, record: StackResource) -> StackResource:
        """Return the resource with its properties, once it is sure that it exists."""
        carried = self.run.services.types.get(record.resource_type)
        if carried is None:
            raise ResourceError(f"the local cloud does not carry {record.resource_type}")
        properties: Properties = self.resolver.properties(record.logical_id)
        shown = self.resolver.masked().shown_properties(record.logical_id)
        self._before(record, CREATE.name)
        request = self._requests({}).build(record, properties)
        if carried.read(request, record.resource) is None:
            raise ResourceError(
                f"Resource of type '{record.resource_type}' with identifier "
                f"'{record.physical_id}' was not found."
            )
        return replace(
            record,
            properties=properties,
            literal=self.resolver.shown_properties(record.logical_id),
            shown=json.dumps(shown, default=str),
        )

    def _before(self, record: StackResource, action: str) -> None:
        stack = self.run.stack
        self.run.services.before_resource(
            stack.name, record.logical_id, record.resource_type, action
        )

    def _requests(self, tags: dict[str, str]) -> Requests:
        run = self.run
        return Requests(run.services, run.stack, run.operation.stop, tags, self.resolver)

    def _put(self, record: StackResource, status: ResourceStatus, reason: str = "") -> None:
        now = self.run.services.clock.now()
        self.run.stack.put(replace(record, status=status, reason=reason, updated_at=now))

    def let_go(self, record: StackResource) -> bool:
        """Take the stack's tags off an imported resource.

        Args:
            record: The resource.

        Returns:
            Whether it is as it was.
        """
        self._put(record, ResourceStatus.IMPORT_ROLLBACK_IN_PROGRESS)
        try:
            self.tag(record, {})
        except ResourceError as error:
            self._put(record, ResourceStatus.IMPORT_ROLLBACK_FAILED, error.reason)
            return False
        self._put(record, ResourceStatus.IMPORT_ROLLBACK_COMPLETE)
        return True


def _let_go(run: Run, importing: Importing, before: StackVersion) -> None:
    stack = run.stack
    with stack.lock:
        imported = [stack.resources[name] for name in importing.imports if name in stack.resources]
        bad = [one for one in imported if one.status.endswith("FAILED")]
    run.begin_phase()
    run.transition(
        StackStatus.IMPORT_ROLLBACK_IN_PROGRESS,
        f"The following resource(s) failed to import: {names_of(bad)}. ",
    )
    tagged = [one for one in imported if one.status is not ResourceStatus.IMPORT_FAILED]
    left = [one for one in tagged if not importing.let_go(one)]
    with stack.lock:
        # Whatever became of the tags: what was not imported is not the stack's to delete.
        for resource in imported:
            stack.forget(resource.logical_id)
        stack.version = before
        if left:
            reason = f"The following resource(s) failed to roll back: {names_of(left)}. "
            run.transition(StackStatus.IMPORT_ROLLBACK_FAILED, reason)
        else:
            run.transition(StackStatus.IMPORT_ROLLBACK_COMPLETE)
