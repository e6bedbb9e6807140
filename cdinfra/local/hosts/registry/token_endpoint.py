"""The token server: a password in, a token for what ECR has out.

Source: docker/distribution, "Token Authentication Specification".
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from cdinfra.local.hosts.registry.access import PUSH, Access, read_scopes
from cdinfra.local.hosts.registry.errors import (
    RegistryRefusal,
    unauthorized,
    unknown_repository,
)
from cdinfra.local.hosts.registry.passwords import Login, Passwords
from cdinfra.local.hosts.registry.place import Registry
from cdinfra.local.hosts.registry.policies import allowed_actions
from cdinfra.local.hosts.registry.tokens import LIFETIME, Tokens

NO_PASSWORD = (
    "no basic auth credentials: log in with user name AWS and the password of "  # noqa: S105 - no password
    "`aws ecr get-login-password`"
)
WRONG_PASSWORD = (
    "Your authorization token is wrong, of another region, or has expired. "  # noqa: S105 - no password
    "Reauthenticate and try again."
)

Repository = Any
"""moto's repository; None where there is none."""

FindRepository = Callable[[Registry, str], Repository]
"""``(registry, name)`` to moto's repository; None where ECR has none of that name."""


class TokenEndpoint:
    """Gives tokens out.

    Args:
        passwords: The passwords that were given out.
        tokens: Writes the tokens.
        find_repository: Finds ECR's repositories.
    """

    def __init__(
        self, *, passwords: Passwords, tokens: Tokens, find_repository: FindRepository
    ) -> None:
        self._passwords = passwords
        self._tokens = tokens
        self._find_repository = find_repository

    def respond(self, request: Request, registry: Registry) -> Response:
        """Answer one request for a token.

        Args:
            request: The request.
            registry: Registry that the token is for.
        """
        if request.method != "GET":
            # Clients that try OAuth first take another way then.
            message = "tokens are asked for with GET"
            return RegistryRefusal(code="UNSUPPORTED", message=message, status=405).response()
        given = request.authorization
        if given is None or given.username is None:
            return unauthorized(NO_PASSWORD).response()
        login = self._passwords.find(given.username, given.password or "")
        if login is None or login.region != registry.region:
            return unauthorized(WRONG_PASSWORD).response()
        return self._granted(read_scopes(request.args.getlist("scope")), login, registry)

    def _granted(self, asked: Iterable[Access], login: Login, registry: Registry) -> Response:
        wanted = tuple(asked)
        found = {
            each.repository: self._find_repository(registry, each.repository) for each in wanted
        }
        if missing := _missing(wanted, found):
            return unknown_repository(missing, registry.account).response()
        granted = [
            _granted_access(each, found[each.repository], login, registry)
            for each in wanted
            if found[each.repository] is not None
        ]
        token = self._tokens.write(granted, service=registry.service)
        seconds = int(LIFETIME.total_seconds())
        document = {"token": token, "access_token": token, "expires_in": seconds}
        return Response(json.dumps(document), mimetype="application/json")


def _missing(wanted: tuple[Access, ...], found: dict[str, Any]) -> str:
    """Return the repository for want of which the request is refused; empty where none is.

    A client that pushes also asks for other repositories from which it might take layers:
    those may be missing.
    """
    missing = [each for each in wanted if found[each.repository] is None]
    pushed = [each for each in missing if PUSH in each.actions]
    if pushed:
        return pushed[0].repository
    return missing[0].repository if missing and len(missing) == len(wanted) else ""


def _granted_access(
    asked: Access,
    repository: Repository,
    login: Login,
    registry: Registry,
) -> Access:
    if login.account == registry.account:
        return asked
    actions = allowed_actions(repository.policy, login.account, asked.actions)
    return Access(repository=asked.repository, actions=actions)
