"""ECR's records of images: moto's lists, kept as ECR keeps them.

moto deletes an image whose only tag moves to another; ECR keeps it, without a tag, and hosts
that run it by its digest can still pull it.
"""

from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from threading import RLock
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ecr.exceptions import ImageAlreadyExistsException
from moto.ecr.models import Image, ecr_backends

from cdinfra.local.hosts.registry.manifest import Manifest
from cdinfra.local.hosts.registry.place import Registry

Repository = Any
"""moto's repository."""


class ImageTagAlreadyExistsError(ServiceException):  # type: ignore[misc] # moto has no types
    """A tag that is there, in a repository whose tags do not move."""

    code = "ImageTagAlreadyExistsException"

    def __init__(self, tag: str, repository: str) -> None:
        super().__init__(
            f"The image tag '{tag}' already exists in the '{repository}' repository "
            "and cannot be overwritten because the repository is immutable."
        )


class RecordedImage(Image):  # type: ignore[misc] # moto has no types
    """moto's image, with the digest and the size that it has in the registry.

    Args:
        repository: Where it is.
        manifest: Its manifest.
    """

    def __init__(self, repository: Repository, manifest: Manifest) -> None:
        super().__init__(
            repository.account_id,
            None,
            manifest.text,
            repository.name,
            manifest.media_type,
            manifest.digest,
            repository.registry_id,
        )
        self.artifact_media_type = manifest.artifact_media_type
        self.last_recorded_pull_time: datetime | None = None
        listed = [each for each in repository.images if each.image_digest in manifest.listed]
        # Source: ECR API reference, ImageDetail: of a list it is the largest of its images.
        self._size = max((each.image_size_in_bytes or 0 for each in listed), default=manifest.size)

    def get_image_size_in_bytes(self) -> int:
        """Return the bytes that it takes in the registry."""
        return self._size


class Records:
    """Reads and changes what ECR knows of images.

    Args:
        now: Returns the time, with a time zone.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = RLock()

    def repository(self, registry: Registry, name: str) -> Repository | None:
        """Return a repository, None where ECR has none of that name."""
        return ecr_backends[registry.account][registry.region].repositories.get(name)

    def find(self, repository: Repository, reference: str) -> Image | None:
        """Return the image of a tag or a digest."""
        for image in list(repository.images):
            if reference in (image.image_digest, *image.image_tags):
                return image
        return None

    def tags(self, repository: Repository) -> tuple[str, ...]:
        """Return a repository's tags in order."""
        return tuple(sorted(tag for each in list(repository.images) for tag in each.image_tags))

    def pulled(self, image: Image) -> None:
        """Note that an image was pulled now."""
        image.last_recorded_pull_time = self._now()

    def push(
        self,
        repository: Repository,
        manifest: Manifest,
        tag: str | None,
        *,
        store: Callable[[], bool],
    ) -> Image | None:
        """Record an image after it was stored; one that is there already only gets the tag.

        Args:
            repository: Where it goes.
            manifest: Its manifest.
            tag: Its tag; None is none.
            store: Puts the manifest into the registry and says whether that was done.

        Returns:
            The image; None where it was not stored.

        Raises:
            ImageTagAlreadyExistsError: The tag is there and does not move.
        """
        with self._lock:
            if tag and is_immutable(repository, tag) and self.find(repository, tag):
                raise ImageTagAlreadyExistsError(tag, repository.name)
            if not store():
                return None
            image = self.find(repository, manifest.digest)
            if image is None:
                image = RecordedImage(repository, manifest)
                repository.images.append(image)
            if tag:
                _move_tag(repository, image, tag)
            return image

    def put(
        self,
        repository: Repository,
        manifest: Manifest,
        tag: str | None,
        *,
        store: Callable[[], bool],
    ) -> Image | None:
        """Record an image as ECR's API does: one that changes nothing is refused.

        The arguments are those of :meth:`push`.

        Raises:
            ImageAlreadyExistsException: The image is there, with that tag.
            ImageTagAlreadyExistsError: The tag is there and does not move.
        """
        with self._lock:
            image = self.find(repository, manifest.digest)
            if image is not None and (not tag or tag in image.image_tags):
                raise ImageAlreadyExistsException(
                    registry_id=repository.registry_id,
                    image_tag=tag or "null",
                    digest=manifest.digest,
                    repository_name=repository.name,
                )
            return self.push(repository, manifest, tag, store=store)


def is_immutable(repository: Repository, tag: str) -> bool:
    """Return whether a tag of a repository does not move once it is there.

    Source: ECR API reference, PutImageTagMutability: filters name the exceptions, with ``*``.
    """
    is_strict: bool = repository.image_tag_mutability.startswith("IMMUTABLE")
    filters = repository.image_tag_mutability_exclusion_filters or ()
    is_exception = any(fnmatchcase(tag, each["filter"]) for each in filters)
    return is_strict != is_exception


def _move_tag(repository: Repository, image: Image, tag: str) -> None:
    for other in repository.images:
        if other is not image and tag in other.image_tags:
            other.image_tags.remove(tag)
            other.image_tag = other.image_tags[-1] if other.image_tags else None
    image.update_tag(tag)
