"""Calls of the local cloud to a registry, past the gate that leads clients to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from cdinfra.errors import LocalCloudError
from cdinfra.local.hosts.registry.place import LOOPBACK, Registry
from cdinfra.local.hosts.registry.settings import PASS_HEADER

SECONDS = 60.0
"""How long one answer may take."""


class RegistryUnreachableError(LocalCloudError):
    """The registry does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to the registry.

    Attributes:
        method: HTTP method.
        path: Path, from ``/v2/`` on.
        headers: Headers.
        body: Body.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the registry says.

    Attributes:
        status: HTTP status.
        headers: Headers.
        body: Body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether it did what it was asked."""
        return 200 <= self.status < 300


class RegistryClient:
    """Asks registries.

    Args:
        secret: The pass.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def ask(self, registry: Registry, asked: Asked) -> Answered:
        """Ask a registry something.

        Args:
            registry: Which one.
            asked: The request.

        Raises:
            RegistryUnreachableError: It does not answer.
        """
        connection = HTTPConnection(LOOPBACK, registry.port, timeout=SECONDS)
        try:
            headers = {**asked.headers, PASS_HEADER: self._secret}
            connection.request(asked.method, asked.path, body=asked.body, headers=headers)
            response = connection.getresponse()
            return Answered(
                status=response.status, headers=dict(response.getheaders()), body=response.read()
            )
        except (OSError, HTTPException) as error:
            raise RegistryUnreachableError(
                f"the registry at {registry.host} does not answer: {error}",
                hint="see whether its container runs: docker ps --all --filter label=cdinfra.local",
            ) from error
        finally:
            connection.close()
