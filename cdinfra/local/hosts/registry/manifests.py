"""Answers a client's requests for manifests and tags: ECR's records decide, the registry keeps.

The gate leads them here. Who may not do what it asks for is answered by the registry itself,
which tells it where to log in.
"""

import json
import re
from collections.abc import Callable
from urllib.parse import urlencode

from moto.core.exceptions import ServiceException
from werkzeug.wrappers import Request, Response

from cdinfra.local.hosts.registry.access import PULL, PUSH, Access
from cdinfra.local.hosts.registry.client import Answered, Asked
from cdinfra.local.hosts.registry.errors import (
    BAD_MANIFEST,
    UNKNOWN_IMAGE,
    UNSUPPORTED,
    RegistryRefusal,
    unknown_repository,
)
from cdinfra.local.hosts.registry.manifest import read_manifest
from cdinfra.local.hosts.registry.place import Registry
from cdinfra.local.hosts.registry.records import Records, Repository

MANIFEST = re.compile(r"/v2/(?P<name>.+)/manifests/(?P<reference>[^/]+)")
TAGS = re.compile(r"/v2/(?P<name>.+)/tags/list")
PASSED_ON = ("Authorization", "Accept", "Content-Type")
NOT_PASSED_BACK = frozenset({"connection", "keep-alive", "transfer-encoding", "date"})

Ask = Callable[[Registry, Asked], Answered]
ReadToken = Callable[[str, str], tuple[Access, ...]]
"""``(token, service)`` to what it lets its bearer do."""


class Manifests:
    """Answers for one local cloud's registries.

    Args:
        records: ECR's records.
        ask: Asks a registry.
        read_token: Reads a client's token.
    """

    def __init__(self, *, records: Records, ask: Ask, read_token: ReadToken) -> None:
        self._records = records
        self._ask = ask
        self._read_token = read_token

    def respond(self, request: Request, registry: Registry, path: str) -> Response:
        """Answer one request.

        Args:
            request: The request.
            registry: Registry that the client asks.
            path: What it asks for, from ``/v2/`` on.
        """
        found = MANIFEST.fullmatch(path) or TAGS.fullmatch(path)
        name = found["name"] if found else ""
        if not self._may(request, registry, name):
            return self._challenged(request, registry, path)
        repository = self._records.repository(registry, name)
        if repository is None:
            return unknown_repository(name, registry.account).response()
        reference = str(found.groupdict().get("reference") or "") if found else ""
        match request.method:
            case "GET" | "HEAD" if not reference:
                return self._tags(repository)
            case "GET" | "HEAD":
                return self._pull(request, registry, repository, reference)
            case "PUT" if reference:
                return self._push(request, registry, repository, reference)
            case _:
                return UNSUPPORTED.response()

    def _may(self, request: Request, registry: Registry, name: str) -> bool:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return False
        action = PULL if request.method in {"GET", "HEAD"} else PUSH
        granted = self._read_token(token, registry.service)
        return any(each.repository == name and action in each.actions for each in granted)

    def _challenged(self, request: Request, registry: Registry, path: str) -> Response:
        """Return what the registry answers to somebody whom it does not know."""
        return self._answered(registry, Asked(method=request.method, path=path))

    def _tags(self, repository: Repository) -> Response:
        document = {"name": repository.name, "tags": self._records.tags(repository)}
        return Response(json.dumps(document), mimetype="application/json")

    def _pull(
        self, request: Request, registry: Registry, repository: Repository, reference: str
    ) -> Response:
        image = self._records.find(repository, reference)
        if image is None:
            return UNKNOWN_IMAGE.response()
        if request.method == "GET":
            self._records.pulled(image)
        return self._passed(request, registry, _path(repository, image.image_digest))

    def _push(
        self, request: Request, registry: Registry, repository: Repository, reference: str
    ) -> Response:
        try:
            manifest = read_manifest(request.get_data(), request.content_type)
        except ValueError:
            return BAD_MANIFEST.response()
        tag = None if ":" in reference else reference
        stored: list[Response] = []

        def store() -> bool:
            path = _path(repository, reference if tag is None else manifest.digest)
            stored.append(self._passed(request, registry, path))
            return bool(stored[0].status_code < 300)

        try:
            self._records.push(repository, manifest, tag, store=store)
        except ServiceException as error:
            refusal = RegistryRefusal(code="TAG_INVALID", message=error.message, status=400)
            return refusal.response()
        return stored[0]

    def _passed(self, request: Request, registry: Registry, path: str) -> Response:
        """Let the registry answer."""
        query = f"?{urlencode(list(request.args.items(multi=True)))}" if request.args else ""
        asked = Asked(
            method=request.method,
            path=path + query,
            headers={
                # Its answers name it as the client knows it.
                "Host": registry.host,
                **{name: request.headers[name] for name in PASSED_ON if name in request.headers},
            },
            body=request.get_data(),
        )
        return self._answered(registry, asked)

    def _answered(self, registry: Registry, asked: Asked) -> Response:
        answered = self._ask(registry, asked)
        headers = [
            (name, value)
            for name, value in answered.headers.items()
            if name.lower() not in NOT_PASSED_BACK
        ]
        return Response(answered.body, status=answered.status, headers=headers)


def _path(repository: Repository, reference: str) -> str:
    return f"/v2/{repository.name}/manifests/{reference}"
