"""The journals of a deploy group: what each rollout means to do, and how far it is.

Whoever goes on after a crash reads here what was meant, and asks the hosts what became of it.
A journal is written when a batch begins or ends and when the step changes: never once a host.
"""

from cdinfra.aws.cloud import StorageApi
from cdinfra.errors import LockLostError
from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.record import Record
from cdinfra.rollout.state.keys import journal_prefix, numbered_key
from cdinfra.rollout.state.state_bucket import StateBucket, as_body


class Journals:
    """The journals of one group, one object a rollout, by the lock's number.

    Args:
        storage: S3, of the place that the bucket is in.
        group: The deploy group.
    """

    def __init__(self, storage: StorageApi, group: DeployGroup) -> None:
        self._bucket = StateBucket(storage, group.bucket)
        self._group = group
        self._prefix = journal_prefix(group.name)
        self._etags: dict[int, str] = {}

    def write(self, record: Record) -> None:
        """Write the journal of a rollout, over what was written or read here of the same.

        Raises:
            LockLostError: Somebody else has written it.
            CloudError: S3 refuses or cannot be reached.
        """
        key, body = numbered_key(self._prefix, record.generation), as_body(record)
        before = self._etags.get(record.generation)
        if before is None:
            etag = self._bucket.create(key, body)
        else:
            etag = self._bucket.replace(key, body, before)
        if etag is None:
            raise LockLostError(
                f"the journal of rollout {record.generation} of {self._group.stack} was written "
                f"by somebody else ({key})",
                hint=f"look who has the lock: cdinfra lock show {self._group.stack}",
            )
        self._etags[record.generation] = etag

    def read(self, generation: int) -> Record | None:
        """Return the journal of a rollout; None where there is none.

        Args:
            generation: The lock's number.

        Raises:
            InvalidInputError: The object is no journal; names its key.
            CloudError: S3 refuses or cannot be reached.
        """
        key = numbered_key(self._prefix, generation)
        stored = self._bucket.read(key)
        if stored is None:
            return None
        record = self._bucket.parsed(Record, key, stored.body)
        self._etags[generation] = stored.etag
        return record

    def newest(self) -> Record | None:
        """Return the journal of the newest rollout; None before the first.

        Raises:
            InvalidInputError: The object is no journal; names its key.
            CloudError: S3 refuses or cannot be reached.
        """
        numbers = self._bucket.numbers(self._prefix)
        return self.read(numbers[-1]) if numbers else None

    def newest_unfinished(self) -> Record | None:
        """Return the journal of the rollout that is to be resumed or aborted; None for none.

        One that failed before it changed a host says nothing of those before it, which may
        have left the fleet half old. Any other end says that the fleet is whole.

        Raises:
            InvalidInputError: An object is no journal; names its key.
            CloudError: S3 refuses or cannot be reached.
        """
        for number in reversed(self._bucket.numbers(self._prefix)):
            record = self.read(number)
            if record is None or record.outcome is RolloutOutcome.NOTHING_CHANGED:
                continue
            return None if record.is_finished else record
        return None
