"""The history of a deploy group: what every rollout did, in entries that are never changed.

Each names the one before by its hash, so that an entry which was changed, taken out or put in
between does not fit. Whoever may write to the bucket can write the whole history anew; the
bucket keeps the earlier versions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cdinfra.aws.cloud import StorageApi
from cdinfra.deploy.plain import sha256
from cdinfra.errors import CloudError, InvalidInputError, Problem
from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.record import Account
from cdinfra.rollout.state.keys import history_prefix, numbered_key
from cdinfra.rollout.state.state_bucket import StateBucket, as_body

GOOD = frozenset({RolloutOutcome.DEPLOYED, RolloutOutcome.UNFINISHED})
"""Outcomes of rollouts whose release every host came to run."""

RELEASES_KEPT = 3
"""Releases that going back shall need no registry for, as many as hosts keep by themselves."""

MOST_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One rollout in the history.

    Attributes:
        number: Its number, from 1.
        previous: SHA-256 of the entry before it, in hexadecimal; empty in the first.
        account: What the rollout did.
    """

    number: int
    previous: str
    account: Account

    @property
    def is_good(self) -> bool:
        """Whether every host came to run its release."""
        return self.account.outcome in GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBreak:
    """The first entry of a history that does not fit.

    Attributes:
        number: Number of the entry.
        reason: What does not fit, in words.
    """

    number: int
    reason: str


class History:
    """The history of one group.

    Args:
        storage: S3, of the place that the bucket is in.
        group: The deploy group.
    """

    def __init__(self, storage: StorageApi, group: DeployGroup) -> None:
        self._bucket = StateBucket(storage, group.bucket)
        self._group = group
        self._prefix = history_prefix(group.name)

    def append(self, account: Account) -> HistoryEntry:
        """Add an entry, and return it with its number.

        Raises:
            CloudError: S3 refuses or cannot be reached.
        """
        for _ in range(MOST_TRIES):
            numbers = self._bucket.numbers(self._prefix)
            last = numbers[-1] if numbers else 0
            previous = self._hash(last) if last else ""
            entry = HistoryEntry(number=last + 1, previous=previous, account=account)
            if self._bucket.create(self._key(entry.number), as_body(entry)) is not None:
                return entry
        raise CloudError(f"cannot write the history of {self._group.stack}: others write it, too")

    def entries(self) -> Iterator[HistoryEntry]:
        """Yield the entries, newest first; each is read when it is wanted.

        Raises:
            InvalidInputError: An object is no entry; names its key.
            CloudError: S3 refuses or cannot be reached.
        """
        for number in reversed(self._bucket.numbers(self._prefix)):
            yield self.entry(number)

    def entry(self, number: int) -> HistoryEntry:
        """Return an entry.

        Args:
            number: Its number, from 1.

        Raises:
            InvalidInputError: There is no such entry, or the object is none; names its key.
            CloudError: S3 refuses or cannot be reached.
        """
        stored = self._bucket.read(self._key(number)) if number > 0 else None
        if stored is None:
            group = self._group.stack
            message = f"the history of {group} has no such entry"
            hint = f"see those there are: cdinfra history {group}"
            raise InvalidInputError(Problem(path=str(number), message=message, hint=hint))
        return self._parsed(number, stored.body)

    def newest_generation(self) -> int:
        """Return the lock's number in the newest entry; 0 before the first.

        Raises:
            InvalidInputError: The object is no entry; names its key.
            CloudError: S3 refuses or cannot be reached.
        """
        return next((each.account.generation for each in self.entries()), 0)

    def last_good(self, *, before: str) -> str:
        """Return the newest release that every host ran, other than the current one.

        A release that somebody rolled back from is not taken for good, unless it was rolled
        out again later. Empty where there is none.

        Args:
            before: The current release.

        Raises:
            InvalidInputError: An object is no entry; names its key.
            CloudError: S3 refuses or cannot be reached.
        """
        return next(self._good_releases(before), "")

    def release_to_go_back_to(self, number: int | None) -> str:
        """Return the release of an entry, by digest.

        Args:
            number: Number of the entry; None takes the last good one before the current.

        Raises:
            InvalidInputError: There is no such entry, or none to go back to.
            CloudError: S3 refuses or cannot be reached.
        """
        if number is not None:
            return self.entry(number).account.image
        if release := self.last_good(before=self._current()):
            return release
        group = self._group.stack
        message = "its history has no earlier release that every host ran"
        hint = f"name an image: cdinfra deploy {group} IMAGE"
        raise InvalidInputError(Problem(path=group, message=message, hint=hint))

    def releases_to_keep(self) -> tuple[str, ...]:
        """Return the releases whose images hosts are not to remove, newest first.

        Raises:
            InvalidInputError: An object is no entry; names its key.
            CloudError: S3 refuses or cannot be reached.
        """
        kept: dict[str, None] = {}
        for release in self._good_releases(""):
            kept[release] = None
            if len(kept) == RELEASES_KEPT:
                break
        return tuple(kept)

    def verify(self) -> ChainBreak | None:
        """Return the first entry, from the oldest on, that does not fit; None where all do.

        Raises:
            CloudError: S3 refuses or cannot be reached.
        """
        previous = ""
        for place, number in enumerate(self._bucket.numbers(self._prefix), start=1):
            if number != place:
                return ChainBreak(number=place, reason="it is missing")
            stored = self._bucket.read(self._key(number))
            if stored is None:
                return ChainBreak(number=number, reason="it is missing")
            try:
                entry = self._parsed(number, stored.body)
            except InvalidInputError as error:
                return ChainBreak(number=number, reason=error.message)
            if entry.previous != previous:
                reason = "the entry before it is another one than when it was written"
                return ChainBreak(number=number, reason=reason)
            previous = sha256(stored.body)
        return None

    def _good_releases(self, current: str) -> Iterator[str]:
        left: set[str] = {current, ""}
        for entry in self.entries():
            if not entry.is_good:
                continue
            account = entry.account
            if account.purpose is Purpose.ROLLBACK:
                left.add(account.from_release)
            # What the first rollout replaced was there before the history, and ran, too.
            yield from (each for each in (account.image, account.from_release) if each not in left)

    def _current(self) -> str:
        return next((each.account.release for each in self.entries() if each.account.release), "")

    def _hash(self, number: int) -> str:
        stored = self._bucket.read(self._key(number))
        return sha256(stored.body) if stored else ""

    def _key(self, number: int) -> str:
        return numbered_key(self._prefix, number)

    def _parsed(self, number: int, body: bytes) -> HistoryEntry:
        key = self._key(number)
        entry = self._bucket.parsed(HistoryEntry, key, body)
        if entry.number != number:
            message = f"says of itself that it is entry {entry.number}"
            raise InvalidInputError(Problem(path=key, message=message))
        return entry
