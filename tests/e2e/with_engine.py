"""Runs a command where a Docker engine answers: the one that is there, or one of its own.

``with_engine.py COMMAND…`` gives the command ``DOCKER_HOST`` and ends as it ends. An engine of
its own has socket, data and process id in a temporary folder, and is ended with the command,
whatever ends that. The standard library suffices: CI calls it before anything is installed.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

MTU = 1400
"""Bytes a packet: what passes every machine's own network."""

ANSWER_SECONDS = 10.0
START_SECONDS = 60.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.2
NO_ENGINE = 3
"""Exit code where there is no engine and none can be had."""


class NoEngineError(Exception):
    """Why there is no engine, in a sentence."""


def answers(environ: dict[str, str]) -> bool:
    """Whether an engine answers Docker's client."""
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        done = subprocess.run(
            command, env=environ, capture_output=True, check=False, timeout=ANSWER_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def other_engines() -> list[str]:
    """Return the process ids of engines in this network namespace.

    Two engines in one take each other's packet filter rules away.
    """
    found = []
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            is_engine = comm.read_text().strip() == "dockerd"
            if is_engine and comm.with_name("ns").joinpath("net").samefile("/proc/self/ns/net"):
                found.append(comm.parent.name)
        except OSError:  # it has ended, or is not ours to look at
            continue
    return found


def wait_for_other(environ: dict[str, str]) -> bool:
    """Wait for an engine that is just starting; return whether one answers."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while not answers(environ):
        if not other_engines() or time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def check_means() -> None:
    """Raise where no engine can be started."""
    missing = [each for each in ("docker", "dockerd", "iptables") if not shutil.which(each)]
    if missing:
        raise NoEngineError(f"no Docker engine answers, and {', '.join(missing)} is not installed")
    if os.geteuid() != 0:
        raise NoEngineError("no Docker engine answers, and only root can start one")
    if others := other_engines():
        raise NoEngineError(
            f"no Docker engine answers, but one runs (process {', '.join(others)}): "
            "set DOCKER_HOST to its socket"
        )


def mount_cgroups() -> None:
    """Mount what containers are limited with, where nobody has done so."""
    program = shutil.which("cgroupfs-mount")
    if program and " cgroup" not in Path("/proc/mounts").read_text():
        subprocess.run([program], check=False)


@contextmanager
def own_engine() -> Iterator[str]:
    """Run an engine and yield its address for ``DOCKER_HOST``."""
    check_means()
    mount_cgroups()
    # A socket's path has at most 107 bytes, so the folder's name is short.
    folder = Path(tempfile.mkdtemp(prefix="engine-"))
    address = f"unix://{folder}/docker.sock"
    command = ["dockerd", "--host", address, "--mtu", str(MTU), "--pidfile", f"{folder}/pid"]
    command += ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
    log = folder / "log"
    with log.open("wb") as output:
        # A session of its own: Ctrl-C ends the command first, and the engine after it.
        engine = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        wait_until_started(engine, address, log)
        yield address
    finally:
        stop(engine)
        remove(folder)


def wait_until_started(engine: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Wait until an engine answers."""
    deadline = time.monotonic() + START_SECONDS
    while not answers({**os.environ, "DOCKER_HOST": address}):
        if engine.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace").strip().splitlines() or ["nothing"]
            raise NoEngineError(f"dockerd does not start; it said last: {said[-1]}")
        time.sleep(POLL_SECONDS)


def stop(engine: subprocess.Popen[bytes]) -> None:
    """End an engine and, through it, its containers."""
    engine.terminate()
    try:
        engine.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        engine.kill()
        engine.wait()


def remove(folder: Path) -> None:
    """Remove the files of an engine that has ended, and what it left mounted among them."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    umount = shutil.which("umount") or "umount"
    for mount in sorted((each for each in mounts if each.startswith(f"{folder}/")), reverse=True):
        subprocess.run([umount, "--lazy", mount], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def run(command: Sequence[str], environ: dict[str, str]) -> int:
    """Run the command and return its exit code; what ends this process ends it, too."""
    child = subprocess.Popen(list(command), env=environ)

    def pass_on(number: int, _: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    # The terminal sends it to the command as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = child.wait()
    return code if code >= 0 else 128 - code


def main(command: Sequence[str]) -> int:
    """Run a command with an engine."""
    environ = dict(os.environ)
    # What was begun is ended, too, when this process is asked to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if answers(environ) or (other_engines() and wait_for_other(environ)):
        return run(command, environ)
    try:
        with own_engine() as address:
            return run(command, {**environ, "DOCKER_HOST": address})
    except NoEngineError as error:
        sys.stderr.write(f"with_engine: {error}\n")
        return NO_ENGINE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
