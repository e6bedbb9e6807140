"""Around the work on the hosts: the lock, and what the rollout before has left."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from cdinfra.errors import CloudError, LockLostError, NothingChangedError
from cdinfra.rollout.events import (
    Noticed,
    Phase,
    PhaseStarted,
    RolloutOutcome,
    Waited,
)
from cdinfra.rollout.interrupts import Decision, Standing
from cdinfra.rollout.pacing import Pacing
from cdinfra.rollout.plan import Purpose, RolloutPlan
from cdinfra.rollout.ports import Lease, Ports
from cdinfra.rollout.record import Account, Author, Record
from cdinfra.rollout.run import Run


class Holding:
    """The lock, held as long as the context lasts.

    Args:
        ports: The world.
        pacing: What waits, and renews the lock from then on.
        run: Whom it tells and asks.
    """

    def __init__(self, ports: Ports, pacing: Pacing, run: Run) -> None:
        self._ports = ports
        self._pacing = pacing
        self._run = run
        self._on_event = run.on_event

    @contextmanager
    def lock(self, plan: RolloutPlan) -> Iterator[Lease]:
        """Take the lock, and give it back at the end, whatever the end is.

        Raises:
            BusyError: Somebody else holds it.
        """
        self._on_event(PhaseStarted(phase=Phase.LOCK))
        lease = self._pacing.patiently(lambda: self._take(plan))
        self._pacing.hold(lease)
        try:
            yield lease
        except LockLostError:
            self._pacing.hold(None)
            raise
        except BaseException:
            self._give_back(lease)
            raise
        self._on_event(PhaseStarted(phase=Phase.UNLOCK))
        self._give_back(lease)

    def _take(self, plan: RolloutPlan) -> Lease:
        return self._ports.lock.take(
            purpose=str(plan.purpose),
            release=plan.image.release,
            seconds=self._run.wait_lock_seconds,
            on_wait=lambda what, left: self._wait(plan, what, left),
        )

    def _wait(self, plan: RolloutPlan, what: str, left: float) -> None:
        self._on_event(Waited(what=what, seconds=left))
        standing = Standing(
            release=plan.image.release,
            from_release=plan.from_release,
            changed=0,
            left=len(plan.hosts),
        )
        if self._run.take_decision(standing) is not Decision.GO_ON:
            raise NothingChangedError("it was stopped by Ctrl-C while it waited for the lock")

    def _give_back(self, lease: Lease) -> None:
        self._pacing.hold(None)
        try:
            lease.release()
        except CloudError as error:
            text = f"the lock could not be given back, and runs out by itself: {error.message}"
            self._on_event(Noticed(text=text))


def base_release(unfinished: Record | None, release: str) -> str:
    """Return the release that the group goes back to, should a rollout fail now.

    Args:
        unfinished: The rollout before that has not ended, if there is one.
        release: What the stack gives to hosts to come.
    """
    if unfinished is None:
        return release
    if unfinished.tags_begun and not unfinished.is_going_back:
        return unfinished.image
    return unfinished.from_release


def close_before(ports: Ports, pacing: Pacing, before: Record) -> None:
    """Write the history entry of a rollout that could not write its own."""
    if pacing.patiently(ports.histories.newest_generation) >= before.generation:
        return
    account = Account(
        generation=before.generation,
        purpose=before.purpose,
        author=before.author,
        image=before.image,
        from_release=before.from_release,
        release="",
        outcome=before.outcome or RolloutOutcome.INTERRUPTED,
        began_at=before.began_at,
        seconds=0.0,
        hosts=sum(map(len, before.batches)),
        reason=before.reason or "its deployer did not come to the end",
    )
    pacing.patiently(lambda: ports.histories.append(account))


def start_record(
    plan: RolloutPlan, generation: int, author: Author, now: datetime, before: Record | None
) -> Record:
    """Return the journal that a rollout begins with.

    Args:
        plan: What it does.
        generation: The lock's number.
        author: Who does it.
        now: The time.
        before: The rollout before that has not ended, whose hosts are as it left them.
    """
    aborts = plan.purpose is Purpose.ABORT
    return Record(
        generation=generation,
        purpose=plan.purpose,
        author=author,
        image=before.image if aborts and before else plan.image.release,
        from_release=plan.image.release if aborts else plan.from_release,
        strategy=plan.strategy,
        batches=tuple(tuple(one.instance_id for one in each.hosts) for each in plan.batches),
        began_at=now,
        has_changed=before.has_changed if before else False,
        tags_begun=before.tags_begun if before else False,
        is_going_back=aborts,
    )
