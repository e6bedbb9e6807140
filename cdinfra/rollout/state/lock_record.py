"""The deploy lock as values: who holds it, for how long, and what the bucket keeps of it."""

import re
from dataclasses import dataclass
from datetime import datetime

from cdinfra.aws.storage import StoredObject

MARGIN_SECONDS = 2
"""So much longer is a lease respected: both times are whole seconds, and S3 is many machines."""

_DIGEST = re.compile(r"@sha256:([0-9a-f]{12})[0-9a-f]{52}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the lock, and what for.

    Attributes:
        owner: ``user@host``, or what the pipeline says.
        purpose: What for, ``deploy``.
        release: What the hosts are to run; empty where that says nothing.
        run_url: Address of the pipeline's run; empty where there is none.
        pid: Number of the process on its machine; 0 where nobody said.
    """

    owner: str
    purpose: str = ""
    release: str = ""
    run_url: str = ""
    pid: int = 0

    def __str__(self) -> str:
        """Return it in words: ``me@laptop (deploy of web@sha256:0123456789ab, https://…)``."""
        release = _DIGEST.sub(r"@sha256:\1", self.release)
        work = " of ".join(filter(None, (self.purpose, release)))
        details = ", ".join(filter(None, (work, self.run_url)))
        return f"{self.owner} ({details})" if details else self.owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaking:
    """How the lock was taken from its holder.

    Attributes:
        by: Who did it.
        reason: Why; empty where nobody said.
        at: When, by the clock of who did it.
        holder: From whom.
    """

    by: str
    reason: str
    at: datetime
    holder: Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRecord:
    """What the bucket keeps of the lock.

    No two records are the same: the token is of one taking, and each writing counts. Else an
    ETag, which names the content, could not tell a renewed lease from the one before.

    Attributes:
        generation: How often the lock was taken; it grows with each taking, and never falls.
        token: Random; whoever wrote it knows by it that the lock is his.
        writings: How often this taking was written.
        holder: Who holds it; None where nobody does.
        taken_at: When it was taken, by the clock of who did.
        renewed_at: When it was written last, by the same clock: for people to read.
        lease_seconds: How long after its last writing the lock is respected.
        broken: How it was taken from its holder last; None where it was not.
    """

    generation: int
    token: str
    writings: int = 1
    holder: Holder | None
    taken_at: datetime
    renewed_at: datetime
    lease_seconds: int
    broken: Breaking | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockState:
    """The lock as it was seen.

    Attributes:
        generation: Its number; 0 where it was never taken.
        holder: Who holds it, or held it until the lease ran out; None where it was given back.
        since: When it was taken, by the holder's clock; None where it never was.
        seconds_left: How much of the lease is left, by S3's clock; 0 where it has run out.
        broken: How it was taken from its holder; None where it was not.
    """

    generation: int = 0
    holder: Holder | None = None
    since: datetime | None = None
    seconds_left: float = 0.0
    broken: Breaking | None = None

    @property
    def is_held(self) -> bool:
        """Whether somebody holds it whose lease has not run out."""
        return self.holder is not None and self.seconds_left > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The lock's object as it was read.

    Attributes:
        record: What it holds; None where there is no object.
        stored: The object itself; None likewise.
    """

    record: LockRecord | None = None
    stored: StoredObject | None = None

    @property
    def etag(self) -> str | None:
        """What the next writing depends on; None where there is no object."""
        return self.stored.etag if self.stored else None

    @property
    def state(self) -> LockState:
        """The lock as people see it."""
        if self.record is None or self.stored is None:
            return LockState()
        age = (self.stored.read_at - self.stored.modified_at).total_seconds()
        left = self.record.lease_seconds + MARGIN_SECONDS - age
        return LockState(
            generation=self.record.generation,
            holder=self.record.holder,
            since=self.record.taken_at,
            seconds_left=max(left, 0.0) if self.record.holder else 0.0,
            broken=self.record.broken,
        )
