"""Makes, finds, executes and deletes change sets.

A change set is computed while the call that makes it lasts: the first description of it is
the final one. The service answers first and computes then; a caller that waits for the end
does the same with both.
"""

from dataclasses import replace
from uuid import uuid4

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.api_error import (
    ALREADY_EXISTS,
    CHANGE_SET_NOT_FOUND,
    INVALID_CHANGE_SET_STATUS,
    ApiError,
)
from cdinfra.local.cloudformation.change_set import ChangeSet, ResourceToImport
from cdinfra.local.cloudformation.comparison import compare, existing_resources
from cdinfra.local.cloudformation.engine import USER_INITIATED, Engine
from cdinfra.local.cloudformation.events import STACK_TYPE
from cdinfra.local.cloudformation.imports import check_imports_only, read_imports
from cdinfra.local.cloudformation.stack_lookup import check_updatable, existing_stack, make_stack
from cdinfra.local.cloudformation.stack_operations import begin_create, begin_import, begin_update
from cdinfra.local.cloudformation.state import Stack, StackVersion
from cdinfra.local.cloudformation.status import ChangeSetStatus, ExecutionStatus
from cdinfra.local.cloudformation.store import RegionState
from cdinfra.local.cloudformation.submission import Given, build_version

NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)
"""Reason of a change set that changes nothing, word for word as the service says it."""

CREATE, UPDATE, IMPORT = "CREATE", "UPDATE", "IMPORT"
_SUCCESSES = frozenset(
    {StackStatus.CREATE_COMPLETE, StackStatus.UPDATE_COMPLETE, StackStatus.IMPORT_COMPLETE}
)
_SETTINGS = ("OnStackFailure", "IncludeNestedStacks")


def create_change_set(engine: Engine, state: RegionState, given: Given) -> ChangeSet:
    """Make a change set.

    Args:
        engine: The engine.
        state: The region.
        given: The request.

    Raises:
        ApiError: CloudFormation would refuse it.
    """
    name, kind = str(given["ChangeSetName"]), str(given.get("ChangeSetType", UPDATE))
    _check_request(given, kind)
    stack = _stack_for(state, str(given["StackName"]), name, kind)
    version = build_version(
        given,
        engine.services.clients(state.region, state.account),
        stack.version if stack else None,
    )
    _refuse_inner_change_sets(given, version)
    imports: tuple[ResourceToImport, ...] = ()
    if kind == IMPORT:
        existing = existing_resources(stack) if stack else {}
        imports = read_imports(given, version.template, existing)
    with state.lock:
        if stack is None:
            stack = make_stack(engine, state, str(given["StackName"]))
            stack.transition(
                StackStatus.REVIEW_IN_PROGRESS, engine.services.clock.now(), USER_INITIATED
            )
        change_set = replace(_keep(engine, state, stack, version, given), imports=imports)
    return _compute(engine, state, stack, change_set)


def _check_request(given: Given, kind: str) -> None:
    if given.get("ResourcesToImport") and kind != IMPORT:
        raise ApiError("ResourcesToImport can be specified only for the change set type IMPORT.")
    if given.get("ImportExistingResources"):
        raise ApiError("The local cloud does not carry ImportExistingResources")


def _refuse_inner_change_sets(given: Given, version: StackVersion) -> None:
    nested = [
        each.logical_id
        for each in version.template.resources.values()
        if each.resource_type == STACK_TYPE
    ]
    if nested and given.get("IncludeNestedStacks"):
        raise ApiError(
            "The local cloud does not carry IncludeNestedStacks for a template with nested stacks "
            f"[{', '.join(nested)}]: what would change in them is not shown"
        )


def _stack_for(state: RegionState, stack_name: str, name: str, kind: str) -> Stack | None:
    """Return the stack that a change set is for; None where it is to be made."""
    stack = state.find(stack_name)
    if kind == UPDATE:
        stack = existing_stack(state, stack_name)
        check_updatable(stack)
        return stack
    if stack is None:
        return None
    if kind == IMPORT and stack.status is not StackStatus.REVIEW_IN_PROGRESS:
        check_updatable(stack)
        return stack
    if stack.status is not StackStatus.REVIEW_IN_PROGRESS:
        raise ApiError(
            f"Stack [{stack_name}] already exists and cannot be created again with the "
            f"changeSet [{name}]."
        )
    return stack


def _keep(
    engine: Engine, state: RegionState, stack: Stack, version: StackVersion, given: Given
) -> ChangeSet:
    name = str(given["ChangeSetName"])
    if any(one.name == name for one in change_sets_of(state, stack)):
        raise ApiError(f"ChangeSet [{name}] already exists", code=ALREADY_EXISTS)
    change_set = ChangeSet(
        change_set_id=(
            f"arn:{state.partition}:cloudformation:{state.region}:{state.account}:"
            f"changeSet/{name}/{uuid4()}"
        ),
        name=name,
        stack_id=stack.stack_id,
        stack_name=stack.name,
        kind=str(given.get("ChangeSetType", UPDATE)),
        description=str(given.get("Description", "")),
        created_at=engine.services.clock.now(),
        version=version,
        token=str(given.get("ClientToken", "")),
        settings={member: given[member] for member in _SETTINGS if member in given},
    )
    state.change_sets[change_set.change_set_id] = change_set
    return change_set


def _compute(engine: Engine, state: RegionState, stack: Stack, change_set: ChangeSet) -> ChangeSet:
    try:
        comparison = compare(engine.services, state, stack, change_set.version)
        if change_set.kind == IMPORT:
            check_imports_only(comparison, change_set.imports)
    except ApiError as error:
        done = replace(change_set, status=ChangeSetStatus.FAILED, reason=error.message)
    else:
        if comparison.is_empty:
            done = replace(change_set, status=ChangeSetStatus.FAILED, reason=NO_CHANGES)
        else:
            done = replace(
                change_set,
                status=ChangeSetStatus.CREATE_COMPLETE,
                execution_status=ExecutionStatus.AVAILABLE,
                changes=() if change_set.imports else comparison.changes,
            )
    with state.lock:
        state.change_sets[done.change_set_id] = done
    return done


def change_sets_of(state: RegionState, stack: Stack) -> tuple[ChangeSet, ...]:
    """Return the change sets of a stack, oldest first.

    Args:
        state: The region.
        stack: The stack.
    """
    with state.lock:
        return tuple(one for one in state.change_sets.values() if one.stack_id == stack.stack_id)


def find_change_set(state: RegionState, given: Given) -> ChangeSet:
    """Return the change set that a request names, by ARN, or by name and stack.

    Args:
        state: The region.
        given: ``ChangeSetName`` and ``StackName``.

    Raises:
        ApiError: There is none.
    """
    name, stack_name = str(given["ChangeSetName"]), str(given.get("StackName") or "")
    with state.lock:
        found = state.change_sets.get(name)
        if found is None and not name.startswith("arn:"):
            if not stack_name:
                raise ApiError(
                    "StackName must be specified if ChangeSetName is not specified as an ARN."
                )
            stack = existing_stack(state, stack_name)
            found = next((one for one in change_sets_of(state, stack) if one.name == name), None)
    if found is None:
        raise ApiError(f"ChangeSet [{name}] does not exist", code=CHANGE_SET_NOT_FOUND)
    return found


def execute_change_set(engine: Engine, state: RegionState, given: Given) -> Stack:
    """Execute a change set.

    Args:
        engine: The engine.
        state: The region.
        given: The request.

    Raises:
        ApiError: It cannot be executed.
    """
    with state.lock:
        change_set = find_change_set(state, given)
        stack = state.stacks[change_set.stack_id]
        if change_set.execution_status is not ExecutionStatus.AVAILABLE:
            raise ApiError(
                f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current "
                f"{_state_of(change_set)}",
                code=INVALID_CHANGE_SET_STATUS,
            )
        if stack.status is not StackStatus.REVIEW_IN_PROGRESS:
            check_updatable(stack)
        running = replace(change_set, execution_status=ExecutionStatus.EXECUTE_IN_PROGRESS)
        state.change_sets[running.change_set_id] = running
        stack.change_set_id = running.change_set_id
        settings = _execution_settings(change_set, given)
        stack.updated_at = engine.services.clock.now()
        _begin(engine, state, stack, running, settings)
        for other in change_sets_of(state, stack):
            state.change_sets[other.change_set_id] = other.outdated()
    return stack


def _begin(
    engine: Engine, state: RegionState, stack: Stack, running: ChangeSet, settings: Given
) -> None:
    def ended() -> None:
        _finish(state, stack, running)

    match running.kind:
        case "CREATE":
            begin_create(engine, state, stack, running.version, settings, ended)
        case "IMPORT":
            begin_import(engine, state, stack, running, settings, ended)
        case _:
            begin_update(engine, state, stack, running.version, settings, ended)


def delete_change_set(state: RegionState, given: Given) -> None:
    """Delete a change set; the stack of one that was to create it stays in review.

    Args:
        state: The region.
        given: The request.

    Raises:
        ApiError: Its stack does not exist, or it is being executed.
    """
    with state.lock:
        try:
            change_set = find_change_set(state, given)
        except ApiError as error:
            if error.code == CHANGE_SET_NOT_FOUND:
                return
            raise
        if change_set.execution_status is ExecutionStatus.EXECUTE_IN_PROGRESS:
            raise ApiError(
                f"An operation on ChangeSet [{change_set.change_set_id}] is in progress.",
                code=INVALID_CHANGE_SET_STATUS,
            )
        del state.change_sets[change_set.change_set_id]


def _state_of(change_set: ChangeSet) -> str:
    if change_set.status is ChangeSetStatus.CREATE_COMPLETE:
        return f"execution status of [{change_set.execution_status}]"
    return f"status of [{change_set.status}]"


def _execution_settings(change_set: ChangeSet, given: Given) -> Given:
    on_failure = str(change_set.settings.get("OnStackFailure", "ROLLBACK"))
    if given.get("DisableRollback"):
        on_failure = "DO_NOTHING"
    return {
        **given,
        "OnFailure": on_failure,
        "DisableRollback": on_failure == "DO_NOTHING",
    }


def _finish(state: RegionState, stack: Stack, change_set: ChangeSet) -> None:
    with state.lock:
        if change_set.change_set_id not in state.change_sets:
            return
        done = stack.status in _SUCCESSES
        state.change_sets[change_set.change_set_id] = replace(
            change_set,
            execution_status=(
                ExecutionStatus.EXECUTE_COMPLETE if done else ExecutionStatus.EXECUTE_FAILED
            ),
        )
