"""Carries a rollout out that holds the lock: forward, and where that fails, back.

What stops it comes up as an exception from its steps, and only here is decided what follows:
it goes back, or is left as it is. Nothing of that is decided on what the journal says; the
hosts are asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from cdinfra.aws.hosts import Host
from cdinfra.errors import CdinfraError, LockLostError
from cdinfra.rollout.events import HostState, Phase, RolloutOutcome
from cdinfra.rollout.going_back import go_back
from cdinfra.rollout.hooks import run_before
from cdinfra.rollout.plan import Batch, Purpose
from cdinfra.rollout.result import FailedHost
from cdinfra.rollout.steps.pulling import pull_everywhere
from cdinfra.rollout.steps.swapping import swap_portion, watch
from cdinfra.rollout.steps.tagging import LatecomersError, tag_everything, take_latecomers
from cdinfra.rollout.stops import LeaveError, StopError
from cdinfra.rollout.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the work on the hosts ended.

    Attributes:
        outcome: How.
        reason: Why it did not end well; else empty.
        failed: The hosts on which it failed, before they were brought back.
    """

    outcome: RolloutOutcome
    reason: str = ""
    failed: tuple[FailedHost, ...] = ()


def execute(work: Work) -> Ending:
    """Do what the plan says; go back where it fails.

    Raises:
        LockLostError: Somebody else has taken the lock; nothing more was touched.
    """
    if work.plan.purpose is Purpose.ABORT:
        hosts = [*work.plan.current, *work.plan.hosts]
        suspects = work.progress.of([each.instance_id for each in hosts], HostState.WAITING)
        return _undo(work, "it was aborted", suspects)
    try:
        _forward(work)
    except LockLostError:
        raise
    except LeaveError as left:
        if _has_changed(work):
            return Ending(outcome=RolloutOutcome.INTERRUPTED, reason=left.reason)
        return Ending(outcome=RolloutOutcome.NOTHING_CHANGED, reason="it was stopped by Ctrl-C")
    except StopError as stop:
        return _undo(work, stop.reason, _suspects(work))
    except CdinfraError as error:
        return _undo(work, error.message, _suspects(work))
    return _finish(work)


def _forward(work: Work) -> None:
    """Bring every host to the release.

    Raises:
        StopError: Too many hosts have failed, or somebody wants it back.
        LeaveError: Somebody wants it left as it is.
        CdinfraError: The cloud cannot be asked.
    """
    work.write(phase=Phase.PULL)
    pull_everywhere(work)
    _check_limit(work)
    work.check_stop()
    run_before(work)
    for number, batch in enumerate(work.plan.batches, 1):
        _do_batch(work, batch, number)
    _try_again(work)
    _look_at_all(work)
    if work.progress.failures:
        raise StopError(_words(work.progress.failures))


def _do_batch(work: Work, batch: Batch, number: int) -> None:
    ids = [each.instance_id for each in batch.hosts]
    hosts = work.progress.remaining(ids)
    if not hosts:
        _check_tried(work, batch)
        return
    work.write(phase=Phase.SWAP, batch=number, has_changed=True)
    for portion in _portions(hosts, batch.at_once):
        work.check_stop()
        swap_portion(work, portion, number)
        _check_limit(work, batch)
    if batch.pause_seconds:
        what = "the canary to stay healthy" if batch.is_canary else "the pause after the batch"
        work.pause(what, batch.pause_seconds)
    watch(work, work.progress.of(ids, HostState.CHECKING), number)
    _check_limit(work, batch)
    _check_tried(work, batch)


def _check_tried(work: Work, batch: Batch) -> None:
    """Stop where every canary went away: it may be the release that ends its hosts."""
    ids = [each.instance_id for each in batch.hosts]
    if batch.is_canary and not work.progress.of(ids, HostState.DONE):
        what = "the canary is" if len(ids) == 1 else f"all {len(ids)} canaries are"
        raise StopError(f"{what} gone, so the release was tried on no host")


def _portions(hosts: tuple[Host, ...], size: int) -> Iterator[tuple[Host, ...]]:
    left = iter(hosts)
    while portion := tuple(islice(left, size)):
        yield portion


def _try_again(work: Work) -> None:
    """Try the hosts once more that failed within the limit."""
    failed = [each.instance_id for each in work.progress.failures]
    hosts = work.drop_gone([work.progress.hosts[each] for each in failed])
    if not hosts:
        return
    work.notice(f"{len(hosts)} hosts that failed are tried once more")
    work.write(has_changed=True)
    size = max(each.at_once for each in work.plan.batches)
    for portion in _portions(hosts, size):
        work.check_stop()
        work.progress.move_all(portion, HostState.WAITING)
        swap_portion(work, portion, 0)
    watch(work, work.progress.of(failed, HostState.CHECKING), 0)
    if work.progress.failures:
        raise StopError(_words(work.progress.failures))


def _look_at_all(work: Work) -> None:
    """See that every host runs the release before the tags say so."""
    last = work.plan.batches[-1].hosts if work.plan.batches else ()
    just_seen = {each.instance_id for each in last}
    hosts = [*work.plan.current, *work.plan.hosts]
    ids = [each.instance_id for each in hosts if each.instance_id not in just_seen]
    waiting = work.progress.of(ids, HostState.WAITING, HostState.DONE)
    if waiting:
        watch(work, waiting, 0)
        well = work.progress.of(ids, HostState.WAITING)
        work.progress.move_all(well, HostState.DONE)


def _check_limit(work: Work, batch: Batch | None = None) -> None:
    failures = work.progress.failures
    fleet = len(work.plan.hosts) + len(work.plan.current)
    limit = work.plan.strategy.max_failures.of(fleet)
    if batch and batch.is_canary:
        canaries = {each.instance_id for each in batch.hosts}
        limit = 0 if any(each.instance_id in canaries for each in failures) else limit
    if len(failures) > limit:
        raise StopError(_words(failures))


def _words(failures: tuple[FailedHost, ...]) -> str:
    first, *others = failures
    more = f", and {len(others)} more failed" if others else ""
    return f"{first.instance_id} failed: {first.reason}{more}"


def _has_changed(work: Work) -> bool:
    return bool(work.progress.touched) or work.record.has_changed


def _suspects(work: Work) -> tuple[Host, ...]:
    """Return the hosts that may not run the old release, in the order in which they changed."""
    if not _has_changed(work):
        return ()
    planned = (*work.plan.current, *work.plan.hosts)
    old = work.record.from_release
    others = [each.instance_id for each in planned if each.from_release != old]
    ids = dict.fromkeys([*others, *work.progress.touched])
    return tuple(work.progress.hosts[each] for each in ids if each in work.progress.hosts)


def _undo(work: Work, reason: str, suspects: tuple[Host, ...]) -> Ending:
    failed = work.progress.failures
    try:
        outcome = go_back(work, suspects, reason)
        if outcome is RolloutOutcome.NOTHING_CHANGED and work.plan.purpose is Purpose.ABORT:
            outcome = RolloutOutcome.ROLLED_BACK
        if outcome is RolloutOutcome.ROLLED_BACK and work.record.tags_begun:
            work.target = work.record.from_release
            tag_everything(work)
            take_latecomers(work, set(work.progress.hosts))
    except LockLostError:
        raise
    except (CdinfraError, LatecomersError) as error:
        reason = f"{reason}; going back was cut off: {_message(error)}"
        return Ending(outcome=RolloutOutcome.ROLLBACK_INCOMPLETE, reason=reason, failed=failed)
    told = {each.instance_id: each for each in (*failed, *work.progress.failures)}
    return Ending(outcome=outcome, reason=reason, failed=tuple(told.values()))


def _finish(work: Work) -> Ending:
    """Make the tags say what every host runs by now."""
    try:
        work.write(phase=Phase.TAGS, tags_begun=True)
        tag_everything(work)
        take_latecomers(work, set(work.progress.hosts))
    except LockLostError:
        raise
    except (CdinfraError, LatecomersError) as error:
        failed = work.progress.failures
        return Ending(outcome=RolloutOutcome.UNFINISHED, reason=_message(error), failed=failed)
    return Ending(outcome=RolloutOutcome.DEPLOYED)


def _message(error: Exception) -> str:
    return error.message if isinstance(error, CdinfraError) else str(error)
