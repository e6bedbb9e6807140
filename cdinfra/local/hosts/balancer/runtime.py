"""HAProxy's runtime API: what it says of its servers, and what changes them.

Source: HAProxy 2.6 management guide, 9.1 "CSV format", 9.3 "Unix Socket commands".
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

OBSERVE = "show info;show servers state;show stat -1 4 -1"
"""Who answers, and all its servers: type 4 is a server."""

FORCED_MAINTENANCE, FORCED_DRAIN = 0x01, 0x08
"""Bits of ``srv_admin_state``."""

LINE_BYTES = 8_000
"""Longest line of commands.
Source: HAProxy 2.6 configuration manual, ``tune.bufsize``: 16,384 bytes, of which we take half."""

PID = re.compile(r"^Pid: (\d+)$", re.MULTILINE)
SOUND = frozenset({"L4OK", "L6OK", "L7OK", "L7OKC"})


class Traffic(StrEnum):
    """What a server shall be given."""

    NONE = "drain"
    """Nothing new; what runs may end."""
    SOME = "ready"
    """Requests, while it is sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server as it shall be.

    Attributes:
        backend: Its backend.
        name: Its name; made of letters, digits, ``.``, ``:`` and ``-``.
        address: IPv4 address.
        port: Port that gets the requests.
        check_port: Port of the health check; None is the same.
        check_tls: Whether the health check speaks TLS.
        tls: Whether requests are sent by TLS.
        interval_seconds: Time between two health checks.
        rise: Good answers in a row that bring it back.
        fall: Bad answers in a row that take it out.
        traffic: What it shall be given.
        sound: What is believed of its health until a check says otherwise.
    """

    backend: str
    name: str
    address: str
    port: int
    check_port: int | None = None
    check_tls: bool = False
    tls: bool = False
    interval_seconds: int = 30
    rise: int = 5
    fall: int = 2
    traffic: Traffic = Traffic.SOME
    sound: bool = True

    @property
    def path(self) -> str:
        """Its name in commands."""
        return f"{self.backend}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """A server as HAProxy has it.

    Attributes:
        backend: Its backend.
        name: Its name.
        status: Such as ``UP``, ``DOWN 1/2``, ``DRAIN``, ``MAINT``.
        admin: What it was set to, as bits: maintenance, drain.
        sessions: Requests that it answers now.
        check: Code of the last check, such as ``L7OK``, ``L4CON``, ``INI``.
        check_status: HTTP status that the last check saw; None where it saw none.
    """

    backend: str
    name: str
    status: str = "UP"
    admin: int = 0
    sessions: int = 0
    check: str = "INI"
    check_status: int | None = None

    @property
    def path(self) -> str:
        """Its name in commands."""
        return f"{self.backend}/{self.name}"

    @property
    def is_up(self) -> bool:
        """Whether it gets requests."""
        return self.status.startswith(("UP", "no check"))

    @property
    def is_checked(self) -> bool:
        """Whether a check has ended since it is there."""
        return self.check.startswith("L")

    @property
    def passed(self) -> bool:
        """Whether the last check was good."""
        return self.check in SOUND

    @property
    def is_in_maintenance(self) -> bool:
        """Whether it was taken out altogether."""
        return bool(self.admin & FORCED_MAINTENANCE)

    @property
    def is_draining(self) -> bool:
        """Whether it was set to get nothing new."""
        return bool(self.admin & FORCED_DRAIN)

    @property
    def is_drained(self) -> bool:
        """Whether it gets nothing new and answers nothing any more."""
        return self.sessions == 0 and (self.is_draining or self.is_in_maintenance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What HAProxy said at one moment.

    Attributes:
        worker: Process id of the worker that answered, in its container.
        servers: Its servers, by path.
    """

    worker: int
    servers: Mapping[str, ServerState]


def read_observation(answer: str) -> Observation | None:
    """Read the answer to :data:`OBSERVE`; None where it is none.

    Args:
        answer: What the runtime API printed.
    """
    pid = PID.search(answer)
    _, found, table = answer.partition("# pxname,")
    if pid is None or not found:
        return None
    admins = dict(_admin_states(answer))
    rows = csv.DictReader(f"pxname,{table}".strip().splitlines())
    states = [_server_state(row, admins) for row in rows]
    return Observation(worker=int(pid[1]), servers={state.path: state for state in states})


def _admin_states(answer: str) -> Iterator[tuple[str, int]]:
    """Yield the path and the admin state of each server."""
    _, _, table = answer.partition("# be_id be_name ")
    for line in table.partition("\n\n")[0].splitlines()[1:]:
        _, backend, _, name, _, _, admin, *_ = line.split(" ")
        yield f"{backend}/{name}", int(admin)


def _server_state(row: Mapping[str, str], admins: Mapping[str, int]) -> ServerState:
    check = row["check_status"].removeprefix("* ")
    code = row["check_code"] if check in ("L7OK", "L7STS") else ""
    return ServerState(
        backend=row["pxname"],
        name=row["svname"],
        status=row["status"],
        admin=admins.get(f"{row['pxname']}/{row['svname']}", 0),
        sessions=int(row["scur"] or 0),
        check=check,
        check_status=int(code) if code else None,
    )


def server_settings(server: Server) -> str:
    """Return the words that follow a server's address, in the configuration and in ``add``."""
    words = [
        f"check inter {server.interval_seconds}s",
        f"rise {server.rise} fall {server.fall}",
    ]
    if server.check_port is not None:
        words.append(f"port {server.check_port}")
    if server.tls:
        words.append("ssl verify none")
    elif server.check_tls:
        words.append("check-ssl verify none")
    return " ".join(words)


def build_commands(wanted: Iterable[Server], states: Mapping[str, ServerState]) -> Iterator[str]:
    """Yield what brings HAProxy's servers in line; nothing where they are.

    Args:
        wanted: The servers as they shall be.
        states: The servers that are there, by path.
    """
    named = {server.path: server for server in wanted}
    for path, server in named.items():
        state = states.get(path)
        if state is None:
            yield from _adding(server)
        elif state.is_in_maintenance or state.is_draining != (server.traffic is Traffic.NONE):
            yield from _setting(server)
    for path in states.keys() - named.keys():
        yield from _removing(path)


def _adding(server: Server) -> Iterator[str]:
    yield f"add server {server.path} {server.address}:{server.port} {server_settings(server)}"
    yield f"enable health {server.path}"
    yield from _setting(server)


def _setting(server: Server) -> Iterator[str]:
    # By way of the drain: leaving maintenance for traffic would trust a server at once.
    yield f"set server {server.path} state drain"
    if server.traffic is Traffic.SOME:
        yield f"set server {server.path} health {'up' if server.sound else 'down'}"
        yield f"set server {server.path} state ready"


def trust_command(server: Server) -> str:
    """Return what gives a server of the configuration its full health.

    Without it HAProxy takes such a server out at its first bad check, whatever its threshold.

    Args:
        server: The server.
    """
    return f"set server {server.path} health up"


def _removing(path: str) -> Iterator[str]:
    yield f"set server {path} state maint"
    yield f"shutdown sessions server {path}"
    yield f"disable health {path}"
    yield f"del server {path}"


def command_lines(commands: Iterable[str]) -> Iterator[str]:
    """Yield commands, joined to lines that HAProxy can read.

    Args:
        commands: The commands, in order.
    """
    line = ""
    for command in commands:
        if line and len(line) + len(command) >= LINE_BYTES:
            yield line
            line = ""
        line = f"{line};{command}" if line else command
    if line:
        yield line
