"""Deletes resources of a stack in dependency order: for delete, rollback and cleanup."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cdinfra.local.cloudformation.references import references
from cdinfra.local.cloudformation.run import Run
from cdinfra.local.cloudformation.state import StackResource
from cdinfra.local.cloudformation.status import ResourceStatus
from cdinfra.local.cloudformation.walk import Graph, reverse, walk

CLEANUP_ATTEMPTS = 3
"""How often the cleanup after an update tries to delete a resource before it leaves it.

Source: AWS re:Post Knowledge Center, "Why is my CloudFormation stack stuck in the
UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS or UPDATE_COMPLETE_CLEANUP_IN_PROGRESS state?"
"""

RETAINING = frozenset({"Retain", "RetainExceptOnCreate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """Which resources to delete, and which to leave.

    Attributes:
        retained: Logical ids to leave where they are.
        policy_of: Returns the deletion policy that counts for a resource.
        force: Whether what cannot be deleted is left where it is.
        is_cleanup: Whether an update is over, well or not: then a resource that cannot be
            deleted holds no other one up.
        leftovers: Tokens of the resources that have been replaced or removed already: only
            events tell of them.
    """

    policy_of: Callable[[StackResource], str]
    retained: frozenset[str] = field(default_factory=frozenset)
    force: bool = False
    is_cleanup: bool = False
    leftovers: frozenset[str] = field(default_factory=frozenset)


def deletion_policy(resource: StackResource) -> str:
    """Return the policy for a resource that the stack no longer wants."""
    return resource.definition.deletion_policy


def tokens_of(resources: Iterable[StackResource]) -> frozenset[str]:
    """Return the tokens of resources."""
    return frozenset(one.token for one in resources)


def creation_rollback_policy(*, retain_except_on_create: bool) -> Callable[[StackResource], str]:
    """Return the policy for a resource whose own creation is rolled back.

    Args:
        retain_except_on_create: Whether the caller wants all of them deleted.
    """

    def policy(resource: StackResource) -> str:
        kept = resource.definition.deletion_policy
        unwanted = (
            retain_except_on_create
            or kept == "RetainExceptOnCreate"
            or resource.status is ResourceStatus.CREATE_FAILED
        )
        return "Delete" if unwanted else kept

    return policy


def delete_resources(
    run: Run, resources: Iterable[StackResource], deletion: Deletion
) -> tuple[StackResource, ...]:
    """Delete resources, those that others need last.

    Args:
        run: The operation.
        resources: The resources; those that do not exist any more are left out.
        deletion: How.

    Returns:
        The resources that could not be deleted.
    """
    existing = {one.token: one for one in resources if one.exists}
    attempts = CLEANUP_ATTEMPTS if deletion.is_cleanup else 1
    failed: list[StackResource] = []
    actions = run.actions(None, None, go_on=True)

    def act(token: str) -> bool:
        resource = existing[token]
        policy = deletion.policy_of(resource)
        leftover = token in deletion.leftovers
        if resource.logical_id in deletion.retained or policy in RETAINING:
            actions.leave(resource, leftover=leftover)
            return True
        done = any(
            actions.delete(resource, leftover=leftover, snapshot=policy == "Snapshot")
            for _ in range(attempts)
        )
        if not done and deletion.force:
            actions.leave(resource, leftover=leftover)
        elif not done:
            failed.append(resource)
        return done or deletion.force or deletion.is_cleanup

    walk(reverse(_needs(existing)), act, run.operation.stop)
    return tuple(failed)


def _needs(resources: dict[str, StackResource]) -> Graph:
    """Return which of the resources need which, by token, as their definitions say."""
    tokens: dict[str, set[str]] = {}
    for token, resource in resources.items():
        tokens.setdefault(resource.logical_id, set()).add(token)
    return {
        token: frozenset(
            needed
            for name in references(dict(resource.definition.properties))
            | frozenset(resource.definition.depends_on)
            for needed in tokens.get(name, ())
            if needed != token
        )
        for token, resource in resources.items()
    }
