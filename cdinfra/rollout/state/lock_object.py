"""The lock's object in the bucket: read, and written by whoever read it last."""

from cdinfra.errors import CloudError
from cdinfra.rollout.state.lock_record import LockRecord, Seen
from cdinfra.rollout.state.state_bucket import StateBucket, as_body

MOST_TRIES = 4
"""So often a record is written whose token says that only our own writings were between."""


class LockObject:
    """One object that holds a lock.

    Args:
        bucket: Where it lies.
        key: Its key.
    """

    def __init__(self, bucket: StateBucket, key: str) -> None:
        self._bucket = bucket
        self._key = key

    def look(self, *, hurried: bool = False) -> Seen:
        """Return the object as it is.

        Raises:
            InvalidInputError: It holds no lock.
            CloudError: S3 refuses or cannot be reached.
        """
        stored = self._bucket.read(self._key, hurried=hurried)
        if stored is None:
            return Seen()
        return Seen(record=self._bucket.parsed(LockRecord, self._key, stored.body), stored=stored)

    def write(self, record: LockRecord, etag: str | None, *, hurried: bool = False) -> str | None:
        """Write a record over what was read; return the new ETag, or None where others wrote.

        A writing of the same taking, whose answer was lost, may be between: that is ours.

        Args:
            record: What is written.
            etag: ETag of what was read; None where there was no object.
            hurried: Whether to give up soon where S3 is slow.

        Raises:
            InvalidInputError: The object holds no lock any more.
            CloudError: S3 refuses or cannot be reached; whether it is written is not known.
        """
        body = as_body(record)
        for _ in range(MOST_TRIES):
            if etag is None:
                written = self._bucket.create(self._key, body)
            else:
                written = self._bucket.replace(self._key, body, etag, hurried=hurried)
            if written is not None:
                return written
            seen = self.look(hurried=hurried)
            if seen.record is None or not _is_earlier(seen.record, record):
                return None
            etag = seen.etag
        raise CloudError(f"cannot write {self._key}: S3 has refused it {MOST_TRIES} times")


def _is_earlier(found: LockRecord, record: LockRecord) -> bool:
    """Return whether a record is of the same taking; one that was given back is not any more."""
    is_over = found.holder is None and record.holder is not None
    return found.token == record.token and not is_over
