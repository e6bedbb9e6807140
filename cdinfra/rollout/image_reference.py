"""How a person names an image; pure."""

import re
from dataclasses import dataclass

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model.release import RELEASE_MAX_LENGTH, RELEASE_PATTERN

ALLOWED = "name it as repository:tag, repository@sha256:…, or :tag for the group's own repository"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
"""Source: OCI distribution specification, "Pulling manifests", reference."""

_REPOSITORY = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?/)?"
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
)
"""A registry's host and port, and a name; both may be missing their first part.

Source: OCI distribution specification, "Pulling manifests", name.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """An image as it was typed.

    Attributes:
        repository: With the registry's host; empty for the group's own.
        tag: The tag; empty where there is none.
        digest: ``sha256:…``; empty where there is none.
    """

    repository: str = ""
    tag: str = ""
    digest: str = ""

    @property
    def wanted(self) -> str:
        """What names the image within its repository: the digest, or else the tag."""
        return self.digest or self.tag


def parse_reference(typed: str) -> ImageReference:
    """Parse what a person typed for an image.

    >>> parse_reference("registry.example/shop/web:v1")
    ImageReference(repository='registry.example/shop/web', tag='v1', digest='')
    >>> parse_reference(":v1") == parse_reference("v1")
    True

    Args:
        typed: ``repository:tag``, ``repository@sha256:…``, ``repository:tag@sha256:…``;
            ``:tag``, ``tag`` and ``@sha256:…`` for the repository of the group.

    Raises:
        InvalidInputError: It is none of these.
    """
    name, at, digest = typed.partition("@")
    if not at and _DIGEST.fullmatch(name):
        name, digest = "", name
    repository, tag = _split(name)
    if at and not _DIGEST.fullmatch(digest):
        _refuse(typed, "has no digest of 64 hexadecimal digits after @sha256:")
    if not (tag or digest):
        _refuse(typed, "has neither tag nor digest" if repository else "names no image")
    if tag and not _TAG.fullmatch(tag):
        _refuse(typed, f"has no tag that a registry takes: {tag!r}")
    if repository and not _REPOSITORY.fullmatch(repository):
        _refuse(typed, f"has no repository that a registry takes: {repository!r}")
    return ImageReference(repository=repository, tag=tag, digest=digest)


def release_of(repository: str, digest: str) -> str:
    """Return a release by digest.

    Args:
        repository: With the registry's host.
        digest: ``sha256:…``.

    Raises:
        InvalidInputError: It does not fit into a tag of a host.
    """
    release = f"{repository}@{digest}"
    if len(release) > RELEASE_MAX_LENGTH or not re.fullmatch(RELEASE_PATTERN, release):
        message = f"cannot be the tag of a host, which holds {RELEASE_MAX_LENGTH} characters"
        raise InvalidInputError(Problem(path=f"IMAGE {release}", message=message))
    return release


def _split(name: str) -> tuple[str, str]:
    """Return repository and tag; a word alone is a tag, and a port is none."""
    if "/" not in name and ":" not in name:
        return "", name
    head, colon, tail = name.rpartition(":")
    if not colon or "/" in tail:
        return name, ""
    return head, tail


def _refuse(typed: str, message: str) -> None:
    raise InvalidInputError(Problem(path=f"IMAGE {typed}", message=message, hint=ALLOWED))
