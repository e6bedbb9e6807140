"""Answers the metadata requests of all hosts, and tells them apart by their addresses.

Source: EC2 user guide, "Use the Instance Metadata Service to access instance metadata".
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeAlias

from werkzeug.wrappers import Request, Response

from cdinfra.local.hosts.facts import InstanceFacts
from cdinfra.local.hosts.metadata.tree import VERSIONS, Tree, look_up

TOKEN_HEADER = "X-aws-ec2-metadata-token"  # noqa: S105 - a header's name
TTL_HEADER = f"{TOKEN_HEADER}-ttl-seconds"
TTL_MAXIMUM = 21_600
"""Seconds that a session token may live for."""

FindInstance: TypeAlias = Callable[[str], InstanceFacts | None]
"""``(address)``: the instance that has it."""

BuildTree: TypeAlias = Callable[[InstanceFacts], Tree]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    address: str
    ends: float


class MetadataService:
    """A WSGI application: the metadata of the instance that asks.

    Args:
        find: Finds the instance of an address.
        build: Returns what an instance sees.
        now: The time, in seconds.
    """

    def __init__(self, *, find: FindInstance, build: BuildTree, now: Callable[[], float]) -> None:
        self._find = find
        self._build = build
        self._now = now
        self._lock = Lock()
        self._sessions: dict[str, _Session] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI
        """Answer one request."""
        answer: Iterable[bytes] = self.respond(Request(environ))(environ, start_response)
        return answer

    def respond(self, request: Request) -> Response:
        """Return the answer to one request."""
        address = request.remote_addr or ""
        facts = self._find(address)
        if facts is None:
            return _failed(404)
        if not facts.metadata.is_enabled:
            return _failed(403)
        if request.path == "/latest/api/token":
            return self._token(request, address)
        if request.method not in ("GET", "HEAD"):
            return _failed(405)
        given = request.headers.get(TOKEN_HEADER, "")
        if (given or facts.metadata.needs_token) and not self._is_valid(given, address):
            return _failed(401)
        return self._content(facts, request.path)

    def _token(self, request: Request, address: str) -> Response:
        if request.method != "PUT":
            return _failed(405)
        if "X-Forwarded-For" in request.headers:
            return _failed(403)
        ttl = request.headers.get(TTL_HEADER, "")
        if not (ttl.isascii() and ttl.isdigit()) or not 1 <= int(ttl) <= TTL_MAXIMUM:
            return _failed(400)
        token = secrets.token_urlsafe(40)
        now = self._now()
        with self._lock:
            self._sessions = {k: s for k, s in self._sessions.items() if s.ends > now}
            self._sessions[token] = _Session(address=address, ends=now + int(ttl))
        return Response(token, content_type="text/plain", headers={TTL_HEADER: ttl})

    def _is_valid(self, token: str, address: str) -> bool:
        with self._lock:
            session = self._sessions.get(token)
        return session is not None and session.address == address and session.ends > self._now()

    def _content(self, facts: InstanceFacts, path: str) -> Response:
        version, _, rest = path.lstrip("/").partition("/")
        if not version:
            return Response("\n".join(VERSIONS), content_type="text/plain")
        content = look_up(self._build(facts), rest) if version in VERSIONS else None
        if content is None:
            return _failed(404)
        return Response(content, content_type="text/plain")


def _failed(status: int) -> Response:
    return Response(status=status, content_type="text/plain")
