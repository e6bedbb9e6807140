"""The registries put together, as the local cloud has them."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from cdinfra.errors import LocalCloudError
from cdinfra.local.api_handlers import CallName, CallPlace, Handler
from cdinfra.local.hosts.registry.client import RegistryClient
from cdinfra.local.hosts.registry.errors import RegistryRefusal
from cdinfra.local.hosts.registry.settings import LAYER_PATH, REGISTRY_PATH, TOKEN_PATH

if TYPE_CHECKING:
    from cdinfra.local.hosts.registry.ecr import Ecr
    from cdinfra.local.hosts.registry.layers import Layers
    from cdinfra.local.hosts.registry.manifests import Manifests
    from cdinfra.local.hosts.registry.registries import FindEngine, Registries
    from cdinfra.local.hosts.registry.token_endpoint import TokenEndpoint

SECRET_BYTES = 32
RECORDED = re.compile(
    rf"{REGISTRY_PATH}/(?P<account>\d{{12}})/(?P<region>[a-z0-9-]+)(?P<path>/v2/.+)"
)
LAYER = re.compile(
    rf"{LAYER_PATH}/(?P<account>\d{{12}})/(?P<region>[a-z0-9-]+)/(?P<name>.+)/"
    r"(?P<digest>sha256:[0-9a-f]{64})"
)
NO_REGISTRY = RegistryRefusal(
    code="UNSUPPORTED", message="the local cloud has no such registry", status=404
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What answers."""

    registries: "Registries"
    tokens: "TokenEndpoint"
    manifests: "Manifests"
    layers: "Layers"
    ecr: "Ecr"


class RegistryService:
    """Answers for ECR, and for Docker's clients.

    Its parts are made when they are first needed: what signs tokens, and moto's ECR, take a
    fifth of a second to import.

    Args:
        find_engine: Returns what registries run on; None where no Docker engine is there.
        changed: Called when a registry was started: hosts have to be led to it.
        now: Returns the time, with a time zone.
        sleep: Waits, in seconds.
        why_none: Why no Docker engine is there; empty where one is.
    """

    def __init__(
        self,
        find_engine: "FindEngine | None",
        *,
        changed: Callable[[], None],
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        why_none: str = "",
    ) -> None:
        self._find_engine = find_engine
        self._changed = changed
        self._now = now
        self._sleep = sleep
        self._why_none = why_none
        self._lock = Lock()
        self._made: _Parts | None = None

    def install(self) -> None:
        """Put moto's ECR right for this process."""
        self._parts().ecr.install()

    def handlers(self) -> Mapping[CallName, Handler]:
        """Return what answers calls in place of moto."""
        return {
            ("ecr", "GetAuthorizationToken"): self._authorization_token,
            ("ecr", "GetDownloadUrlForLayer"): self._download_url,
        }

    def respond(self, request: Request) -> Response:
        """Answer one request at an address of the registries."""
        parts = self._parts()
        if request.path == TOKEN_PATH:
            registry = parts.registries.of_service(request.args.get("service", ""))
            return (
                NO_REGISTRY.response()
                if registry is None
                else parts.tokens.respond(request, registry)
            )
        found = LAYER.fullmatch(request.path) or RECORDED.fullmatch(request.path)
        if not found:
            return NO_REGISTRY.response()
        registry = parts.registries.of_place(found["region"], found["account"])
        if registry is None:
            return NO_REGISTRY.response()
        try:
            if found.re is LAYER:
                return parts.layers.respond(request, registry, found["name"], found["digest"])
            return parts.manifests.respond(request, registry, found["path"])
        except LocalCloudError as error:
            return RegistryRefusal(code="UNAVAILABLE", message=error.message, status=503).response()

    def routes(self) -> Mapping[int, str]:
        """Return each registry's port on loopback, and the ``address:port`` behind it."""
        return self._made.registries.routes() if self._made else {}

    def close(self) -> None:
        """Start no more registries."""
        if self._made:
            self._made.registries.close()

    def _authorization_token(
        self, parameters: Mapping[str, Any], place: CallPlace
    ) -> Mapping[str, Any]:
        return self._parts().ecr.authorization_token(parameters, place)

    def _download_url(self, parameters: Mapping[str, Any], place: CallPlace) -> Mapping[str, Any]:
        return self._parts().layers.download_url(parameters, place)

    def _parts(self) -> _Parts:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> _Parts:
        # Slow to import, and needed only where images are.
        from cdinfra.local.hosts.registry.ecr import Ecr  # noqa: PLC0415
        from cdinfra.local.hosts.registry.layers import Layers  # noqa: PLC0415
        from cdinfra.local.hosts.registry.manifests import Manifests  # noqa: PLC0415
        from cdinfra.local.hosts.registry.passwords import Passwords  # noqa: PLC0415
        from cdinfra.local.hosts.registry.records import Records  # noqa: PLC0415
        from cdinfra.local.hosts.registry.registries import Registries  # noqa: PLC0415
        from cdinfra.local.hosts.registry.signing import make_signing_key  # noqa: PLC0415
        from cdinfra.local.hosts.registry.token_endpoint import TokenEndpoint  # noqa: PLC0415
        from cdinfra.local.hosts.registry.tokens import Tokens  # noqa: PLC0415

        key, secret = make_signing_key(self._now()), secrets.token_urlsafe(SECRET_BYTES)
        client, tokens = RegistryClient(secret), Tokens(key, now=self._now)
        passwords, records = Passwords(self._now), Records(self._now)
        registries = Registries(
            self._find_engine,
            client=client,
            certificate=key.certificate,
            secret=secret,
            changed=self._changed,
            sleep=self._sleep,
        )
        return _Parts(
            registries=registries,
            tokens=TokenEndpoint(
                passwords=passwords, tokens=tokens, find_repository=records.repository
            ),
            manifests=Manifests(records=records, ask=client.ask, read_token=tokens.read),
            layers=Layers(
                self._find_engine,
                registries=registries,
                records=records,
                client=client,
                tokens=tokens,
            ),
            ecr=Ecr(
                registries=registries,
                records=records,
                client=client,
                tokens=tokens,
                passwords=passwords,
                why_none=self._why_none,
            ),
        )
