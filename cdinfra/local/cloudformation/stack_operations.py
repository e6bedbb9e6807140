"""The calls that start, stop or bind an operation on a stack."""

from collections.abc import Callable

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.api_error import (
    ALREADY_EXISTS,
    ApiError,
)
from cdinfra.local.cloudformation.change_set import ChangeSet
from cdinfra.local.cloudformation.cleanup import Deletion, deletion_policy
from cdinfra.local.cloudformation.comparison import compare
from cdinfra.local.cloudformation.engine import Engine, new_operation
from cdinfra.local.cloudformation.run import Run
from cdinfra.local.cloudformation.settings_checks import check_role
from cdinfra.local.cloudformation.stack_create import create_stack, roll_back_creation
from cdinfra.local.cloudformation.stack_delete import delete_stack
from cdinfra.local.cloudformation.stack_import import import_resources
from cdinfra.local.cloudformation.stack_lookup import (
    check_name,
    check_updatable,
    existing_stack,
    make_stack,
    policy_body,
)
from cdinfra.local.cloudformation.stack_update import roll_back_update, update_stack
from cdinfra.local.cloudformation.state import Stack, StackVersion
from cdinfra.local.cloudformation.status import DELETABLE, UNFINISHED, OperationKind, ResourceStatus
from cdinfra.local.cloudformation.store import RegionState
from cdinfra.local.cloudformation.submission import (
    Given,
    build_version,
)
from cdinfra.local.cloudformation.tokens import TOKEN_MEMBER


def start_create(engine: Engine, state: RegionState, given: Given) -> Stack:
    """Create a stack.

    Args:
        engine: The engine.
        state: The region.
        given: The request.

    Raises:
        ApiError: CloudFormation would refuse it.
    """
    name = str(given["StackName"])
    check_name(name)
    if "OnFailure" in given and "DisableRollback" in given:
        raise ApiError("You cannot specify both OnFailure and DisableRollback")
    if state.find(name) is not None:
        raise ApiError(f"Stack [{name}] already exists", code=ALREADY_EXISTS)
    version = build_version(given, engine.services.clients(state.region, state.account), None)
    policy = policy_body(engine, state, given, "StackPolicy")
    with state.lock:
        stack = make_stack(engine, state, name)
        stack.policy = policy or ""
        stack.timeout_minutes = given.get("TimeoutInMinutes")
        stack.termination_protection = bool(given.get("EnableTerminationProtection"))
        begin_create(engine, state, stack, version, given)
    return stack


def begin_create(
    engine: Engine,
    state: RegionState,
    stack: Stack,
    version: StackVersion,
    given: Given,
    ended: Callable[[], None] = lambda: None,
) -> None:
    """Start the creation of a stack that is kept already.

    Args:
        engine: The engine.
        state: The region.
        stack: The stack.
        version: What it shall be.
        given: ``OnFailure`` or ``DisableRollback``, ``RetainExceptOnCreate``, the token.
        ended: Called when the operation has ended, well or not.
    """
    on_failure = str(given.get("OnFailure", "ROLLBACK"))
    if given.get("DisableRollback"):
        on_failure = "DO_NOTHING"
    stack.version = version
    stack.disable_rollback = on_failure == "DO_NOTHING"
    stack.retain_except_on_create = bool(given.get("RetainExceptOnCreate"))
    operation = new_operation(OperationKind.CREATE_STACK, str(given.get(TOKEN_MEMBER, "")))
    engine.start(
        (state, stack),
        operation,
        StackStatus.CREATE_IN_PROGRESS,
        lambda run: _and_then(lambda: create_stack(run, on_failure), ended),
    )


def start_update(engine: Engine, state: RegionState, given: Given) -> Stack:
    """Update a stack.

    Args:
        engine: The engine.
        state: The region.
        given: The request.

    Raises:
        ApiError: CloudFormation would refuse it, or nothing would change.
    """
    stack = existing_stack(state, str(given["StackName"]))
    check_updatable(stack)
    version = build_version(
        given, engine.services.clients(state.region, state.account), stack.version
    )
    comparison = compare(engine.services, state, stack, version)
    if comparison.is_empty:
        raise ApiError("No updates are to be performed.")
    during = policy_body(engine, state, given, "StackPolicyDuringUpdate")
    policy = policy_body(engine, state, given, "StackPolicy")
    with state.lock:
        check_updatable(stack)
        binding = stack.policy if during is None else during
        if policy is not None:
            stack.policy = policy
        begin_update(engine, state, stack, version, {**given, "policy": binding})
    return stack


def begin_update(
    engine: Engine,
    state: RegionState,
    stack: Stack,
    version: StackVersion,
    given: Given,
    ended: Callable[[], None] = lambda: None,
) -> None:
    """Start the update of a stack.

    Args:
        engine: The engine.
        state: The region.
        stack: The stack.
        version: What it shall become.
        given: ``DisableRollback``, ``RetainExceptOnCreate``, the token, and as ``policy``
            the stack policy that binds.
        ended: Called when the operation has ended, well or not.
    """
    # A stack that never was complete has nothing to go back to.
    stack.disable_rollback = bool(given.get("DisableRollback")) or not stack.was_complete
    stack.retain_except_on_create = bool(given.get("RetainExceptOnCreate"))
    stack.rollback_point = stack.rollback_point or stack.remember()
    stack.version = version
    stack.updated_at = engine.services.clock.now()
    policy = str(given.get("policy", stack.policy))
    engine.start(
        (state, stack),
        new_operation(OperationKind.UPDATE_STACK, str(given.get(TOKEN_MEMBER, ""))),
        StackStatus.UPDATE_IN_PROGRESS,
        lambda run: _and_then(lambda: update_stack(run, version, policy), ended),
    )
    for change_set in tuple(state.change_sets.values()):
        if change_set.stack_id == stack.stack_id:
            state.change_sets[change_set.change_set_id] = change_set.outdated()


def begin_import(
    engine: Engine,
    state: RegionState,
    stack: Stack,
    change_set: ChangeSet,
    given: Given,
    ended: Callable[[], None],
) -> None:
    """Start the import of existing resources into a stack.

    Args:
        engine: The engine.
        state: The region.
        stack: The stack.
        change_set: What to import.
        given: The token.
        ended: Called when the operation has ended, well or not.
    """
    version, imports = change_set.version, change_set.imports
    engine.start(
        (state, stack),
        new_operation(OperationKind.UPDATE_STACK, str(given.get(TOKEN_MEMBER, ""))),
        StackStatus.IMPORT_IN_PROGRESS,
        lambda run: _and_then(lambda: import_resources(run, version, imports), ended),
    )


def _and_then(work: Callable[[], None], ended: Callable[[], None]) -> None:
    try:
        work()
    finally:
        ended()


def start_delete(engine: Engine, state: RegionState, given: Given) -> None:
    """Delete a stack; one that is gone or going already is no error.

    Args:
        engine: The engine.
        state: The region.
        given: The request.

    Raises:
        ApiError: CloudFormation would refuse it.
    """
    _check_role(engine, state, given)
    with state.lock:
        stack = state.find(str(given["StackName"]), deleted=False)
        if stack is None or stack.status is StackStatus.DELETE_IN_PROGRESS:
            return
        deletion = _check_deletable(stack, given)
        before, earlier = (stack.status, stack.reason), stack.operation
        if earlier is not None:
            earlier.superseded.set()
            earlier.stop.set("Delete requested")
        stack.deletion_mode = str(given.get("DeletionMode", ""))

        def work(run: Run) -> None:
            if earlier is not None:
                earlier.ended.wait()
            delete_stack(run, before, deletion)

        engine.start(
            (state, stack),
            new_operation(OperationKind.DELETE_STACK, str(given.get(TOKEN_MEMBER, ""))),
            StackStatus.DELETE_IN_PROGRESS,
            work,
        )


def _check_role(engine: Engine, state: RegionState, given: Given) -> None:
    stack = state.find(str(given["StackName"]), deleted=False)
    kept = stack.version.role_arn if stack and stack.version else ""
    clients = engine.services.clients(state.region, state.account)
    check_role(str(given.get("RoleARN", kept)), clients)


def _check_deletable(stack: Stack, given: Given) -> Deletion:
    if stack.termination_protection:
        raise ApiError(
            f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        )
    if stack.status not in DELETABLE:
        raise ApiError(f"Stack [{stack.stack_id}] cannot be deleted while in status {stack.status}")
    retained = frozenset(given.get("RetainResources", ()))
    force = given.get("DeletionMode") == "FORCE_DELETE_STACK"
    if stack.status is not StackStatus.DELETE_FAILED and (retained or force):
        what = "which resources to retain" if retained else "FORCE_DELETE_STACK"
        raise ApiError(
            f"Invalid operation on stack [{stack.stack_id}]. When you delete a stack, specify "
            f"{what} only when the stack is in the DELETE_FAILED state."
        )
    unknown = sorted(retained - stack.resources.keys())
    if unknown:
        raise ApiError(f"Stack [{stack.name}] does not have resources [{', '.join(unknown)}]")
    return Deletion(policy_of=deletion_policy, retained=retained, force=force)


def cancel_update(state: RegionState, given: Given) -> None:
    """Cancel the update of a stack, which then rolls back.

    Args:
        state: The region.
        given: The request.

    Raises:
        ApiError: None is under way.
    """
    with state.lock:
        stack = existing_stack(state, str(given["StackName"]))
        if stack.status is not StackStatus.UPDATE_IN_PROGRESS or stack.operation is None:
            raise ApiError("CancelUpdateStack cannot be called from current stack status")
        stack.operation.cancelled.set()
        stack.operation.stop.set("User Initiated")


def continue_rollback(engine: Engine, state: RegionState, given: Given) -> None:
    """Go on with a rollback that failed.

    Args:
        engine: The engine.
        state: The region.
        given: The request.

    Raises:
        ApiError: None has failed, or a resource to skip is none that failed.
    """
    with state.lock:
        stack = existing_stack(state, str(given["StackName"]))
        if stack.status is not StackStatus.UPDATE_ROLLBACK_FAILED:
            raise ApiError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not continue rollback."
            )
        skipped = frozenset(given.get("ResourcesToSkip", ()))
        failed = {
            name
            for name, one in stack.resources.items()
            if one.status is ResourceStatus.UPDATE_FAILED
        }
        if skipped - failed:
            raise ApiError(
                f"Resources [{', '.join(sorted(skipped - failed))}] are not in the UPDATE_FAILED "
                "state and cannot be skipped."
            )
        engine.start(
            (state, stack),
            new_operation(OperationKind.CONTINUE_ROLLBACK, str(given.get(TOKEN_MEMBER, ""))),
            StackStatus.UPDATE_ROLLBACK_IN_PROGRESS,
            lambda run: roll_back_update(run, "", skipped),
        )


def start_rollback(engine: Engine, state: RegionState, given: Given) -> Stack:
    """Roll a stack back whose operation failed without rollback.

    Args:
        engine: The engine.
        state: The region.
        given: The request.

    Raises:
        ApiError: There is nothing to roll back.
    """
    with state.lock:
        stack = existing_stack(state, str(given["StackName"]))
        if stack.status not in UNFINISHED:
            raise ApiError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be rolled back."
            )
        stack.retain_except_on_create = bool(given.get("RetainExceptOnCreate"))
        operation = new_operation(OperationKind.ROLLBACK, str(given.get(TOKEN_MEMBER, "")))
        run_on = (state, stack)
        if stack.was_complete:
            status = StackStatus.UPDATE_ROLLBACK_IN_PROGRESS
            engine.start(run_on, operation, status, lambda run: roll_back_update(run, ""))
        else:
            engine.start(run_on, operation, StackStatus.ROLLBACK_IN_PROGRESS, roll_back_creation)
        return stack
