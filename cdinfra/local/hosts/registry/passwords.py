"""The passwords that ``GetAuthorizationToken`` gives out."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

USER = "AWS"
"""The one user name that ECR knows.
Source: ECR user guide, "Private registry authentication"."""

LIFETIME = timedelta(hours=12)
"""Source: ECR API reference, ``AuthorizationData``."""

PASSWORD_BYTES = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A password and whose it is.

    Attributes:
        password: The password.
        account: Account of who asked for it, 12 digits.
        region: Region that it is for.
        expires: When it ends, with a time zone.
    """

    password: str
    account: str
    region: str
    expires: datetime


class Passwords:
    """Gives passwords out and knows them again.

    Args:
        now: Returns the time, with a time zone.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = Lock()
        self._logins: dict[str, Login] = {}

    def issue(self, *, account: str, region: str) -> Login:
        """Return a new password.

        Args:
            account: Account of who asks, 12 digits.
            region: Region that it is for.
        """
        now = self._now()
        login = Login(
            password=secrets.token_urlsafe(PASSWORD_BYTES),
            account=account,
            region=region,
            expires=now + LIFETIME,
        )
        with self._lock:
            living = {key: each for key, each in self._logins.items() if each.expires > now}
            self._logins = {**living, login.password: login}
        return login

    def find(self, user: str, password: str) -> Login | None:
        """Return whose password it is; None for a wrong or an expired one.

        Args:
            user: User name that came with it.
            password: The password.
        """
        login = self._logins.get(password)
        if user != USER or login is None or login.expires <= self._now():
            return None
        return login
