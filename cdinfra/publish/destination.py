"""Where a version is published to: a folder, or a bucket. Nothing there is ever overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from cdinfra.aws.cloud import StorageApi
from cdinfra.errors import InvalidInputError, Problem

CONTENT_TYPES: Mapping[str, str] = MappingProxyType(
    {".json": "application/json", ".html": "text/html; charset=utf-8"}
)


class Destination(Protocol):
    """A place that keeps files."""

    def where(self, path: str) -> str:
        """Return how people call the place of a file."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is no such file."""

    def create(self, path: str, body: bytes) -> bool:
        """Create a file; False where one is there already, which stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderDestination:
    """A folder on this machine.

    Attributes:
        root: The folder; made where it does not exist.
    """

    root: Path

    def where(self, path: str) -> str:
        """Return the file's path."""
        return str(self.root / path)

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is no such file."""
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(path, "read", error) from error

    def create(self, path: str, body: bytes) -> bool:
        """Create a file; False where one is there already, which stays as it is."""
        target = self.root / path
        unfinished = target.with_name(f".{target.name}.unfinished")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(body)
            # A link, unlike a rename, never replaces what somebody else has put there.
            target.hardlink_to(unfinished)
        except FileExistsError:
            return False
        except OSError as error:
            raise self._failed(path, "written", error) from error
        finally:
            unfinished.unlink(missing_ok=True)
        return True

    def _failed(self, path: str, done: str, error: OSError) -> InvalidInputError:
        message = f"cannot be {done}: {error.strerror}"
        return InvalidInputError(Problem(path=self.where(path), message=message))


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketDestination:
    """A bucket, or a part of one.

    Attributes:
        storage: S3.
        bucket: Name of the bucket.
        prefix: What every key begins with, without a slash at its end; empty for the whole
            bucket.
    """

    storage: StorageApi
    bucket: str
    prefix: str = ""

    def key(self, path: str) -> str:
        """Return the key of a file."""
        return f"{self.prefix}/{path}" if self.prefix else path

    def where(self, path: str) -> str:
        """Return the file's address."""
        return f"s3://{self.bucket}/{self.key(path)}"

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is no such file."""
        return self.storage.get_object(self.bucket, self.key(path))

    def create(self, path: str, body: bytes) -> bool:
        """Create a file; False where one is there already, which stays as it is."""
        content_type = CONTENT_TYPES[Path(path).suffix]
        created = self.storage.create_object(
            self.bucket, self.key(path), body, content_type=content_type
        )
        return created is not None
