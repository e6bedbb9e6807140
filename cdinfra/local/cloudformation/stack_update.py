"""Updates a stack, and takes it back to what it was where that fails."""

from collections.abc import Callable

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.cleanup import (
    Deletion,
    creation_rollback_policy,
    delete_resources,
    tokens_of,
)
from cdinfra.local.cloudformation.converge import converge
from cdinfra.local.cloudformation.dependencies import dependency_order
from cdinfra.local.cloudformation.events import STACK_TYPE
from cdinfra.local.cloudformation.resource_actions import UPDATE, ResourceActions
from cdinfra.local.cloudformation.rollback_triggers import under_watch
from cdinfra.local.cloudformation.run import RESOLUTION_ERRORS, Run
from cdinfra.local.cloudformation.state import RollbackPoint, StackResource, StackVersion
from cdinfra.local.cloudformation.status import ResourceStatus
from cdinfra.local.cloudformation.walk import walk


def update_stack(run: Run, version: StackVersion, policy: str) -> None:
    """Bring a stack to a new version.

    Args:
        run: The operation; the stack is in ``UPDATE_IN_PROGRESS`` and has a rollback point.
        version: What the stack shall become.
        policy: The stack policy that binds this update.
    """
    stack = run.stack
    failure = under_watch(run, version, lambda: converge(run, version, policy))
    if run.operation.superseded.is_set():
        return
    if failure is None:
        _clean_up(run, version)
    elif stack.disable_rollback and not run.operation.cancelled.is_set():
        run.transition(StackStatus.UPDATE_FAILED, failure)
    else:
        roll_back_update(run, failure)


def _clean_up(run: Run, version: StackVersion) -> None:
    """Delete what a successful update has replaced or removed."""
    stack = run.stack
    run.transition(StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS)
    run.begin_phase()
    active = frozenset(run.resolver(version).active)
    with stack.lock:
        stack.rollback_point = None
        stack.was_complete = True
        removed = [one for name, one in stack.resources.items() if name not in active]
        replaced = tuple(stack.leftovers)
    policy = _cleanup_policy(tokens_of(replaced))
    unwanted = (*removed, *replaced)
    failed = delete_resources(
        run, unwanted, Deletion(policy_of=policy, leftovers=tokens_of(unwanted), is_cleanup=True)
    )
    with stack.lock:
        for resource in removed:
            stack.forget(resource.logical_id)
        stack.leftovers = []
    run.transition(StackStatus.UPDATE_COMPLETE, _undeleted(failed))


def _cleanup_policy(replaced: frozenset[str]) -> Callable[[StackResource], str]:
    def policy(resource: StackResource) -> str:
        definition = resource.definition
        if resource.status is ResourceStatus.CREATE_FAILED:
            return "Delete"
        if resource.token in replaced:
            return definition.update_replace_policy
        return definition.deletion_policy

    return policy


def _undeleted(failed: tuple[StackResource, ...]) -> str:
    return "Update successful. One or more resources could not be deleted." if failed else ""


def roll_back_update(run: Run, reason: str, skipped: frozenset[str] = frozenset()) -> None:
    """Bring a stack back to what it was before a failed update.

    Args:
        run: The operation; the stack has a rollback point.
        reason: Why, as the stack's status says it; empty where the stack is rolling back
            already.
        skipped: Resources to take as rolled back without trying.
    """
    stack = run.stack
    point = stack.rollback_point
    if point is None:
        raise RuntimeError(f"stack {stack.name} has nothing to roll back to")
    run.begin_phase()
    with stack.lock:
        stack.version = point.version
        if reason:
            run.transition(StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, reason)
    failed = _restore(run, point, skipped)
    if failed:
        run.transition(
            StackStatus.UPDATE_ROLLBACK_FAILED,
            f"The following resource(s) failed to update: [{', '.join(failed)}]. ",
        )
        return
    _clean_up_rollback(run, point)


def _restore(run: Run, point: RollbackPoint, skipped: frozenset[str]) -> tuple[str, ...]:
    """Take every resource back; return those that could not be."""
    try:
        resolver = run.resolver(point.version)
        graph = dependency_order(point.version.template, frozenset(point.resources))
    except RESOLUTION_ERRORS:
        # What could be resolved once cannot any more: nothing then depends on the order.
        resolver = None
        graph = {name: frozenset() for name in point.resources}
    actions = run.actions(point.version, resolver, go_on=True)
    order = {name: graph.get(name, frozenset()) for name in point.resources}
    walk(
        order,
        lambda name: _restore_one(run, actions, point.resources[name], skip=name in skipped),
        run.operation.stop,
    )
    with run.stack.lock:
        return tuple(
            name
            for name in point.resources
            if run.stack.resources[name].status is ResourceStatus.UPDATE_FAILED
        )


def _restore_one(run: Run, actions: ResourceActions, old: StackResource, *, skip: bool) -> bool:
    stack = run.stack
    with stack.lock:
        current = stack.resources[old.logical_id]
        replaced = current.token != old.token
        if replaced:
            stack.leftovers = [one for one in stack.leftovers if one.token != old.token]
            stack.leftovers.append(current)
    if replaced or skip:
        actions.settle(old, UPDATE, begun=False)
        return True
    if current.attempted is None and _same(current, old) and not _nested_changed(current, old):
        if current.status is ResourceStatus.UPDATE_FAILED or current.definition != old.definition:
            actions.settle(old, UPDATE, begun=False)
        return True
    return actions.update(current, old)


def _same(current: StackResource, old: StackResource) -> bool:
    return current.properties == old.properties and dict(current.tags) == dict(old.tags)


def _nested_changed(current: StackResource, old: StackResource) -> bool:
    """Return whether a nested stack was updated, perhaps to another template at its address."""
    return current.resource_type == STACK_TYPE and current.updated_at != old.updated_at


def _clean_up_rollback(run: Run, point: RollbackPoint) -> None:
    """Delete what the failed update has made."""
    stack = run.stack
    run.transition(StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS)
    with stack.lock:
        made = [one for name, one in stack.resources.items() if name not in point.resources]
        leftovers = tuple(stack.leftovers)
    unwanted = (*made, *leftovers)
    policy = creation_rollback_policy(retain_except_on_create=stack.retain_except_on_create)
    delete_resources(
        run, unwanted, Deletion(policy_of=policy, leftovers=tokens_of(unwanted), is_cleanup=True)
    )
    with stack.lock:
        for resource in made:
            stack.forget(resource.logical_id)
        stack.leftovers = []
        stack.outputs, stack.imports = point.outputs, point.imports
        stack.rollback_point = None
        run.transition(StackStatus.UPDATE_ROLLBACK_COMPLETE)
