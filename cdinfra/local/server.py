"""The local cloud's process: ``python -m cdinfra.local.server --state FOLDER``.

``cdinfra local up`` starts it through :mod:`cdinfra.local.process`, which hands it the
bound port and the lock; run by hand it takes them itself and stays in the foreground.

The imports that take long stand inside of functions: the process detaches itself and
writes its record before them.
"""

import argparse
import logging
import os
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from cdinfra import __version__
from cdinfra.aws.connection import LOCAL_REGION
from cdinfra.errors import CdinfraError, LocalCloudError
from cdinfra.local.code_fingerprint import code_fingerprint
from cdinfra.local.hosts.engine import find_engine
from cdinfra.local.network_guard import forbid_outside_connections
from cdinfra.local.process import bind
from cdinfra.local.state_directory import Record, StateDirectory

LOG = logging.getLogger("cdinfra.local")
WATCH_SECONDS = 2.0
POLL_SECONDS = 0.05

WARMED_UP = ("ec2", "ssm", "s3", "iam", "autoscaling", "elbv2", "ecr", "logs")
"""Services that a stack of hosts needs: moto imports them while the caller still plans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the process was given, or took.

    Attributes:
        state: Its folder.
        listener: The bound socket.
        lock: Descriptor of the lock that says that it lives.
    """

    state: StateDirectory
    listener: socket.socket
    lock: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the local cloud until SIGTERM or SIGINT, or until its folder is deleted."""
    options = _parse(arguments)
    if options.detach and os.fork():
        # The one that was spawned ends at once; no parent has to wait for the other.
        os._exit(0)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        return _serve(_means(options))
    except CdinfraError as error:
        LOG.error("%s (%s)", error.message, error.hint)  # noqa: TRY400 - it says it all
        return error.exit_code


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cdinfra.local.server", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder for port, log and lock")
    parser.add_argument("--port", type=int, help="port on 127.0.0.1; by default a free one")
    parser.add_argument("--listener", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--lock", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--detach", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _means(options: argparse.Namespace) -> Means:
    state = StateDirectory(path=options.state.absolute())
    if options.listener is not None:
        for inherited in (options.listener, options.lock):
            # What this process starts shall not keep its port and its lock.
            os.set_inheritable(inherited, False)  # noqa: FBT003
        return Means(
            state=state, listener=socket.socket(fileno=options.listener), lock=options.lock
        )
    state.create()
    lock = state.take_lock()
    if lock is None:
        raise LocalCloudError(
            f"a local cloud of {state.path} runs already", hint="stop it: `cdinfra local down`"
        )
    return Means(state=state, listener=bind(options.port), lock=lock)


def _serve(means: Means) -> int:
    record = Record(
        pid=os.getpid(),
        port=means.listener.getsockname()[1],
        instance=str(uuid4()),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        version=__version__,
        code=code_fingerprint(),
    )
    means.state.write(record)
    forbid_outside_connections()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server, close = _start(means.listener, means.state, record)
    _wait(stop, means.state, record)
    LOG.info("stops")
    server.shutdown()
    close()
    if means.state.read() == record:
        # The folder may have been deleted, and belong to another local cloud by now.
        means.state.forget()
    return 0


def _start(listener: socket.socket, state: StateDirectory, record: Record) -> tuple[Any, Any]:
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - slow to import
        DomainDispatcherApplication,
        create_backend_app,
    )

    from cdinfra.local.cloud import make_cloud  # noqa: PLC0415 - slow to import
    from cdinfra.local.listener import make_server  # noqa: PLC0415 - slow to import
    from cdinfra.local.resources.seed import seed_public_parameters  # noqa: PLC0415 - slow

    services = DomainDispatcherApplication(create_backend_app)
    cloud = make_cloud(
        record,
        services=services,
        seed=seed_public_parameters,
        folder=state.path,
        container_engine=find_engine(),
    )
    server = make_server(listener, cloud.front)
    # Before the first answer: who gets one finds this line in the log.
    LOG.info("serves on http://127.0.0.1:%d, process %d", record.port, record.pid)
    Thread(target=server.serve_forever, args=(POLL_SECONDS,), name="http").start()
    Thread(target=_warm_up, args=(cloud.prepare,), daemon=True, name="warm-up").start()
    return server, cloud.close


def _warm_up(prepare: Callable[[str, str], None]) -> None:
    from moto.backends import get_backend  # noqa: PLC0415 - slow to import
    from moto.core import DEFAULT_ACCOUNT_ID  # noqa: PLC0415 - slow to import

    for service in WARMED_UP:
        get_backend(service)
    prepare(LOCAL_REGION, DEFAULT_ACCOUNT_ID)


def _wait(stop: Event, state: StateDirectory, record: Record) -> None:
    """Wait for a signal, or until the folder belongs to nobody or to somebody else."""
    while not stop.wait(WATCH_SECONDS):
        if state.read() != record:
            LOG.info("%s is gone", state.record)
            return
        state.trim_log()


if __name__ == "__main__":
    exit_code = main()
    logging.shutdown()
    # Nothing is left to be closed, and tearing moto's modules down takes most of a second.
    os._exit(exit_code)
