"""Compares what a stack is with what a caller wants: the base of change sets and updates."""

from collections.abc import Mapping
from dataclasses import dataclass

from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.changes import ResourceChange, StackView, resource_changes
from cdinfra.local.cloudformation.run import RESOLUTION_ERRORS, build_resolver
from cdinfra.local.cloudformation.services import Services
from cdinfra.local.cloudformation.state import Stack, StackVersion
from cdinfra.local.cloudformation.status import UNFINISHED, ResourceStatus
from cdinfra.local.cloudformation.store import RegionState
from cdinfra.local.resources.contract import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What would change.

    Attributes:
        changes: The resources that change.
        outputs: Whether the outputs do.
        settings: Whether tags, notification ARNs or rollback triggers do, or an earlier
            operation is to be finished.
    """

    changes: tuple[ResourceChange, ...]
    outputs: bool
    settings: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.changes or self.outputs or self.settings)


def compare(
    services: Services, state: RegionState, stack: Stack, wanted: StackVersion
) -> Comparison:
    """Return what would change if a stack became another version.

    Args:
        services: The engine's means.
        state: The stack's region.
        stack: The stack as it is.
        wanted: What it shall become.

    Raises:
        ApiError: A resource would change its type, or the template cannot be resolved.
    """
    current = stack.version
    new = StackView(
        template=wanted.template,
        resolver=build_resolver(services, state, stack, wanted),
        tags=wanted.tags,
    )
    try:
        if current is None:
            changes = resource_changes(None, new, {})
            return Comparison(changes=changes, outputs=bool(wanted.template.outputs), settings=True)
        _refuse_new_types(current, wanted)
        old = StackView(
            template=current.template,
            resolver=build_resolver(services, state, stack, current),
            tags=current.tags,
        )
        changes = resource_changes(old, new, existing_resources(stack))
        outputs_differ = _outputs_differ(stack, new)
    except RESOLUTION_ERRORS as error:
        raise ApiError(str(error)) from error
    return Comparison(
        changes=changes,
        outputs=outputs_differ,
        settings=stack.status in UNFINISHED or _settings_differ(current, wanted),
    )


def existing_resources(stack: Stack) -> Mapping[str, Resource]:
    """Return the resources that a stack truly has, by logical id.

    Args:
        stack: The stack.
    """
    with stack.lock:
        return {
            name: one.resource
            for name, one in stack.resources.items()
            if one.exists and one.status is not ResourceStatus.CREATE_FAILED
        }


def _refuse_new_types(current: StackVersion, wanted: StackVersion) -> None:
    old = current.template.resources
    changed = [
        name
        for name, definition in wanted.template.resources.items()
        if name in old and old[name].resource_type != definition.resource_type
    ]
    if changed:
        raise ApiError(
            "Update of resource type is not permitted. The new template modifies resource type "
            f"of the following resources: [{', '.join(changed)}]"
        )


def _outputs_differ(stack: Stack, new: StackView) -> bool:
    return set(new.resolver.outputs()) != set(stack.outputs)


def _settings_differ(current: StackVersion, wanted: StackVersion) -> bool:
    return (
        dict(current.tags) != dict(wanted.tags)
        or current.notification_arns != wanted.notification_arns
        or dict(current.rollback_configuration) != dict(wanted.rollback_configuration)
    )
