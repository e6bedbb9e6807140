"""The machine's Docker engine, called through its command line client.

The client knows contexts, sockets and remote engines as the user has set them up; nothing
of that has to be known here. Arguments are lists: none passes through a shell.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cdinfra.errors import LocalCloudError

CLIENT = "docker"
SECONDS = 60.0
"""How long a call may take that does not say otherwise."""

ADVICE = ("Run 'docker ", "See 'docker ")
"""How the client's last line begins, after the one that says what is wrong."""

INSTALL = "install Docker, start its engine, and see that `docker version` answers"
REFUSED = "the engine refused: `docker info` and its log may tell more"


class DockerError(LocalCloudError):
    """The engine is not there, or refused a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a call of the client ended.

    Attributes:
        code: Exit code.
        output: Standard output.
        errors: Standard error.
    """

    code: int
    output: bytes
    errors: bytes

    @property
    def text(self) -> str:
        """Standard output as text, without blanks at its ends."""
        return self.output.decode("utf-8", "replace").strip()

    @property
    def reason(self) -> str:
        """The last line that says why it failed."""
        said = (self.errors or self.output).decode("utf-8", "replace")
        lines = [line.strip() for line in said.splitlines()]
        reasons = [line for line in lines if line and not line.startswith(ADVICE)]
        return reasons[-1] if reasons else f"exit code {self.code}"


class Docker:
    """Calls the client.

    Args:
        client: The client's name or path, and arguments that go before all others.
    """

    def __init__(self, client: Sequence[str] = (CLIENT,)) -> None:
        self._client = tuple(client)

    def attempt(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        seconds: float = SECONDS,
        extra: Mapping[str, str] | None = None,
    ) -> Ran:
        """Call the client and return how it ended, whatever that is.

        Args:
            arguments: What follows ``docker``.
            stdin: Standard input; none by default.
            seconds: How long it may take.
            extra: Environment variables that it gets beside this process's own.

        Raises:
            DockerError: There is no client, or it did not end in time.
        """
        try:
            done = subprocess.run(  # noqa: S603 - the user's own docker, arguments as a list
                [*self._client, *arguments],
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                env=None if extra is None else {**os.environ, **extra},
                timeout=seconds,
                check=False,
            )
        except OSError as error:
            message = f"{self._client[0]} cannot be run: {error.strerror}"
            raise DockerError(message, hint=INSTALL) from error
        except subprocess.TimeoutExpired as error:
            message = f"docker {arguments[0]} did not end within {seconds:.0f} s"
            raise DockerError(message, hint="see whether the engine is overloaded") from error
        return Ran(code=done.returncode, output=done.stdout, errors=done.stderr)

    def run(self, *arguments: str, stdin: bytes | None = None, seconds: float = SECONDS) -> str:
        """Call the client and return what it printed.

        Args:
            arguments: What follows ``docker``.
            stdin: Standard input; none by default.
            seconds: How long it may take.

        Raises:
            DockerError: It failed; the message is the engine's.
        """
        ran = self.attempt(*arguments, stdin=stdin, seconds=seconds)
        if ran.code != 0:
            raise DockerError(f"docker {arguments[0]}: {ran.reason}", hint=REFUSED)
        return ran.text

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start the client and leave it running; it is ended when the block ends.

        Its standard input is empty; output and errors are pipes, which the block must read.

        Args:
            arguments: What follows ``docker``.

        Raises:
            DockerError: There is no client.
        """
        try:
            process = subprocess.Popen(  # noqa: S603 - the user's own docker, arguments as a list
                [*self._client, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            message = f"{self._client[0]} cannot be run: {error.strerror}"
            raise DockerError(message, hint=INSTALL) from error
        with process:
            try:
                yield process
            finally:
                process.kill()
