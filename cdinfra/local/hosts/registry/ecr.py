"""What ECR's API answers where a registry stands behind it: moto, put right.

Repositories name their registry, an image that is put through the API gets its true digest
and lies in the registry, and passwords are real ones.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ecr.exceptions import InvalidParameterException
from moto.ecr.models import ECRBackend

from cdinfra.errors import LocalCloudError
from cdinfra.local.api_handlers import ApiError, CallPlace
from cdinfra.local.hosts.registry.access import PULL, PUSH, Access
from cdinfra.local.hosts.registry.client import Asked, RegistryClient
from cdinfra.local.hosts.registry.manifest import Manifest, read_manifest
from cdinfra.local.hosts.registry.passwords import USER, Passwords
from cdinfra.local.hosts.registry.place import Registry
from cdinfra.local.hosts.registry.records import Records, Repository
from cdinfra.local.hosts.registry.registries import Registries, RegistryStartingError
from cdinfra.local.hosts.registry.tokens import Tokens
from cdinfra.local.refusals import NOT_RETRIED, NOT_YET
from cdinfra.model.place import ACCOUNT_PATTERN

Backend = Any
"""moto's ECR backend of one account and region."""

_create_repository = ECRBackend.create_repository
_describe_repositories = ECRBackend.describe_repositories


class LayersNotFoundError(ServiceException):  # type: ignore[misc] # moto has no types
    """The registry does not have what a manifest names."""

    code = "LayersNotFoundException"


class ImageDigestDoesNotMatchError(ServiceException):  # type: ignore[misc] # moto has no types
    """A manifest has another digest than the call says."""

    code = "ImageDigestDoesNotMatchException"


class Ecr:
    """Puts moto's ECR right for this process.

    Args:
        registries: The registries.
        records: ECR's records.
        client: Asks registries.
        tokens: Writes the local cloud's own tokens.
        passwords: Gives passwords out.
        why_none: Why there are no registries; empty where there are.
    """

    def __init__(
        self,
        *,
        registries: Registries,
        records: Records,
        client: RegistryClient,
        tokens: Tokens,
        passwords: Passwords,
        why_none: str,
    ) -> None:
        self._registries = registries
        self._records = records
        self._client = client
        self._tokens = tokens
        self._passwords = passwords
        self._why_none = why_none

    def install(self) -> None:
        """Replace moto's answers by those of this object."""
        ECRBackend.create_repository = self._named(_create_repository)
        ECRBackend.describe_repositories = self._named(_describe_repositories)
        ECRBackend.put_image = self._put_image()

    def authorization_token(
        self, parameters: Mapping[str, Any], place: CallPlace
    ) -> Mapping[str, Any]:
        """Answer ``GetAuthorizationToken``.

        Args:
            parameters: ``registryIds``, the accounts whose registries are meant.
            place: Whose password it becomes, and for which region.

        Raises:
            ApiError: There is no registry, it does not start, or an account is none.
        """
        accounts = parameters.get("registryIds") or [place.account]
        if unfit := [each for each in accounts if not ACCOUNT_PATTERN.fullmatch(str(each))]:
            message = f"Invalid parameter at 'registryIds': {unfit[0]!r} is not 12 digits"
            raise ApiError("InvalidParameterException", message)
        login = self._passwords.issue(account=place.account, region=place.region)
        token = base64.b64encode(f"{USER}:{login.password}".encode()).decode()
        return {
            "authorizationData": [
                {
                    "authorizationToken": token,
                    "expiresAt": login.expires.timestamp(),
                    "proxyEndpoint": f"http://{self._ready(place.region, account).host}",
                }
                for account in accounts
            ]
        }

    def _ready(self, region: str, account: str) -> Registry:
        registry = self._registries.need(region, account)
        if registry is None:
            message = f"the local cloud has no registry: {self._why_none}"
            raise ApiError("ServerException", message, status=NOT_RETRIED)
        try:
            self._registries.wait(registry)
        except LocalCloudError as error:
            message = f"{error.message}: {error.hint}"
            is_starting = isinstance(error, RegistryStartingError)
            status = NOT_YET if is_starting else NOT_RETRIED
            raise ApiError("ServerException", message, status=status) from error
        return registry

    def _named(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Return one of moto's methods, whose repositories then name their registry."""

        def method(backend: Backend, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - moto's own
            found = original(backend, *given, **named)
            for repository in found if isinstance(found, list) else [found]:
                registry = self._registries.need(backend.region_name, backend.account_id)
                if registry is not None:
                    repository.uri = f"{registry.host}/{repository.name}"
            return found

        return method

    def _put_image(self) -> Callable[..., Any]:
        def put_image(
            backend: Backend,
            repository_name: str,
            image_manifest: str,
            image_tag: str | None,
            image_manifest_mediatype: str | None = None,
            digest: str | None = None,
        ) -> Any:  # noqa: ANN401 - moto's image
            repository = backend._get_repository(repository_name)  # noqa: SLF001 - moto's own lookup
            manifest = _read(image_manifest, image_manifest_mediatype, digest)
            registry = self._registries.of_place(backend.region_name, backend.account_id)

            def store() -> bool:
                if registry is not None:
                    self._store(registry, repository, manifest)
                return True

            return self._records.put(repository, manifest, image_tag, store=store)

        return put_image

    def _store(self, registry: Registry, repository: Repository, manifest: Manifest) -> None:
        """Put a manifest into a registry, which looks whether it has what that names."""
        access = Access(repository=repository.name, actions=frozenset({PULL, PUSH}))
        token = self._tokens.write([access], service=registry.service)
        asked = Asked(
            method="PUT",
            path=f"/v2/{repository.name}/manifests/{manifest.digest}",
            headers={"Authorization": f"Bearer {token}", "Content-Type": manifest.media_type},
            body=manifest.body,
        )
        answered = self._client.ask(registry, asked)
        if not answered.is_success:
            raise LayersNotFoundError(f"the registry refuses the manifest: {_said(answered.body)}")


def _read(text: str, media_type: str | None, digest: str | None) -> Manifest:
    try:
        manifest = read_manifest(text, media_type)
    except ValueError as error:
        raise InvalidParameterException(
            f"Invalid parameter at 'imageManifest' failed to satisfy constraint: {error}"
        ) from error
    if not manifest.media_type:
        raise InvalidParameterException(
            "image manifest mediatype not provided in manifest or parameter"
        )
    if digest and digest != manifest.digest:
        raise ImageDigestDoesNotMatchError(
            f"The image digest '{digest}' does not match the computed '{manifest.digest}'"
        )
    return manifest


def _said(body: bytes) -> str:
    """Return what the registry says for a reason."""
    try:
        errors = json.loads(body)["errors"]
        return "; ".join(f"{each['message']} {each.get('detail', '')}".strip() for each in errors)
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace").strip()
