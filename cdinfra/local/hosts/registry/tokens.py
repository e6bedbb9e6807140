"""Tokens that a registry believes: signed JSON with the access of their bearer.

Source: docker/distribution, "Token Authentication Implementation"; RFC 7519.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from cdinfra.local.hosts.registry.access import REPOSITORY, Access
from cdinfra.local.hosts.registry.signing import SigningKey

ISSUER = "cdinfra"
ALGORITHM = "ES256"
LIFETIME = timedelta(minutes=15)
"""Longer than one layer takes on one machine; a client asks anew when it is over."""

LEEWAY = timedelta(seconds=30)
"""By how much clocks of the machine and of an engine's virtual machine may differ."""


class _Headers(JWSRegistry):
    """Takes the header of our tokens, in which a whole certificate lies."""

    max_header_length = 4096


class Tokens:
    """Writes tokens for registries, and reads them.

    Args:
        key: What signs them.
        now: Returns the time, with a time zone.
    """

    def __init__(self, key: SigningKey, *, now: Callable[[], datetime]) -> None:
        self._key = ECKey.import_key(key.private_key)
        self._header = {"alg": ALGORITHM, "typ": "JWT", "x5c": [*key.chain]}
        self._headers = _Headers(algorithms=[ALGORITHM])
        self._now = now

    def write(self, access: Iterable[Access], *, service: str) -> str:
        """Return a token.

        Args:
            access: What its bearer may do.
            service: The registry that it is for.
        """
        now = self._now()
        claims = {
            "iss": ISSUER,
            "sub": "AWS",
            "aud": service,
            "iat": _seconds(now),
            "nbf": _seconds(now - LEEWAY),
            "exp": _seconds(now + LIFETIME),
            "jti": str(uuid4()),
            "access": [
                {"type": REPOSITORY, "name": each.repository, "actions": sorted(each.actions)}
                for each in access
                if each.actions
            ],
        }
        return jwt.encode(self._header, claims, self._key, registry=self._headers)

    def read(self, token: str, service: str) -> tuple[Access, ...]:
        """Return what a token lets its bearer do: nothing where it is not a good one.

        Args:
            token: The token.
            service: The registry that it is shown to.
        """
        checks = jwt.JWTClaimsRegistry(
            now=_seconds(self._now()),
            leeway=int(LEEWAY.total_seconds()),
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": service},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._key, registry=self._headers).claims
            checks.validate(claims)
        except (JoseError, ValueError):
            return ()
        return tuple(_access(each) for each in claims.get("access", ()))


def _access(entry: Mapping[str, Any]) -> Access:
    return Access(repository=str(entry["name"]), actions=frozenset(entry["actions"]))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
