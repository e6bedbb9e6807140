"""What was not deleted: it stays in the account, and no stack knows of it; pure.

CloudFormation deletes what a template no longer has after the update itself is done, and
calls the update a success whatever comes of that. A deletion leaves what a person names.
Source: CloudFormation user guide, "Stack status codes", UPDATE_COMPLETE_CLEANUP_IN_PROGRESS.
"""

from collections.abc import Collection, Iterable

from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackEvent
from cdinfra.deploy.operations import Ended
from cdinfra.deploy.plan import StackAction
from cdinfra.deploy.result import LeftBehind, StackResult
from cdinfra.events import Notice

_WITH_CLEANUP = frozenset({StackStatus.UPDATE_COMPLETE, StackStatus.UPDATE_ROLLBACK_COMPLETE})


def left_behind(ended: Ended, action: StackAction) -> tuple[LeftBehind, ...]:
    """Return what an operation took out of its stack and did not delete.

    Args:
        ended: How it ended.
        action: What was asked; maybe that something is left.
    """
    if ended.status in _WITH_CLEANUP:
        return _in_status(ended, {"DELETE_FAILED"})
    if ended.status is StackStatus.DELETE_COMPLETE and (action.leaves or action.is_forced):
        return _in_status(ended, {"DELETE_FAILED", "DELETE_SKIPPED"})
    return ()


def _in_status(ended: Ended, statuses: Collection[str]) -> tuple[LeftBehind, ...]:
    return tuple(
        LeftBehind(
            logical_id=each.logical_id,
            resource_type=each.resource_type,
            physical_id=each.physical_id,
            reason=each.reason,
        )
        for each in _last_events(ended.events)
        if each.status in statuses
    )


def _last_events(events: Iterable[StackEvent]) -> Iterable[StackEvent]:
    # Both the old and the new one of a replaced resource have events of that name; and
    # CloudFormation tries to delete several times.
    last = {(each.logical_id, each.physical_id): each for each in events if not each.is_of_stack}
    return last.values()


def notices(results: Iterable[StackResult]) -> Iterable[Notice]:
    """Return what to tell about everything that was left behind."""
    for result in results:
        if result.left_behind:
            names = ", ".join(
                f"{each.logical_id} ({each.resource_type} {each.physical_id})"
                for each in result.left_behind
            )
            yield Notice(
                message=f"{result.stack_name}: not deleted: {names}; it is no part of any stack "
                "any more and stays in the account: delete it yourself once nothing uses it"
            )
