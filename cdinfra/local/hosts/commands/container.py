"""Scripts that run in the container of a host, as the SSM agent would run them there.

The agent writes the script to a file and hands that to ``sh -c``, so a first line that names
an interpreter counts. It runs as root, in a process group of its own, which is killed as a
whole; with the environment of a system service, in which there is no ``HOME``.
Source: amazon-ssm-agent, ``agent/executers``, ``agent/plugins/runscript`` and
``packaging/linux/amazon-ssm-agent.service``.
"""

import logging
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import BytesIO
from typing import IO, BinaryIO, Self

from cdinfra.local.hosts.commands.execution import LOST, Ended, Running, Task
from cdinfra.local.hosts.commands.spool import Spool
from cdinfra.local.hosts.docker import Docker

LOG = logging.getLogger(__name__)

FOLDER = (
    "/var/lib/amazon/ssm/{instance}/document/orchestration/{command}/"
    "awsrunShellScript/0.awsrunShellScript"
)
"""Where the agent puts a script, and people look for it."""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
WORKING_DIRECTORY = "/usr/bin"

DELIVER = (
    'umask 077 && mkdir -p "$1" && rm -f "$1/code" && cat > "$1/_script.sh" && '
    'chmod 0700 "$1/_script.sh"'
)
RUN = (
    'echo $$ > "$1/pid"; umask 022; '
    '(cd "$2" || exit 1; exec sh -c "$1/_script.sh" < /dev/null); '
    'code=$?; echo $code > "$1/code"; exit $code'
)
"""The file ``code`` says that the script itself ended, and not its host under it."""

KILL = 'kill -s KILL -- "-$(cat "$1/pid")"'

LOST_TRIES = 20
LOST_SECONDS = 0.25
"""How long it takes at most until the engine knows that a container has ended."""

JOIN_SECONDS = 5.0
"""How long the last output of what has ended may take to come."""

KILL_TRIES = 20
KILL_SECONDS = 0.25
"""How long one try to kill may take to have an effect."""


class ContainerRunner:
    """Starts scripts in containers.

    Args:
        docker: The engine.
        sleep: Waits that many seconds.
    """

    def __init__(self, docker: Docker, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self._docker = docker
        self._sleep = sleep

    def start(self, task: Task) -> Running:
        """Start a script; one that cannot be brought to its host is lost from the beginning.

        Args:
            task: The script and the host.
        """
        folder = FOLDER.format(instance=task.instance_id, command=task.command.command_id)
        script = task.command.script
        boot = boot_of(self._docker, task.container)
        delivered = self._docker.attempt(
            *("exec", "--interactive", task.container, "sh", "-c", DELIVER, "sh", folder),
            stdin=script.text.encode(),
        )
        if not boot or delivered.code != 0:
            LOG.info("command %s: %s", task.command.command_id, delivered.reason)
            return LostRun()
        opened = ExitStack()
        process = opened.enter_context(
            self._docker.started(
                *("exec", task.container, "env", "-i", *_environment(task), "sh", "-c", RUN),
                *("sh", folder, _working_directory(script.working_directory)),
            )
        )
        return ContainerRun(
            self._docker,
            Spot(container=task.container, folder=folder, boot=boot),
            process=process,
            opened=opened,
            sleep=self._sleep,
        ).start()


def boot_of(docker: Docker, container: str) -> str:
    """Return when a container that runs was started; empty where it does not run."""
    shown = docker.attempt(
        "inspect", "--format", "{{.State.Running}} {{.State.StartedAt}}", container
    )
    is_running, _, started_at = shown.text.partition(" ")
    return started_at if is_running == "true" else ""


def _environment(task: Task) -> tuple[str, ...]:
    values = {
        "PATH": PATH,
        "LANG": "C.UTF-8",
        "SSM_COMMAND_ID": task.command.command_id,
        "AWS_SSM_INSTANCE_ID": task.instance_id,
        "AWS_SSM_REGION_NAME": task.region,
        "AWS_SSM_PLATFORM_NAME": task.platform.name,
        "AWS_SSM_PLATFORM_VERSION": task.platform.version,
    }
    return tuple(f"{name}={value}" for name, value in values.items())


def _working_directory(given: str) -> str:
    # What is relative is looked for below a folder of downloads, which this document has not.
    return given if given.startswith("/") else WORKING_DIRECTORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a script runs.

    Attributes:
        container: Name of the container.
        folder: The script's folder in it.
        boot: When the container was started.
    """

    container: str
    folder: str
    boot: str


class ContainerRun:
    """A script that runs in a container.

    Args:
        docker: The engine.
        spot: Where it runs.
        process: The client that runs it.
        opened: What ends the client.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        docker: Docker,
        spot: Spot,
        *,
        process: subprocess.Popen[bytes],
        opened: ExitStack,
        sleep: Callable[[float], object],
    ) -> None:
        self._docker = docker
        self._spot = spot
        self._process = process
        self._opened = opened
        self._sleep = sleep
        self._is_killed = False
        self.stdout = Spool(_pipe(process.stdout))
        self.stderr = Spool(_pipe(process.stderr))

    def start(self) -> Self:
        """Begin to take in what it writes."""
        self.stdout.start()
        self.stderr.start()
        return self

    def wait(self, seconds: float) -> Ended | None:
        """Wait until it ends; return None where it does not in time.

        Args:
            seconds: How long.
        """
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._join()
        return LOST if code != 0 and self._is_lost() else Ended(exit_code=code)

    def kill(self) -> None:
        """Kill it, and all in its process group; what it has written by then is kept."""
        self._is_killed = True
        for _ in range(KILL_TRIES):
            if self._process.poll() is not None:
                break
            self._exec("sh", "-c", KILL, "sh", self._spot.folder)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(KILL_SECONDS)
        # What still holds the output open has left the process group; it stays, as on a host.
        self._process.kill()
        self._join()

    def _is_lost(self) -> bool:
        """Return whether the host went away; the engine may not know at once that it did."""
        for _ in range(LOST_TRIES):
            if self._is_killed or self._exec("test", "-e", f"{self._spot.folder}/code"):
                return False
            if boot_of(self._docker, self._spot.container) != self._spot.boot:
                return True
            self._sleep(LOST_SECONDS)
        # The script has killed its whole process group, and what runs it, too.
        return False

    def _exec(self, *words: str) -> bool:
        return self._docker.attempt("exec", self._spot.container, *words).code == 0

    def close(self) -> None:
        """End the client, and drop what the script has written."""
        if self._process.poll() is None:
            self._process.kill()
        self._join()
        self._opened.close()
        self.stdout.close()
        self.stderr.close()

    def _join(self) -> None:
        for spool in (self.stdout, self.stderr):
            spool.join(JOIN_SECONDS)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("the client was started without pipes")
    return stream


class NoOutput:
    """What nobody has written."""

    def head(self, size: int) -> bytes:
        """Return nothing."""
        del size
        return b""

    def content(self) -> BinaryIO:
        """Return an empty file."""
        return BytesIO()


class LostRun:
    """A script that could not be brought to its host."""

    stdout = NoOutput()
    stderr = NoOutput()

    def wait(self, seconds: float) -> Ended:
        """Return that it is lost."""
        del seconds
        return LOST

    def kill(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
