"""S3 in memory, for tests."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from cdinfra.aws.storage import StoredObject


def _nothing(_: str) -> None:
    """Do nothing."""


def _never() -> datetime:
    return datetime(2026, 1, 31, tzinfo=UTC)


class FakeStorage:
    """Buckets in memory; see :class:`cdinfra.aws.storage.Storage`.

    As in S3, an ETag names the content: the same content has the same one again.

    Args:
        region: Where every bucket is.
        now: Returns the time of S3's own clock.

    Attributes:
        objects: What was stored, by bucket and key.
        region: Where every bucket is.
        calls: Every call, as ``operation key``.
        meanwhile: Called at the beginning of each call, with it; a test may let somebody else
            be faster there.
        after_write: Called after each conditional write, with the new content.
    """

    def __init__(self, region: str, *, now: Callable[[], datetime] = _never) -> None:
        self.region = region
        self.objects: dict[tuple[str, str], str] = {}
        self.calls: list[str] = []
        self.meanwhile: Callable[[str], None] = _nothing
        self.after_write: Callable[[str], None] = _nothing
        self._now = now
        self._modified: dict[tuple[str, str], datetime] = {}
        self._refused: dict[str, list[Exception]] = {}
        self._lost: dict[str, list[Exception]] = {}

    def script(self, operation: str, *errors: Exception) -> None:
        """Let the next calls of an operation raise these, and do nothing."""
        self._refused.setdefault(operation, []).extend(errors)

    def lose_answers(self, operation: str, *errors: Exception) -> None:
        """Let the next calls of an operation raise these when they have been done."""
        self._lost.setdefault(operation, []).extend(errors)

    def put_template(self, bucket: str, key: str, body: str) -> str:
        """Store a template and return its address."""
        self.objects[bucket, key] = body
        return f"https://s3.example/{bucket}/{key}"

    def get_object(self, bucket: str, key: str) -> bytes | None:
        """Return an object's bytes, or None where there is no such object."""
        body = self.objects.get((bucket, key))
        return None if body is None else body.encode()

    def read_object(self, bucket: str, key: str, *, hurried: bool = False) -> StoredObject | None:
        """Return an object with what S3 says of it, or None where there is no such object."""
        del hurried
        with self._call("read_object", key):
            body = self.objects.get((bucket, key))
            if body is None:
                return None
            return StoredObject(
                body=body.encode(),
                etag=_etag(body),
                modified_at=self._modified.get((bucket, key), self._second()),
                read_at=self._second(),
            )

    def create_object(self, bucket: str, key: str, body: bytes, *, content_type: str) -> str | None:
        """Create an object and return its ETag; None where one is there already."""
        del content_type
        with self._call("create_object", key):
            return None if (bucket, key) in self.objects else self._put(bucket, key, body)

    def replace_object(
        self, bucket: str, key: str, body: bytes, *, etag: str, hurried: bool = False
    ) -> str | None:
        """Replace an object that has an ETag and return the new one; None where it has not."""
        del hurried
        with self._call("replace_object", key):
            there = self.objects.get((bucket, key))
            is_it = there is not None and _etag(there) == etag
            return self._put(bucket, key, body) if is_it else None

    def list_keys(self, bucket: str, prefix: str, *, start_after: str = "") -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""
        with self._call("list_keys", prefix):
            found = [key for where, key in self.objects if where == bucket]
        yield from sorted(key for key in found if key.startswith(prefix) and key > start_after)

    def empty_bucket(self, bucket: str) -> None:
        """Delete every object of a bucket."""
        with self._call("empty_bucket", bucket):
            self.objects = {name: each for name, each in self.objects.items() if name[0] != bucket}

    def describe_bucket_region(self, bucket: str) -> str:
        """Return the region that every bucket is in."""
        del bucket
        return self.region

    @contextmanager
    def _call(self, operation: str, key: str) -> Iterator[None]:
        call = f"{operation} {key}"
        self.calls.append(call)
        self.meanwhile(call)
        if errors := self._refused.get(operation):
            raise errors.pop(0)
        yield
        if lost := self._lost.get(operation):
            raise lost.pop(0)

    def _put(self, bucket: str, key: str, body: bytes) -> str:
        text = body.decode()
        self.objects[bucket, key] = text
        self._modified[bucket, key] = self._second()
        self.after_write(text)
        return _etag(text)

    def _second(self) -> datetime:
        return self._now().replace(microsecond=0)


def _etag(body: str) -> str:
    # Source: S3 API reference, Object: the MD5 digest, for what is encrypted with S3's own keys.
    return f'"{hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()}"'
