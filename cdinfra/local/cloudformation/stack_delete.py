"""Deletes a stack."""

from dataclasses import replace

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.cleanup import (
    Deletion,
    delete_resources,
    tokens_of,
)
from cdinfra.local.cloudformation.lookups import exports_of, importers_of
from cdinfra.local.cloudformation.run import Run, names_of


def delete_stack(run: Run, before: tuple[StackStatus, str], deletion: Deletion) -> None:
    """Delete all resources of a stack.

    Args:
        run: The operation; the stack is in ``DELETE_IN_PROGRESS``.
        before: The status to go back to where the stack must stay.
        deletion: What to leave.
    """
    in_use = export_in_use(run)
    if in_use:
        status, _ = before
        run.transition(status, in_use)
        return
    finish_delete(run, deletion)


def finish_delete(run: Run, deletion: Deletion) -> None:
    """Delete the resources, then the stack itself.

    Args:
        run: The operation; the stack is in ``DELETE_IN_PROGRESS``.
        deletion: What to leave.
    """
    stack = run.stack
    run.begin_phase()
    leftovers = tuple(stack.leftovers)
    deletion = replace(deletion, leftovers=tokens_of(leftovers))
    failed = delete_resources(run, (*stack.resources.values(), *leftovers), deletion)
    with stack.lock:
        stack.leftovers = [one for one in leftovers if one in failed]
        if failed:
            run.transition(
                StackStatus.DELETE_FAILED,
                f"The following resource(s) failed to delete: {names_of(failed)}. ",
            )
            return
        stack.deleted_at = run.services.clock.now()
        stack.outputs, stack.imports = (), frozenset()
        for change_set_id in [
            one.change_set_id
            for one in run.state.change_sets.values()
            if one.stack_id == stack.stack_id
        ]:
            del run.state.change_sets[change_set_id]
        run.transition(StackStatus.DELETE_COMPLETE)


def export_in_use(run: Run) -> str:
    """Return why a stack must stay: another one imports what it exports; else empty.

    Args:
        run: The operation.
    """
    with run.state.lock:
        for name, (owner, _) in exports_of(run.state).items():
            if owner is not run.stack:
                continue
            users = [one.name for one in importers_of(run.state, name) if one is not owner]
            if users:
                return f"Export {name} cannot be deleted as it is in use by {' and '.join(users)}"
    return ""
