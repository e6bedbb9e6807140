"""The deploy lock while it is held."""

from dataclasses import replace

from cdinfra.aws.failures import is_passing
from cdinfra.deploy.clock import Clock
from cdinfra.errors import CdinfraError, CloudError, LockLostError
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.state.lock_object import LockObject
from cdinfra.rollout.state.lock_record import LockRecord, Seen


class Lease:
    """A lock that is held; whoever waits has to renew it between two looks.

    Args:
        lock: The object in the bucket.
        group: The deploy group.
        record: What was written into the object.
        etag: The ETag that it got.
        clock: What time it is.
    """

    def __init__(
        self, lock: LockObject, group: DeployGroup, record: LockRecord, etag: str, *, clock: Clock
    ) -> None:
        self._object = lock
        self._group = group
        self._record = record
        self._etag = etag
        self._clock = clock
        self._lost: LockLostError | None = None
        self._is_over = False

    @property
    def generation(self) -> int:
        """The lock's number: greater each time somebody takes the lock."""
        return self._record.generation

    def renew(self) -> None:
        """Renew it, where a third of the lease is over.

        A call that fails in passing is made again at the next renewal, until the lease is
        over. A clock that jumps does no harm: S3 decides whether the lock is still ours.

        Raises:
            LockLostError: Somebody else has taken the lock, or it could not be renewed in time.
            NoCredentialsError: The session is over; with a new one it can be renewed again.
            CloudError: S3 refuses for another reason that does not pass.
        """
        if self._lost is not None:
            raise self._lost
        if self._is_over:
            raise LockLostError(f"the deploy lock of {self._group.stack} was given back")
        now = self._clock.now()
        age = (now - self._record.renewed_at).total_seconds()
        if 0 <= age < self._record.lease_seconds / 3:
            return
        record = replace(self._record, renewed_at=now, writings=self._record.writings + 1)
        try:
            etag = self._object.write(record, self._etag, hurried=True)
        except CloudError as error:
            if is_passing(error) and age < self._record.lease_seconds:
                return
            if is_passing(error):
                raise self._late(error) from error
            raise
        if etag is None:
            raise self._taken()
        self._record, self._etag = record, etag

    def release(self) -> bool:
        """Give the lock back; the number stays. False where it was not ours any more.

        Raises:
            CloudError: S3 refuses or cannot be reached; then the lease runs out by itself.
        """
        if self._is_over or self._lost is not None:
            return False
        writings = self._record.writings + 1
        now = self._clock.now()
        record = replace(self._record, holder=None, renewed_at=now, writings=writings)
        etag = self._object.write(record, self._etag)
        self._is_over = True
        return etag is not None

    def _late(self, error: CloudError) -> LockLostError:
        self._lost = LockLostError(
            f"the deploy lock of {self._group.stack} could not be renewed for "
            f"{self._record.lease_seconds} s, so somebody else may have taken it: {error.message}",
            hint=self._hint(),
        )
        return self._lost

    def _taken(self) -> LockLostError:
        try:
            whose = _whose(self._object.look(hurried=True))
        except CdinfraError:
            whose = "somebody else has written it"
        self._lost = LockLostError(
            f"the deploy lock of {self._group.stack} is not ours any more: {whose}",
            hint=self._hint(),
        )
        return self._lost

    def _hint(self) -> str:
        return f"look who has it: cdinfra lock show {self._group.stack}"


def _whose(seen: Seen) -> str:
    state = seen.state
    if state.holder is not None:
        return f"{state.holder} has taken it"
    if state.broken is not None:
        reason = f": {state.broken.reason}" if state.broken.reason else ""
        return f"{state.broken.by} has broken it{reason}"
    return "it was given back"
