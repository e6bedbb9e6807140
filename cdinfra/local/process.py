"""The local cloud as a process in the background: start it, find it again, stop it.

::

    start  takes the lock, binds the port, spawns the server with both, waits for its health
    find   lock held? -> record -> health of the same instance
    stop   SIGTERM, waits for the lock to be let go, then SIGKILL

The port is bound before the process is spawned, so a taken port is one clear error at
once, and a request that comes early waits instead of being refused.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from cdinfra.aws.connection import Connection
from cdinfra.errors import LocalCloudError
from cdinfra.local.clock import POLL_SECONDS, Clock
from cdinfra.local.code_fingerprint import code_fingerprint
from cdinfra.local.control_client import ControlClient, UnreachableError
from cdinfra.local.environment import server_environment
from cdinfra.local.hosts.belongings import has_belongings
from cdinfra.local.state_directory import Record, StateDirectory

LOOPBACK = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
END_SECONDS = 90.0
"""How long the end may take: hosts, registries and load balancers end with it."""
ANSWER_SECONDS = 2.0
BACKLOG = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCloud:
    """A local cloud that runs.

    Attributes:
        endpoint_url: Its address, for ``--endpoint-url`` of any AWS client.
        pid: Its process id.
        port: Its port on 127.0.0.1.
        state_dir: Its state folder.
        log: Its log.
        started: When, ISO 8601, UTC.
        version: Version of cdinfra that runs in it.
        code: Fingerprint of the code that runs in it.
    """

    endpoint_url: str
    pid: int
    port: int
    state_dir: Path
    log: Path
    started: str
    version: str
    code: str

    @property
    def is_outdated(self) -> bool:
        """Whether its code has been edited or replaced since it was started."""
        return self.code != code_fingerprint()

    def connection(self, region: str | None = None, *, account: str | None = None) -> Connection:
        """Return the connection that calls this cloud and no other.

        Args:
            region: AWS region; None for the usual one.
            account: The account to act in, twelve digits; None for the usual one.
        """
        return Connection(region=region, endpoint_url=self.endpoint_url, local_account=account)

    @property
    def control(self) -> ControlClient:
        """Health, counts of calls, and faults."""
        return ControlClient(self.endpoint_url)


def start(
    state_dir: Path,
    *,
    port: int | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> LocalCloud:
    """Return the local cloud of a state folder, started where it is not running.

    Two callers at once get the same one.

    Args:
        state_dir: Its state folder, see ``state_directory``.
        port: The port it must have; by default a free one.
        environ: The environment to start from; credentials in it are dropped.
        clock: Time, for tests.

    Raises:
        LocalCloudError: The port is taken, it runs on another port, or it did not start.
    """
    clock = clock or Clock()
    state = StateDirectory(path=state_dir)
    state.create()
    deadline = clock.now() + START_SECONDS
    while clock.now() < deadline:
        with state.locked() as lock:
            if lock is not None:
                state.forget()
                _spawn(state, lock=lock, port=port, environ=environ)
        if cloud := find(state_dir, clock=clock):
            return _on_port(cloud, port)
        if lock is not None:
            raise _not_started(state, "its process ended")
        clock.sleep(POLL_SECONDS)
    raise _not_started(state, "another command that starts it does not end")


def find(state_dir: Path, *, clock: Clock | None = None) -> LocalCloud | None:
    """Return the local cloud that runs for a state folder, or None.

    One that is just starting is waited for.

    Raises:
        LocalCloudError: Its process lives, but does not answer.
    """
    clock = clock or Clock()
    state = StateDirectory(path=state_dir)
    deadline = clock.now() + START_SECONDS
    while state.is_alive():
        record = state.read()
        if record and _answers(record):
            return _cloud(state, record)
        if clock.now() >= deadline:
            raise LocalCloudError(
                f"the local cloud's process does not answer\n{state.last_log_lines()}".rstrip(),
                hint=f"stop it with `cdinfra local down`; its log is {state.log}",
            )
        clock.sleep(POLL_SECONDS)
    state.forget_dead()
    return None


def stop(state_dir: Path, *, clock: Clock | None = None) -> bool:
    """Stop the local cloud of a state folder and everything in it.

    Returns:
        Whether one was running.

    Raises:
        LocalCloudError: It cannot be stopped.
    """
    clock = clock or Clock()
    state = StateDirectory(path=state_dir)
    was_alive = state.is_alive()
    for number, seconds in ((signal.SIGTERM, _patience(state)), (signal.SIGKILL, STOP_SECONDS)):
        if not state.is_alive():
            break
        _signal(state, number, clock)
        clock.wait_until(lambda: not state.is_alive(), seconds=seconds)
    if state.is_alive():
        raise LocalCloudError(
            f"the local cloud of {state_dir} cannot be stopped", hint=f"its log is {state.log}"
        )
    state.forget_dead()
    return was_alive


def _patience(state: StateDirectory) -> float:
    """Return how long to wait for the end: one that may have hosts needs more."""
    return END_SECONDS if has_belongings(state.path) else STOP_SECONDS


def _signal(state: StateDirectory, number: signal.Signals, clock: Clock) -> None:
    # A process that has just been spawned has not written its record yet.
    clock.wait_until(lambda: state.read() is not None or not state.is_alive(), seconds=STOP_SECONDS)
    record = state.read()
    if record is None or not state.is_alive():
        return
    with suppress(ProcessLookupError):
        os.kill(record.pid, number)


def _spawn(
    state: StateDirectory, *, lock: int, port: int | None, environ: Mapping[str, str] | None
) -> None:
    """Start the server with the lock and the bound port; it detaches itself at once."""
    with closing(bind(port)) as listener:
        log = state.open_log()
        try:
            subprocess.run(  # noqa: S603 - this interpreter and this package
                [
                    # -P: a file of the user's that is called like a library is not imported.
                    *(sys.executable, "-P", "-m", "cdinfra.local.server", "--detach"),
                    *("--state", str(state.path)),
                    *("--listener", str(listener.fileno()), "--lock", str(lock)),
                ],
                check=True,
                cwd=state.path,
                env=server_environment(os.environ if environ is None else environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(listener.fileno(), lock),
                start_new_session=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise _not_started(state, str(error)) from error
        finally:
            os.close(log)


def bind(port: int | None) -> socket.socket:
    """Return a socket that listens on 127.0.0.1.

    Args:
        port: The port; None is a free one.

    Raises:
        LocalCloudError: The port is taken, or is none.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port or 0))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise LocalCloudError(
            f"the local cloud cannot have port {port}: {getattr(error, 'strerror', error)}",
            hint="choose another with --port, or none for a free one",
        ) from error
    return listener


def _answers(record: Record) -> bool:
    try:
        health = ControlClient(f"http://{LOOPBACK}:{record.port}").health(seconds=ANSWER_SECONDS)
    except UnreachableError:
        return False
    return health.get("instance") == record.instance


def _cloud(state: StateDirectory, record: Record) -> LocalCloud:
    return LocalCloud(
        endpoint_url=f"http://{LOOPBACK}:{record.port}",
        pid=record.pid,
        port=record.port,
        state_dir=state.path,
        log=state.log,
        started=record.started,
        version=record.version,
        code=record.code,
    )


def _on_port(cloud: LocalCloud, port: int | None) -> LocalCloud:
    if port and cloud.port != port:
        raise LocalCloudError(
            f"the local cloud runs already, on port {cloud.port} and not {port}",
            hint="stop it first: `cdinfra local down`",
        )
    return cloud


def _not_started(state: StateDirectory, why: str) -> LocalCloudError:
    return LocalCloudError(
        f"the local cloud did not start: {why}\n{state.last_log_lines()}".rstrip(),
        hint=f"its log is {state.log}",
    )
