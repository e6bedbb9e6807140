"""Layers by HTTP: the addresses that ``GetDownloadUrlForLayer`` gives out, and what is there.

ECR's addresses lead to its storage and carry their own permission; here they lead to the
local cloud, and carry a token of the registry's that lets its bearer pull for a while.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from cdinfra.local.api_handlers import ApiError, CallPlace
from cdinfra.local.hosts.registry.access import PULL, Access
from cdinfra.local.hosts.registry.client import Answered, Asked
from cdinfra.local.hosts.registry.errors import unauthorized
from cdinfra.local.hosts.registry.settings import LAYER_PATH
from cdinfra.local.refusals import NOT_RETRIED

if TYPE_CHECKING:
    from cdinfra.local.hosts.registry.client import RegistryClient
    from cdinfra.local.hosts.registry.place import Registry
    from cdinfra.local.hosts.registry.records import Records
    from cdinfra.local.hosts.registry.registries import FindEngine, Registries
    from cdinfra.local.hosts.registry.tokens import Tokens

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

NO_LAYERS = "layers lie in a registry, and none is there: no Docker engine answers"


class Layers:
    """Gives out layers.

    Args:
        find_engine: Returns what registries run on; None where no Docker engine is there.
        registries: The registries.
        records: ECR's records.
        client: Asks registries.
        tokens: Writes and reads tokens.
    """

    def __init__(
        self,
        find_engine: "FindEngine | None",
        *,
        registries: "Registries",
        records: "Records",
        client: "RegistryClient",
        tokens: "Tokens",
    ) -> None:
        self._find_engine = find_engine
        self._registries = registries
        self._records = records
        self._client = client
        self._tokens = tokens

    def download_url(self, parameters: Mapping[str, Any], place: CallPlace) -> Mapping[str, Any]:
        """Answer ``GetDownloadUrlForLayer``.

        Args:
            parameters: ``registryId``, ``repositoryName``, ``layerDigest``.
            place: Where the call acts.

        Raises:
            ApiError: There is no such repository or layer, or no registry at all.
        """
        account = str(parameters.get("registryId") or place.account)
        name, digest = str(parameters["repositoryName"]), str(parameters["layerDigest"])
        if self._find_engine is None:
            raise ApiError("NotImplemented", NO_LAYERS, status=NOT_RETRIED)
        registry = self._registries.need(place.region, account)
        if registry is None or self._records.repository(registry, name) is None:
            raise ApiError("RepositoryNotFoundException", _no_repository(name, account))
        self._registries.wait(registry)
        if not DIGEST.fullmatch(digest) or not self._ask(registry, "HEAD", name, digest).is_success:
            message = (
                f"The layer with digest '{digest}' does not exist in the repository with name "
                f"'{name}' in the registry with id '{account}'"
            )
            raise ApiError("LayersNotFoundException", message)
        path = f"{LAYER_PATH}/{account}/{place.region}/{name}/{digest}"
        token = self._token(registry, name)
        address = f"http://127.0.0.1:{self._find_engine().port}"
        return {"downloadUrl": f"{address}{quote(path)}?token={token}", "layerDigest": digest}

    def respond(self, request: Request, registry: "Registry", name: str, digest: str) -> Response:
        """Answer a request for a layer.

        Args:
            request: The request.
            registry: The registry.
            name: Name of the repository.
            digest: Digest of the layer.
        """
        granted = self._tokens.read(request.args.get("token", ""), registry.service)
        if not any(each.repository == name and PULL in each.actions for each in granted):
            return unauthorized("the address is not valid any more").response()
        answered = self._ask(registry, "GET", name, digest)
        return Response(
            answered.body, status=answered.status, content_type="application/octet-stream"
        )

    def _ask(self, registry: "Registry", method: str, name: str, digest: str) -> Answered:
        headers = {"Authorization": f"Bearer {self._token(registry, name)}"}
        path = f"/v2/{name}/blobs/{digest}"
        return self._client.ask(registry, Asked(method=method, path=path, headers=headers))

    def _token(self, registry: "Registry", name: str) -> str:
        access = Access(repository=name, actions=frozenset({PULL}))
        return self._tokens.write([access], service=registry.service)


def _no_repository(name: str, account: str) -> str:
    return f"The repository with name '{name}' does not exist in the registry with id '{account}'"
