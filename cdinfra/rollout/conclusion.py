"""Turns how the work on the hosts ended into journal, history, event and result."""

from cdinfra.errors import CdinfraError, LockLostError
from cdinfra.rollout.events import Phase, RolloutFinished, RolloutOutcome
from cdinfra.rollout.executor import Ending
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.plan import RolloutPlan
from cdinfra.rollout.record import Account
from cdinfra.rollout.result import RolloutResult
from cdinfra.rollout.work import Work

_NEW = frozenset({RolloutOutcome.DEPLOYED, RolloutOutcome.UNCHANGED, RolloutOutcome.UNFINISHED})
_OLD = frozenset({RolloutOutcome.NOTHING_CHANGED, RolloutOutcome.ROLLED_BACK})


def conclude(work: Work, ending: Ending) -> RolloutResult:
    """Write history and journal, and return the result.

    Raises:
        LockLostError: Somebody else has taken the lock.
    """
    result = _result(work, ending)
    work.begin(Phase.HISTORY, 0)
    try:
        account = _account(work, result)
        work.pacing.patiently(lambda: work.ports.histories.append(account))
        work.write(phase=Phase.UNLOCK, outcome=result.outcome, reason=result.reason)
    except LockLostError:
        raise
    except CdinfraError as error:
        if result.outcome is not RolloutOutcome.DEPLOYED:
            work.notice(f"history and journal could not be written: {error.message}")
            return result
        reason = f"the history could not be written: {error.message}"
        return _result(work, Ending(outcome=RolloutOutcome.UNFINISHED, reason=reason))
    return result


def unchanged(plan: RolloutPlan) -> RolloutResult:
    """Return the result of a rollout that has nothing to do."""
    return RolloutResult(
        purpose=plan.purpose,
        group=plan.group.stack,
        outcome=RolloutOutcome.UNCHANGED,
        image=plan.image.release,
        from_release=plan.from_release,
        release=plan.image.release,
        hosts=len(plan.current),
    )


def refused(plan: RolloutPlan, reason: str) -> RolloutResult:
    """Return the result of a rollout that came to its end before any host was touched."""
    return RolloutResult(
        purpose=plan.purpose,
        group=plan.group.stack,
        outcome=RolloutOutcome.NOTHING_CHANGED,
        image=plan.image.release,
        from_release=plan.from_release,
        release=plan.from_release,
        hosts=len(plan.hosts) + len(plan.current),
        reason=reason,
    )


def cut_off(work: Work, reason: str) -> RolloutResult:
    """Return the result of a rollout that had to let go at once."""
    return _result(work, Ending(outcome=RolloutOutcome.INTERRUPTED, reason=reason))


def finished(result: RolloutResult) -> RolloutFinished:
    """Return the event that tells a result."""
    return RolloutFinished(
        outcome=result.outcome,
        release=result.release,
        changed=result.changed,
        failed=tuple(each.instance_id for each in result.failed),
        seconds=result.seconds,
        reason=result.hook_failure or result.reason,
        next=result.next,
    )


def next_command(group: DeployGroup, outcome: RolloutOutcome, from_release: str) -> str:
    """Return what to type next; empty where there is nothing to do."""
    name = group.stack
    match outcome:
        case RolloutOutcome.INTERRUPTED:
            back = f", or to go back: cdinfra abort {name}" if from_release else ""
            return f"cdinfra resume {name}{back}"
        case RolloutOutcome.UNFINISHED:
            return f"cdinfra resume {name}"
        case RolloutOutcome.ROLLBACK_INCOMPLETE:
            return f"cdinfra abort {name}" if from_release else f"cdinfra resume {name}"
        case _:
            return ""


def _result(work: Work, ending: Ending) -> RolloutResult:
    plan, record, outcome = work.plan, work.record, ending.outcome
    release = plan.image.release if outcome in _NEW else ""
    if outcome in _OLD:
        release = record.from_release
    hosts = work.progress.hosts
    return RolloutResult(
        purpose=plan.purpose,
        group=plan.group.stack,
        outcome=outcome,
        image=plan.image.release,
        from_release=plan.from_release,
        release=release,
        generation=work.generation,
        changed=len(work.progress.changed),
        hosts=len(hosts),
        failed=ending.failed,
        seconds=round(work.pacing.seconds_since(record.began_at), 1),
        reason=ending.reason,
        next=next_command(plan.group, outcome, record.from_release),
    )


def _account(work: Work, result: RolloutResult) -> Account:
    return Account(
        generation=work.generation,
        purpose=result.purpose,
        author=work.record.author,
        image=result.image,
        from_release=result.from_release,
        release=result.release,
        outcome=result.outcome,
        began_at=work.record.began_at,
        seconds=result.seconds,
        hosts=result.hosts,
        failed=tuple(each.instance_id for each in result.failed),
        reason=result.reason,
        times=work.progress.timeline.hosts(work.record.began_at),
    )
