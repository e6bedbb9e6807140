"""How a host decides that a new container may take over: the health gate."""

import re
from dataclasses import dataclass, field

from cdinfra.cloudinit.checks import Checks

_PATH = re.compile(r"/[!-~]*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?")
_LONGEST_WAIT = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpHealthCheck:
    """The container is healthy when it answers HTTP requests as expected.

    Requests go to the container's own address, so they test it before it gets traffic.

    Attributes:
        path: Path and query to ask for.
        port: Port in the container; None takes the first TCP port of the container.
        host: Value of the ``Host`` header; None sends the container's address.
        expected_statuses: Answers that count as healthy, each from 200 to 599.
        start_period_seconds: How long the application may need to get there: failures
            before that are forgiven, a failure after it ends the gate.
        interval_seconds: Pause between two requests, once the first was answered well; until
            then it is asked five times a second.
        timeout_seconds: How long one answer may take.
        successes: How many healthy answers in a row open the gate.
        follow_redirects: Whether to judge the answer at the end of redirects within the
            container, rather than the redirect itself.
    """

    path: str = "/"
    port: int | None = None
    host: str | None = None
    expected_statuses: tuple[int, ...] = (200,)
    start_period_seconds: int = 60
    interval_seconds: float = 1
    timeout_seconds: float = 5
    successes: int = 2
    follow_redirects: bool = False

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("container/health")
        checks.matches("path", self.path, _PATH, "printable ASCII that starts with /")
        if self.port is not None:
            checks.integer("port", self.port, 1, 65535)
        if self.host is not None:
            checks.matches("host", self.host, _HOST, "a host name, with :port if needed")
        checks.require(bool(self.expected_statuses), "expected_statuses", "is empty")
        for status in self.expected_statuses:
            checks.integer("expected_statuses", status, 200, 599)
        checks.integer("start_period_seconds", self.start_period_seconds, 0, _LONGEST_WAIT)
        checks.number("interval_seconds", self.interval_seconds, 0.1, 300)
        checks.number("timeout_seconds", self.timeout_seconds, 0.1, 300)
        checks.integer("successes", self.successes, 1, 100)
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHealthCheck:
    """The container is healthy when the image's own ``HEALTHCHECK`` says so.

    Attributes:
        start_period_seconds: How long to wait for the state ``healthy``.
    """

    start_period_seconds: int = 120

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("container/health")
        checks.integer("start_period_seconds", self.start_period_seconds, 1, _LONGEST_WAIT)
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class StaysUp:
    """The container is healthy when it runs for some time without stopping.

    Attributes:
        seconds: How long it has to run.
    """

    seconds: int = field(default=10)

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("container/health")
        checks.integer("seconds", self.seconds, 1, _LONGEST_WAIT)
        checks.done()


HealthCheck = HttpHealthCheck | ImageHealthCheck | StaysUp
"""Any of the ways to decide that a container is healthy."""
