"""The deploy lock of a group: one object in the app's bucket, leased and numbered.

Whether a lease has run out is judged by S3's clock alone, so deployers need not agree on the
time. The lock's number, the generation, travels to the hosts, and they refuse an older one
than they have seen: a deployer that was away for longer than its lease harms nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias
from uuid import uuid4

from cdinfra.aws.cloud import StorageApi
from cdinfra.deploy.clock import SYSTEM_CLOCK, Clock
from cdinfra.errors import BusyError, CloudError
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.state.keys import lock_key
from cdinfra.rollout.state.lease import Lease
from cdinfra.rollout.state.lock_object import LockObject
from cdinfra.rollout.state.lock_record import Breaking, Holder, LockRecord, LockState, Seen
from cdinfra.rollout.state.state_bucket import StateBucket

LEASE_SECONDS = 60
"""How long a lock outlives a deployer that was killed."""

LOOK_SECONDS = 1.0
"""Pause between two looks at a lock that is waited for."""

RACE_SECONDS = 0.2
MOST_RACES = 50
"""So often, with that pause, a lock is looked at again that somebody else writes just then."""

OnWait: TypeAlias = Callable[[str, float], None]
"""Told between two looks what is waited for, in words, and for how many seconds at most."""


def _random_token() -> str:
    return uuid4().hex


def _tell_nobody(_what: str, _seconds: float) -> None:
    """Do nothing."""


class DeployLock:
    """The deploy lock of one group.

    Args:
        storage: S3, of the place that the bucket is in.
        group: The deploy group.
        me: Who takes it; what for is said at the taking.
        clock: What time it is, and how to wait.
        lease_seconds: How long it is respected after its last renewal.
        new_token: Returns what nobody else returns.
    """

    def __init__(
        self,
        storage: StorageApi,
        group: DeployGroup,
        me: Holder,
        *,
        clock: Clock = SYSTEM_CLOCK,
        lease_seconds: int = LEASE_SECONDS,
        new_token: Callable[[], str] = _random_token,
    ) -> None:
        self._object = LockObject(StateBucket(storage, group.bucket), lock_key(group.name))
        self._group = group
        self._me = me
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._new_token = new_token

    def read(self) -> LockState:
        """Return who holds the lock, and for how long.

        Raises:
            InvalidInputError: The object in the bucket is no lock.
            CloudError: S3 refuses or cannot be reached.
        """
        return self._object.look().state

    def take(
        self,
        *,
        purpose: str,
        release: str = "",
        seconds: float = 0.0,
        on_wait: OnWait = _tell_nobody,
    ) -> Lease:
        """Take the lock.

        Args:
            purpose: What for, ``deploy``.
            release: What the hosts are to run.
            seconds: How long to wait for it where somebody holds it.
            on_wait: Told between two looks; what it raises ends the waiting.

        Raises:
            BusyError: Somebody holds it, for longer; names who.
            InvalidInputError: The object in the bucket is no lock.
            CloudError: S3 refuses or cannot be reached.
        """
        holder = replace(self._me, purpose=purpose, release=release)
        waited, races = 0.0, 0
        while True:
            seen = self._object.look()
            state = seen.state
            if not state.is_held:
                if lease := self._seize(seen, holder):
                    return lease
                races += 1
                self._rest_after_race(races)
                continue
            left = seconds - waited
            if left <= 0:
                raise self._held(state)
            on_wait(f"the lock, which {state.holder} holds", left)
            pause = min(LOOK_SECONDS, left, state.seconds_left)
            self._clock.sleep(pause)
            waited += pause

    def break_lock(self, *, reason: str = "", generation: int | None = None) -> LockState:
        """Take the lock away from its holder; nobody holds it then.

        The holder finds out at its next renewal, within a third of its lease. Its calls to
        hosts are refused by those that have heard of a newer rollout.

        Args:
            reason: Why; the holder is told.
            generation: The one that was looked at; another one is not broken. None takes any.

        Returns:
            The lock as it was before; nothing was done where nobody held it.

        Raises:
            BusyError: Somebody else holds it by now.
            CloudError: S3 refuses or cannot be reached.
        """
        races = 0
        while True:
            seen = self._object.look()
            state = seen.state
            if state.holder is None or seen.record is None:
                return state
            if generation not in (None, state.generation):
                raise self._held(state)
            breaking = Breaking(
                by=self._me.owner, reason=reason, at=self._clock.now(), holder=state.holder
            )
            record = replace(self._record(seen, None), broken=breaking)
            if self._object.write(record, seen.etag):
                return state
            races += 1
            self._rest_after_race(races)

    def _seize(self, seen: Seen, holder: Holder) -> Lease | None:
        record = self._record(seen, holder)
        etag = self._object.write(record, seen.etag)
        if etag is None:
            return None
        return Lease(self._object, self._group, record, etag, clock=self._clock)

    def _record(self, seen: Seen, holder: Holder | None) -> LockRecord:
        """Return the next generation's record."""
        now = self._clock.now()
        return LockRecord(
            generation=(seen.record.generation if seen.record else 0) + 1,
            token=self._new_token(),
            holder=holder,
            taken_at=now,
            renewed_at=now,
            lease_seconds=self._lease_seconds,
        )

    def _rest_after_race(self, races: int) -> None:
        if races >= MOST_RACES:
            raise CloudError(
                f"cannot take the deploy lock of {self._group.stack}: others write it all the time",
                hint="repeat the command in a minute",
            )
        self._clock.sleep(RACE_SECONDS)

    def _held(self, state: LockState) -> BusyError:
        group = self._group.stack
        left = f"{state.seconds_left:.0f} s of its lease are left"
        return BusyError(
            f"the deploy lock of {group} is held by {state.holder}; {left}",
            hint=f"wait for it with --wait-lock SECONDS; if that deployer is dead, its lease runs "
            f"out, or: cdinfra lock break {group}",
        )
