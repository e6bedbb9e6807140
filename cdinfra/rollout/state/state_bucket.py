"""The app's bucket as the state of rollouts needs it: written under conditions, read as values.

A write whose answer is lost may have been done. What is written here is never written twice
with the same content, so whoever reads his own content back knows that it was.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from cdinfra.aws.cloud import StorageApi
from cdinfra.aws.failures import is_passing
from cdinfra.aws.storage import StoredObject
from cdinfra.deploy.plain import as_bytes, plain, restored
from cdinfra.errors import CloudError, InvalidInputError, Problem
from cdinfra.rollout.state.keys import number_of

ValueT = TypeVar("ValueT")

FORMAT = 1
"""Number of the form that objects have; another one is of another version of cdinfra."""

FORMAT_KEY = "format"
JSON_TYPE = "application/json"


class StateBucket:
    """Reads and writes objects of one bucket.

    Args:
        storage: S3.
        bucket: Name of the bucket.
    """

    def __init__(self, storage: StorageApi, bucket: str) -> None:
        self._storage = storage
        self._bucket = bucket

    def read(self, key: str, *, hurried: bool = False) -> StoredObject | None:
        """Return an object; None where there is none.

        Raises:
            CloudError: S3 refuses or cannot be reached.
        """
        return self._storage.read_object(self._bucket, key, hurried=hurried)

    def create(self, key: str, body: bytes) -> str | None:
        """Create an object and return its ETag; None where another one is there.

        Raises:
            CloudError: S3 refuses or cannot be reached; whether it is there is not known.
        """

        def create() -> str | None:
            return self._storage.create_object(self._bucket, key, body, content_type=JSON_TYPE)

        return self._written(key, body, create, hurried=False)

    def replace(self, key: str, body: bytes, etag: str, *, hurried: bool = False) -> str | None:
        """Replace an object and return its new ETag; None where it has another by now.

        Args:
            key: Where in the bucket.
            body: The new content, another one than there ever was.
            etag: What the object has to have.
            hurried: Whether to give up soon where S3 is slow.

        Raises:
            CloudError: S3 refuses or cannot be reached; whether it is written is not known.
        """

        def replace() -> str | None:
            return self._storage.replace_object(self._bucket, key, body, etag=etag, hurried=hurried)

        return self._written(key, body, replace, hurried=hurried)

    def numbers(self, prefix: str) -> tuple[int, ...]:
        """Return the numbers of the objects below a prefix, ascending; 1,000 a call.

        Raises:
            CloudError: S3 refuses or cannot be reached.
        """
        numbers = map(number_of, self._storage.list_keys(self._bucket, prefix))
        return tuple(each for each in numbers if each is not None)

    def parsed(self, kind: type[ValueT], key: str, body: bytes) -> ValueT:
        """Return the value that an object holds.

        Args:
            kind: The dataclass that it is.
            key: Where it lies, for an error.
            body: Its content.

        Raises:
            InvalidInputError: It is something else; names the key.
        """
        try:
            return _restored(kind, json.loads(body))
        except (ValueError, RecursionError) as error:
            problem = Problem(
                path=f"s3://{self._bucket}/{key}",
                message=f"is not what cdinfra writes there: {str(error)[:200]}",
                hint="the bucket keeps earlier versions of it: put a right one back",
            )
            raise InvalidInputError(problem) from error

    def _written(
        self, key: str, body: bytes, write: Callable[[], str | None], *, hurried: bool
    ) -> str | None:
        try:
            etag = write()
        except CloudError as error:
            found = self._etag_of(key, body, hurried=hurried) if is_passing(error) else None
            if found is None:
                raise
            return found
        return etag or self._etag_of(key, body, hurried=hurried)

    def _etag_of(self, key: str, body: bytes, *, hurried: bool) -> str | None:
        """Return the ETag of an object with this content; None where it has another."""
        stored = self.read(key, hurried=hurried)
        return stored.etag if stored is not None and stored.body == body else None


def as_body(value: object) -> bytes:
    """Return a value as the content of an object."""
    return as_bytes({FORMAT_KEY: FORMAT, **plain(value)})


def _restored(kind: type[ValueT], document: Any) -> ValueT:  # noqa: ANN401 - any JSON
    if not isinstance(document, dict) or FORMAT_KEY not in document:
        raise ValueError("it names no format")
    if document[FORMAT_KEY] != FORMAT:
        found = str(document[FORMAT_KEY])[:20]
        raise ValueError(f"it has format {found}, and this cdinfra knows format {FORMAT}")
    return restored(kind, {key: each for key, each in document.items() if key != FORMAT_KEY})
