"""What the end of an operation means for what was asked, and what to tell of it; pure."""

from dataclasses import replace

from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.blocking import blocking
from cdinfra.deploy.cancelling import TAKEN_BACK
from cdinfra.deploy.hooks import MENDED_AFTER
from cdinfra.deploy.left_behind import left_behind
from cdinfra.deploy.operations import Ended
from cdinfra.deploy.plan import StackAction, Verb
from cdinfra.deploy.repairs import blocked_line
from cdinfra.deploy.result import StackResult
from cdinfra.deploy.statuses import RULES
from cdinfra.events import Outcome

_DONE = {
    Verb.CREATE: Outcome.CREATED,
    Verb.UPDATE: Outcome.UPDATED,
    Verb.UNCHANGED: Outcome.UPDATED,
    Verb.IMPORT: Outcome.IMPORTED,
    Verb.DELETE: Outcome.DELETED,
}


def outcome_of(action: StackAction, ended: Ended) -> Outcome:
    """Return what came of an action.

    Args:
        action: What was asked.
        ended: How its operation ended.
    """
    if ended.cancelled and ended.status in TAKEN_BACK:
        return Outcome.CANCELLED
    if action.continues_rollback:
        back = ended.status is StackStatus.UPDATE_ROLLBACK_COMPLETE
        return Outcome.ROLLED_BACK if back else Outcome.FAILED
    gone = ended.status is StackStatus.DELETE_COMPLETE
    reached = gone if action.verb is Verb.DELETE else ended.status.is_success and not gone
    return _DONE[action.verb] if reached else Outcome.FAILED


def with_end(result: StackResult, ended: Ended, action: StackAction) -> StackResult:
    """Return a result with what to do about a failure, and with what is left behind.

    Args:
        result: Its outcome is known, and the first cause of a failure.
        ended: How the operation ended.
        action: What was asked.
    """
    result = replace(result, left_behind=left_behind(ended, action))
    if action.follows and ended.events:
        # It began before this run did.
        took = ended.events[-1].timestamp - ended.events[0].timestamp
        result = replace(result, seconds=took.total_seconds())
    match result.outcome:
        case Outcome.CANCELLED:
            return replace(result, cause=TAKEN_BACK[ended.status])
        case Outcome.FAILED:
            blocked = blocking(ended.events)
            cause = result.cause or f"ended in {ended.status}"
            if action.verb is Verb.DELETE and blocked:
                cause = "; ".join(map(blocked_line, blocked))
            hint = RULES[ended.status].hint_for(result.stack, (each.logical_id for each in blocked))
            return replace(result, cause=cause, hint=hint)
        case _:
            return result


def with_hook_failure(result: StackResult, failure: str) -> StackResult:
    """Return the result of work that went well, and after which a hook failed.

    Args:
        result: How the work ended.
        failure: Why the hook failed.
    """
    return replace(
        result,
        outcome=Outcome.FAILED,
        cause=failure,
        hint=MENDED_AFTER,
        outputs={},
        events_tell=False,
    )
