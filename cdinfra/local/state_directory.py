"""Where a local cloud leaves its port, process id and log, for the next command to find.

One local cloud belongs to one checkout: the folder is ``.cdinfra`` at the root of the
repository that holds ``infra.py``, so that two checkouts side by side never share one,
and a deleted checkout takes its local cloud with it (the process ends by itself).

Whether the process lives is told by a lock, not by its id: the process holds an exclusive
``flock`` on ``local.lock`` for as long as it exists, and the kernel lets it go when the
process ends in whatever way. So an id that the system has given to another process since
is never taken for ours.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cdinfra.errors import LocalCloudError

STATE_VARIABLE = "CDINFRA_STATE"
"""Environment variable that names another folder."""

FOLDER = ".cdinfra"
LOG_BYTES_KEPT = 1_000_000
"""A log longer than this is moved aside, and begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a running local cloud says of itself.

    Attributes:
        pid: Its process id.
        port: Its port on 127.0.0.1.
        instance: A random name; another one means another process.
        started: When, ISO 8601, UTC.
        version: Version of cdinfra that runs in it.
        code: Fingerprint of the code that runs in it, see ``code_fingerprint``.
    """

    pid: int
    port: int
    instance: str
    started: str
    version: str
    code: str = ""


_MEMBERS = tuple(each.name for each in fields(Record))


def state_directory(start: Path, *, environ: Mapping[str, str]) -> Path:
    """Return the state folder for work in ``start``.

    That is ``$CDINFRA_STATE`` where set; else ``.cdinfra`` at the root of the git checkout
    around ``start``; else ``.cdinfra`` in ``start`` itself.

    Args:
        start: The folder of ``infra.py``, or where the command runs.
        environ: The process's environment.
    """
    if named := environ.get(STATE_VARIABLE):
        return Path(named).expanduser().absolute()
    folder = start.absolute()
    root = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)
    return root / FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDirectory:
    """The files of one local cloud.

    Attributes:
        path: The folder; made when a local cloud is started.
    """

    path: Path

    @property
    def log(self) -> Path:
        """What the process wrote."""
        return self.path / "local.log"

    @property
    def record(self) -> Path:
        """The running process's :class:`Record` as JSON."""
        return self.path / "local.json"

    @property
    def lock(self) -> Path:
        """Locked for as long as the process lives; never deleted."""
        return self.path / "local.lock"

    def create(self) -> None:
        """Make the folder, closed to other users and ignored by git.

        Raises:
            LocalCloudError: The folder cannot be made or written to.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.path / ".gitignore").write_text("*\n")
            self.lock.touch(mode=0o600)
        except OSError as error:
            raise LocalCloudError(
                f"the local cloud's folder {self.path} cannot be written: {error.strerror}",
                hint=f"set {STATE_VARIABLE} to a folder that can",
            ) from error

    def take_lock(self) -> int | None:
        """Return the lock's file descriptor, or None where another process holds it."""
        return self._lock(fcntl.LOCK_EX)

    def is_alive(self) -> bool:
        """Whether a process holds the lock: the local cloud, or one that starts it.

        Raises:
            LocalCloudError: The folder cannot be read.
        """
        try:
            # Shared, so that two who look do not take each other for the local cloud.
            descriptor = self._lock(fcntl.LOCK_SH)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise LocalCloudError(f"{self.lock} cannot be read: {error.strerror}") from error
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    def _lock(self, kind: int) -> int | None:
        descriptor = os.open(self.lock, os.O_RDWR)
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    @contextmanager
    def locked(self) -> Iterator[int | None]:
        """Hold the lock, or None where it is taken; a child that inherited it keeps it."""
        descriptor = self.take_lock()
        try:
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def read(self) -> Record | None:
        """Return what the process wrote, or None where there is nothing that can be read."""
        try:
            document = json.loads(self.record.read_text())
            # What another version of cdinfra says besides does not make its process unknown.
            return Record(**{name: document[name] for name in _MEMBERS if name in document})
        except (OSError, ValueError, TypeError):
            return None

    def write(self, record: Record) -> None:
        """Write the record in one step: a reader sees the old one or the new one."""
        draft = self.record.with_suffix(f".{record.pid}.tmp")
        draft.write_text(json.dumps(asdict(record), indent=2) + "\n")
        draft.replace(self.record)

    def forget(self) -> None:
        """Delete the record; whoever calls holds the lock."""
        with suppress(FileNotFoundError):
            self.record.unlink()

    def forget_dead(self) -> None:
        """Delete the record of a process that was killed."""
        if self.record.exists():
            with self.locked() as lock:
                if lock is not None:
                    self.forget()

    def open_log(self) -> int:
        """Return a descriptor to append to the log; one that grew long is moved aside."""
        self.trim_log()
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def trim_log(self) -> None:
        """Move what the log holds aside where it grew long, also while it is written to."""
        with suppress(OSError):
            if self.log.stat().st_size > LOG_BYTES_KEPT:
                # Copied and cut: who has the file open goes on to append to it.
                shutil.copy(self.log, self.log.with_suffix(".log.1"))
                os.truncate(self.log, 0)

    def last_log_lines(self, count: int = 8) -> str:
        """Return the end of the log, indented; empty where there is none."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(f"  {line}" for line in lines[-count:])
