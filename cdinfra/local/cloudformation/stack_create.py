"""Creates a stack, and takes back what was made of it where that fails."""

from cdinfra.local.cloudformation.cleanup import (
    Deletion,
    creation_rollback_policy,
    delete_resources,
    tokens_of,
)
from cdinfra.local.cloudformation.converge import converge
from cdinfra.local.cloudformation.resource_actions import DELETE
from cdinfra.local.cloudformation.run import Run, names_of
from cdinfra.local.cloudformation.stack_delete import finish_delete
from cdinfra.local.cloudformation.status import ResourceStatus, StackStatus

SECONDS_PER_MINUTE = 60


def create_stack(run: Run, on_failure: str) -> None:
    """Make all resources of a stack.

    Args:
        run: The operation; the stack has its version.
        on_failure: ``ROLLBACK``, ``DELETE`` or ``DO_NOTHING``.
    """
    stack = run.stack
    if stack.version is None:
        return
    stop = run.operation.stop
    minutes = stack.timeout_minutes
    call_off = (
        run.services.clock.call_after(
            minutes * SECONDS_PER_MINUTE,
            lambda: stop.set("Stack creation time exceeded the specified timeout."),
        )
        if minutes
        else None
    )
    failure = converge(run, stack.version)
    if call_off is not None:
        call_off()
    if run.operation.superseded.is_set():
        return
    if failure is None:
        stack.was_complete = True
        run.transition(StackStatus.CREATE_COMPLETE)
        return
    match on_failure:
        case "DO_NOTHING":
            run.transition(StackStatus.CREATE_FAILED, failure)
        case "DELETE":
            run.transition(
                StackStatus.DELETE_IN_PROGRESS, f"{failure.rstrip()} Delete requested by user."
            )
            finish_delete(run)
        case _:
            roll_back_creation(run, f"{failure.rstrip()} Rollback requested by user.")


def roll_back_creation(run: Run, reason: str) -> None:
    """Delete what a failed creation has made.

    Args:
        run: The operation.
        reason: Why, as the stack's status says it; empty where the stack is rolling back
            already.
    """
    stack = run.stack
    run.begin_phase()
    if reason:
        run.transition(StackStatus.ROLLBACK_IN_PROGRESS, reason)
    stack.deleted_at = run.services.clock.now()
    policy = creation_rollback_policy(retain_except_on_create=stack.retain_except_on_create)
    _tell_unmade(run)
    leftovers = tuple(stack.leftovers)
    failed = delete_resources(
        run,
        (*stack.resources.values(), *leftovers),
        Deletion(policy_of=policy, leftovers=tokens_of(leftovers)),
    )
    with stack.lock:
        stack.leftovers = [one for one in leftovers if one in failed]
        stack.outputs, stack.imports = (), frozenset()
    if failed:
        run.transition(
            StackStatus.ROLLBACK_FAILED,
            f"The following resource(s) failed to delete: {names_of(failed)}. ",
        )
    else:
        run.transition(StackStatus.ROLLBACK_COMPLETE)


def _tell_unmade(run: Run) -> None:
    """Mark as deleted those resources of which nothing was made."""
    actions = run.actions(None, None)
    for resource in tuple(run.stack.resources.values()):
        if not resource.exists and resource.status is ResourceStatus.CREATE_FAILED:
            actions.settle(resource, DELETE, begun=False)
