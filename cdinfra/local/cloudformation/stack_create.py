"""Creates a stack, and takes back what was made of it where that fails."""

from collections.abc import Callable

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.cleanup import (
    Deletion,
    creation_rollback_policy,
    delete_resources,
    tokens_of,
)
from cdinfra.local.cloudformation.converge import converge
from cdinfra.local.cloudformation.resource_actions import DELETE
from cdinfra.local.cloudformation.rollback_triggers import under_watch
from cdinfra.local.cloudformation.run import Run, names_of
from cdinfra.local.cloudformation.stack_delete import finish_delete
from cdinfra.local.cloudformation.state import StackResource
from cdinfra.local.cloudformation.status import ResourceStatus

SECONDS_PER_MINUTE = 60


def create_stack(run: Run, on_failure: str) -> None:
    """Make all resources of a stack.

    Args:
        run: The operation; the stack has its version.
        on_failure: ``ROLLBACK``, ``DELETE`` or ``DO_NOTHING``.
    """
    failure = _converge_in_time(run)
    with run.stack.lock:
        # A delete may take over until here, and not between the look and the new status.
        if run.operation.superseded.is_set():
            return
        if failure is None:
            run.stack.was_complete = True
            run.transition(StackStatus.CREATE_COMPLETE)
            return
        run.transition(*_after_failure(on_failure, failure))
    match on_failure:
        case "DO_NOTHING":
            pass
        case "DELETE":
            finish_delete(run, Deletion(policy_of=_rollback_policy(run)))
        case _:
            roll_back_creation(run)


def _converge_in_time(run: Run) -> str | None:
    """Make the resources within the time that the caller gives; return why not."""
    stack, stop, version = run.stack, run.operation.stop, run.stack.version
    if version is None:
        raise RuntimeError(f"stack {stack.name} has no template yet")
    if not stack.timeout_minutes:
        return under_watch(run, version, lambda: converge(run, version))
    call_off = run.services.clock.call_after(
        stack.timeout_minutes * SECONDS_PER_MINUTE,
        lambda: stop.set("Stack creation time exceeded the specified timeout."),
    )
    try:
        return under_watch(run, version, lambda: converge(run, version))
    finally:
        call_off()


def _after_failure(on_failure: str, failure: str) -> tuple[StackStatus, str]:
    match on_failure:
        case "DO_NOTHING":
            return StackStatus.CREATE_FAILED, failure
        case "DELETE":
            reason = f"{failure.rstrip()} Delete requested by user."
            return StackStatus.DELETE_IN_PROGRESS, reason
        case _:
            reason = f"{failure.rstrip()} Rollback requested by user."
            return StackStatus.ROLLBACK_IN_PROGRESS, reason


def roll_back_creation(run: Run) -> None:
    """Delete what a failed creation has made.

    Args:
        run: The operation; the stack is in ``ROLLBACK_IN_PROGRESS``.
    """
    stack = run.stack
    run.begin_phase()
    stack.deleted_at = run.services.clock.now()
    _tell_unmade(run)
    leftovers = tuple(stack.leftovers)
    failed = delete_resources(
        run,
        (*stack.resources.values(), *leftovers),
        Deletion(policy_of=_rollback_policy(run), leftovers=tokens_of(leftovers)),
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


def _rollback_policy(run: Run) -> Callable[[StackResource], str]:
    return creation_rollback_policy(retain_except_on_create=run.stack.retain_except_on_create)


def _tell_unmade(run: Run) -> None:
    """Mark as deleted those resources of which nothing was made."""
    actions = run.actions(None, None)
    for resource in tuple(run.stack.resources.values()):
        if not resource.exists and resource.status is ResourceStatus.CREATE_FAILED:
            actions.settle(resource, DELETE, begun=False)
