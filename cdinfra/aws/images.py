"""Images in ECR: which digest a tag has, and what the image is built for.

ECR knows digest, tags and size. Architecture and labels stand in the image's own
configuration, which lies in ECR like a layer and is fetched from the address that ECR gives.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling, error_code, is_access_denied, is_not_carried
from cdinfra.errors import CloudError

ECR_HOST = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\."
    r"(?:amazonaws\.com(?:\.cn)?|on\.aws)"
)
"""Source: ECR user guide, "Amazon ECR private registries", registry URLs."""

_ARN = re.compile(
    r"arn:aws[a-z-]*:ecr:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):repository/(?P<name>\S+)"
)

ACCEPTED = (
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
)
"""Kinds of manifests that are understood here."""

LARGEST_CONFIG = 4_194_304
"""Bytes of a configuration that is read: they have some thousands."""

MOST_TAGS = 1000
"""Tags that are looked through for one that was meant; a page of ECR's.

Source: ECR API reference, ListImages, maxResults.
"""

EC2_NAMES: Mapping[str, str] = {"amd64": "x86_64", "386": "i386"}
"""Architectures that EC2 spells otherwise than images do; ``arm64`` is both.

Source: OCI image specification, "Image Configuration"; EC2 API reference, Instance.
"""

_MISSING = frozenset({"ImageNotFoundException", "ImageNotFound"})

_NAME = re.compile(r"(?=.{2,256}$)[a-z0-9]+(?:[._-][a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)*")
"""What a repository may be called; botocore refuses to ask for anything shorter or longer.

Source: ECR API reference, DescribeRepositories, repositoryNames.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """An image, as its registry knows it.

    Attributes:
        digest: ``sha256:…``, of the index where it is built for several platforms.
        tags: Its tags.
        architectures: What it is built for, as EC2 spells it; none where that is not known.
        labels: Its labels; of one of them, where it is built for several platforms.
        size_bytes: What it takes in the registry, compressed; None where that is not known.
        pushed_at: When it was pushed; None where that is not known.
        notes: What could not be found out, and why; one sentence each.
    """

    digest: str
    tags: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    size_bytes: int | None = None
    pushed_at: datetime | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EcrName:
    """A repository of ECR.

    Attributes:
        name: Its name in its registry.
        account: Account of the registry; empty for the caller's.
        region: Region of the registry; empty for that of the connection.
    """

    name: str
    account: str = ""
    region: str = ""

    @classmethod
    def of_arn(cls, arn: str) -> "EcrName | None":
        """Return the repository that an ARN names; None where it names none.

        >>> EcrName.of_arn("arn:aws:ecr:eu-central-1:123456789012:repository/shop/web").name
        'shop/web'

        Args:
            arn: Any text.
        """
        found = _ARN.fullmatch(arn)
        return cls(**found.groupdict()) if found else None

    @classmethod
    def parse(cls, repository: str) -> "EcrName | None":
        """Parse a repository as it stands in an image's name; None where it is not ECR's.

        >>> EcrName.parse("123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web").name
        'shop/web'

        Args:
            repository: For example ``123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop``.
        """
        host, _, name = repository.partition("/")
        found = ECR_HOST.fullmatch(host)
        if found is None or not name:
            return None
        return cls(name=name, account=found["account"], region=found["region"])


class Images:
    """Reads images from ECR, of one region.

    The local cloud's registry has an address of its own; there ECR is asked whether a
    repository is its.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def find_repository(self, repository: str) -> EcrName | None:
        """Return a repository as ECR names it; None where it is of another registry.

        Args:
            repository: As it stands in an image's name, with the registry's host.

        Raises:
            CloudError: ECR cannot be asked.
        """
        if (found := EcrName.parse(repository)) or self._clients.connection.endpoint_url is None:
            return found
        name = EcrName(name=repository.partition("/")[2])
        if not _NAME.fullmatch(name.name):
            return None
        return name if self.describe_uri(name) == repository else None

    def describe_uri(self, repository: EcrName) -> str:
        """Return what stands before tag or digest in the names of a repository's images.

        Args:
            repository: The repository.

        Returns:
            For example ``123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web``; empty
            where there is no such repository.

        Raises:
            CloudError: ECR cannot be asked.
        """
        asked = {**_registry(repository), "repositoryNames": [repository.name]}
        try:
            with calling(self._clients, "ecr", f"find the repository {repository.name}") as client:
                answer = client.describe_repositories(**asked)
        except CloudError as error:
            if is_missing_repository(error):
                return ""
            raise
        return str(answer["repositories"][0]["repositoryUri"])

    def describe_image(self, repository: EcrName, reference: str) -> ImageFacts | None:
        """Return an image; None where the repository has none of that tag or digest.

        Args:
            repository: The repository.
            reference: A tag, or ``sha256:…``.

        Raises:
            CloudError: There is no such repository, the caller may not look into it, or ECR
                cannot be asked.
        """
        key = "imageDigest" if reference.startswith("sha256:") else "imageTag"
        asked = {**_registry(repository), "repositoryName": repository.name}
        try:
            with calling(self._clients, "ecr", f"find {reference} in {repository.name}") as client:
                answer = client.describe_images(**asked, imageIds=[{key: reference}])
        except CloudError as error:
            if error_code(error.__cause__) in _MISSING:
                return None
            raise
        if not answer["imageDetails"]:
            return None
        details = answer["imageDetails"][0]
        built = self._built(repository, details["imageDigest"])
        return ImageFacts(
            digest=details["imageDigest"],
            tags=tuple(sorted(details.get("imageTags", ()))),
            architectures=built.architectures,
            labels=built.labels,
            size_bytes=details.get("imageSizeInBytes"),
            pushed_at=details.get("imagePushedAt"),
            notes=built.notes,
        )

    def list_tags(self, repository: EcrName) -> tuple[str, ...]:
        """Return tags of a repository, in order; not all where it has more than a thousand.

        Args:
            repository: The repository.

        Raises:
            CloudError: ECR cannot be asked.
        """
        with calling(self._clients, "ecr", f"list the tags of {repository.name}") as client:
            answer = client.list_images(
                **_registry(repository),
                repositoryName=repository.name,
                filter={"tagStatus": "TAGGED"},
                maxResults=MOST_TAGS,
            )
        return tuple(
            sorted({each["imageTag"] for each in answer["imageIds"] if "imageTag" in each})
        )

    def _built(self, repository: EcrName, digest: str) -> "_Built":
        """Return what an image is built for; what may not be read is a note, no error."""
        try:
            manifest = self._manifest(repository, digest)
            if "manifests" not in manifest:
                return self._of_config(repository, manifest)
            platforms = tuple(_platforms(manifest))
            if not platforms:
                return _unknown("the image's index names no platform")
            first = self._manifest(repository, platforms[0].digest)
            found = tuple(dict.fromkeys(each.architecture for each in platforms))
            labelled = self._of_config(repository, first)
            return _Built(architectures=found, labels=labelled.labels, notes=labelled.notes)
        except CloudError as error:
            if not is_access_denied(error) and not is_not_carried(error):
                raise
            return _unknown(error.message)

    def _manifest(self, repository: EcrName, digest: str) -> Mapping[str, Any]:
        doing = f"read the manifest of {repository.name}@{digest}"
        with calling(self._clients, "ecr", doing) as client:
            answer = client.batch_get_image(
                **_registry(repository),
                repositoryName=repository.name,
                imageIds=[{"imageDigest": digest}],
                acceptedMediaTypes=list(ACCEPTED),
            )
        if not answer["images"]:
            return {}
        found = json.loads(answer["images"][0]["imageManifest"])
        return found if isinstance(found, dict) else {}

    def _of_config(self, repository: EcrName, manifest: Mapping[str, Any]) -> "_Built":
        described = manifest.get("config") or {}
        digest, size = str(described.get("digest", "")), int(described.get("size", 0))
        if not digest or size > LARGEST_CONFIG:
            return _unknown("the image has no configuration that can be read")
        config = self._config(repository, digest)
        if config is None:
            return _unknown("the image's configuration cannot be read")
        labels = (config.get("config") or {}).get("Labels") or {}
        name = str(config.get("architecture", ""))
        return _Built(
            architectures=(ec2_architecture(name),) if name else (),
            labels=tuple(sorted((str(key), str(value)) for key, value in labels.items())),
            notes=() if name else ("the image does not say what it is built for",),
        )

    def _config(self, repository: EcrName, digest: str) -> Mapping[str, Any] | None:
        doing = f"read the configuration of an image in {repository.name}"
        with calling(self._clients, "ecr", doing) as client:
            answer = client.get_download_url_for_layer(
                **_registry(repository), repositoryName=repository.name, layerDigest=digest
            )
            is_local = self._clients.connection.endpoint_url is not None
            body = _download(answer["downloadUrl"], is_local=is_local)
        if body is None or f"sha256:{sha256(body).hexdigest()}" != digest:
            return None
        found = json.loads(body)
        return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    architectures: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Platform:
    architecture: str
    digest: str


def is_missing_repository(error: CloudError) -> bool:
    """Whether ECR refused because it has no such repository."""
    return error_code(error.__cause__) == "RepositoryNotFoundException"


def ec2_architecture(name: str) -> str:
    """Return an architecture as EC2 spells it.

    >>> ec2_architecture("amd64"), ec2_architecture("arm64")
    ('x86_64', 'arm64')

    Args:
        name: As an image spells it.
    """
    return EC2_NAMES.get(name, name)


def _platforms(index: Mapping[str, Any]) -> Iterator[_Platform]:
    """Yield the images of an index that are for Linux; attestations have no platform."""
    for each in index.get("manifests", ()):
        platform = each.get("platform") or {}
        name = str(platform.get("architecture", ""))
        if platform.get("os") == "linux" and name not in {"", "unknown"}:
            yield _Platform(architecture=ec2_architecture(name), digest=str(each["digest"]))


def _unknown(why: str) -> _Built:
    return _Built(notes=(f"what the image is built for is not known: {why}",))


def _registry(repository: EcrName) -> dict[str, str]:
    return {"registryId": repository.account} if repository.account else {}


def _download(url: str, *, is_local: bool) -> bytes | None:
    """Fetch what ECR keeps at an address; botocore's own client knows proxies and trust."""
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - botocore is slow to import
    from botocore.httpsession import URLLib3Session  # noqa: PLC0415 - as above
    from botocore.utils import get_environ_proxies  # noqa: PLC0415 - as above

    session = URLLib3Session(proxies={} if is_local else get_environ_proxies(url))
    answer = session.send(AWSRequest(method="GET", url=url).prepare())
    return bytes(answer.content) if answer.status_code == 200 else None
