"""Brings the resources of a stack to what a version wants: the forward half of create and update.

Each resource, in dependency order, is made, changed in place, replaced or left alone. What
was replaced or is wanted no more stays until the cleanup, so that a rollback can go back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from cdinfra.local.cloudformation.checks import check_resources
from cdinfra.local.cloudformation.dependencies import dependency_order
from cdinfra.local.cloudformation.differences import PropertyChange, property_diff, replaces
from cdinfra.local.cloudformation.events import STACK_TYPE
from cdinfra.local.cloudformation.intrinsics import Resolver
from cdinfra.local.cloudformation.lookups import exports_of, importers_of
from cdinfra.local.cloudformation.policy import UpdateAction, denial
from cdinfra.local.cloudformation.resource_actions import UPDATE, ResourceActions
from cdinfra.local.cloudformation.run import RESOLUTION_ERRORS, Run, names_of
from cdinfra.local.cloudformation.schema import load_schema
from cdinfra.local.cloudformation.scope import OutputValue
from cdinfra.local.cloudformation.stack_tags import with_stack_tags
from cdinfra.local.cloudformation.state import StackResource, StackVersion
from cdinfra.local.cloudformation.status import ResourceStatus
from cdinfra.local.cloudformation.template import ResourceDefinition
from cdinfra.local.cloudformation.walk import walk
from cdinfra.local.resources.contract import Properties, ResourceType


class Difference(Enum):
    """What has to be done about a resource that is there."""

    NONE = auto()
    ATTRIBUTES = auto()
    IN_PLACE = auto()
    REPLACEMENT = auto()


def difference(
    current: StackResource,
    wanted: StackResource,
    tags: Mapping[str, str],
    carried: ResourceType | None,
) -> Difference:
    """Return what has to be done so that a resource is as a template defines it.

    As in CloudFormation, a dynamic reference that leads to another value than before is no
    change by itself, and no change set shows it; a resource that changes otherwise, be it in
    its metadata, gets the new value.

    Args:
        current: The resource as it is.
        wanted: The resource as it is defined, resolved.
        tags: The stack's tags.
        carried: Its type, which decides where a change may or may not mean replacement.
    """
    schema = load_schema(wanted.resource_type)
    new_metadata = current.definition.metadata != wanted.definition.metadata

    def diff(before: Properties, after: Properties) -> tuple[PropertyChange, ...]:
        return property_diff(
            schema,
            with_stack_tags(schema, before, current.tags),
            with_stack_tags(schema, after, tags),
        )

    is_touched = new_metadata or diff(current.literal, wanted.literal)
    changes = diff(current.properties, wanted.properties) if is_touched else ()
    properties = wanted.properties
    undecided = any(change.requires_recreation == "Conditionally" for change in changes)
    if replaces(changes) or (
        undecided and carried and carried.must_replace(properties, current.properties)
    ):
        return Difference.REPLACEMENT
    # What stands at a nested stack's address may have changed, whatever its properties say.
    if changes or current.attempted is not None or wanted.resource_type == STACK_TYPE:
        return Difference.IN_PLACE
    return Difference.ATTRIBUTES if new_metadata else Difference.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Convergence:
    """One walk over the resources of a version.

    Attributes:
        run: The operation.
        version: What the stack shall become.
        resolver: Resolves the version.
        actions: Acts on the resources.
        policy: The stack policy that binds this update; empty allows everything.
    """

    run: Run
    version: StackVersion
    resolver: Resolver
    actions: ResourceActions
    policy: str

    def act(self, logical_id: str) -> bool:
        """Bring one resource to what the version wants.

        Args:
            logical_id: The resource.

        Returns:
            Whether it is there and well.
        """
        definition = self.version.template.resources[logical_id]
        current = self.run.stack.resources.get(logical_id)
        if current is None or not current.exists:
            return self.actions.create(definition)
        if current.status is ResourceStatus.CREATE_FAILED:
            # Half made by an earlier operation without rollback: made anew.
            with self.run.stack.lock:
                self.run.stack.leftovers.append(current)
            return self.actions.create(definition)
        try:
            wanted = self.actions.resolve(current, definition)
        except RESOLUTION_ERRORS as error:
            self.actions.refuse(definition, str(error))
            return False
        return self._change(current, wanted)

    def _change(self, current: StackResource, wanted: StackResource) -> bool:
        definition = wanted.definition
        carried = self.run.services.types.get(definition.resource_type)
        match difference(current, wanted, self.version.tags, carried):
            case Difference.REPLACEMENT:
                return self._allowed(definition, UpdateAction.REPLACE) and self.actions.create(
                    definition, replaced=current
                )
            case Difference.IN_PLACE:
                return self._allowed(definition, UpdateAction.MODIFY) and self.actions.update(
                    current, wanted
                )
            case Difference.ATTRIBUTES:
                self.actions.settle(replace(current, definition=definition), UPDATE, begun=True)
            case Difference.NONE:
                if current.status is ResourceStatus.UPDATE_FAILED:
                    self.actions.settle(current, UPDATE, begun=False)
                self.run.stack.revise(definition.logical_id, definition)
        return True

    def _allowed(self, definition: ResourceDefinition, action: UpdateAction) -> bool:
        reason = denial(self.policy, action, definition.logical_id, definition.resource_type)
        if reason:
            self.actions.refuse(definition, reason)
        return not reason


def converge(run: Run, version: StackVersion, policy: str = "") -> str | None:
    """Bring a stack's resources and outputs to what a version wants.

    Args:
        run: The operation.
        version: What the stack shall become.
        policy: The stack policy that binds this update.

    Returns:
        Why it failed, as the stack's status reason says it; None where all went well.
    """
    stop = run.operation.stop
    try:
        resolver = run.resolver(version)
        active = resolver.active
        with run.stack.lock:
            run.stack.imports |= resolver.imports()
    except RESOLUTION_ERRORS as error:
        return str(error)
    actions = run.actions(version, resolver)
    convergence = Convergence(
        run=run, version=version, resolver=resolver, actions=actions, policy=policy
    )
    if not _refuse_uncarried(convergence, active) and not _refuse_removals(convergence, active):
        walk(dependency_order(version.template, active), convergence.act, stop)
    if stop.is_set():
        return stop.reason or _failed_reason(run)
    return _publish(run, resolver)


def _refuse_uncarried(convergence: Convergence, active: tuple[str, ...]) -> bool:
    """Fail all resources that cannot be made here, before any other is begun."""
    resources = convergence.version.template.resources
    definitions = tuple(resources[logical_id] for logical_id in active)
    found = check_resources(definitions, convergence.resolver, convergence.run.services.types)
    for logical_id, reason in found.items():
        convergence.actions.refuse(resources[logical_id], reason)
    return bool(found)


def _refuse_removals(convergence: Convergence, active: tuple[str, ...]) -> bool:
    """Fail all resources that the stack policy does not let go."""
    refused = False
    for logical_id, resource in tuple(convergence.run.stack.resources.items()):
        if logical_id in active or not resource.exists:
            continue
        reason = denial(convergence.policy, UpdateAction.DELETE, logical_id, resource.resource_type)
        if reason:
            convergence.actions.refuse(resource.definition, reason)
            refused = True
    return refused


def _failed_reason(run: Run) -> str:
    with run.stack.lock:
        # The first cause comes first.
        records = sorted(run.stack.resources.values(), key=lambda one: one.updated_at)
    created = [one for one in records if one.status is ResourceStatus.CREATE_FAILED]
    updated = [one for one in records if one.status is ResourceStatus.UPDATE_FAILED]
    reasons = [
        f"The following resource(s) failed to {verb}: {names_of(failed)}. "
        for verb, failed in (("create", created), ("update", updated))
        if failed
    ]
    return "".join(reasons)


def _publish(run: Run, resolver: Resolver) -> str | None:
    """Resolve the outputs and take them over, or say why not."""
    try:
        outputs = resolver.outputs()
        imports = resolver.imports()
    except RESOLUTION_ERRORS as error:
        return str(error)
    with run.state.lock:
        problem = _export_problem(run, outputs)
        if problem is None:
            run.stack.outputs = outputs
            run.stack.imports = imports
        return problem


def _export_problem(run: Run, outputs: tuple[OutputValue, ...]) -> str | None:
    """Return why the exports cannot become these; None where they can."""
    new = {output.export_name: output.value for output in outputs if output.export_name}
    for name, (owner, value) in exports_of(run.state).items():
        if owner is not run.stack:
            if name in new:
                return f"Export with name {name} is already exported by stack {owner.name}."
            continue
        users = [one.name for one in importers_of(run.state, name) if one is not run.stack]
        if users and new.get(name) != value:
            verb = "updated" if name in new else "deleted"
            return f"Export {name} cannot be {verb} as it is in use by {' and '.join(users)}"
    return None
