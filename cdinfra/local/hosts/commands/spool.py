"""What a process writes to one of its outputs, taken in while it runs."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from threading import Lock, Thread
from typing import IO, BinaryIO, cast

MOST_BYTES = 64 * 2**20
"""So much of an output is kept; the rest is read and dropped, so that who writes goes on."""

IN_MEMORY_BYTES = 2**18
CHUNK_BYTES = 2**16


class Spool:
    """Reads a stream to its end, in a thread of its own.

    Args:
        stream: What to read.
        most: How many bytes to keep.
    """

    def __init__(self, stream: IO[bytes], *, most: int = MOST_BYTES) -> None:
        self._stream = stream
        self._most = most
        self._lock = Lock()
        self._size = 0
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - closed by close
        self._thread = Thread(target=self._read, daemon=True, name="spool")

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def head(self, size: int) -> bytes:
        """Return the first ``size`` bytes of what has come."""
        with self._lock:
            self._file.seek(0)
            return self._file.read(size)

    def content(self) -> BinaryIO:
        """Return what has come, as a file at its beginning; call it when the stream has ended."""
        self._file.seek(0)
        return cast("BinaryIO", self._file)

    def join(self, seconds: float) -> None:
        """Wait until the stream has ended, or the time is over."""
        self._thread.join(seconds)

    def close(self) -> None:
        """Drop what has come."""
        with self._lock:
            self._file.close()

    def _read(self) -> None:
        for chunk in self._chunks():
            with self._lock:
                if self._file.closed:
                    return
                self._file.seek(0, 2)
                self._file.write(chunk[: max(0, self._most - self._size)])
                self._size += len(chunk)

    def _chunks(self) -> Iterator[bytes]:
        try:
            # read1: what has been written is taken at once, not only when a chunk is full.
            while chunk := self._stream.read1(CHUNK_BYTES):  # type: ignore[attr-defined]
                yield chunk
        except ValueError:
            # The stream was closed under the reader: nobody wants the rest.
            return
