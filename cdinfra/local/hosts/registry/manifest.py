"""An image's manifest: its digest, its media type, and how large the image is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest as it was pushed.

    Attributes:
        text: The very text.
        document: What it says.
        media_type: Its media type.
    """

    text: str
    document: Mapping[str, Any]
    media_type: str

    @property
    def body(self) -> bytes:
        """The text as it goes over the wire."""
        return self.text.encode()

    @property
    def digest(self) -> str:
        """The SHA-256 of the text, by which the image is known everywhere."""
        return f"sha256:{sha256(self.body).hexdigest()}"

    @property
    def artifact_media_type(self) -> str | None:
        """Media type of the image's configuration; None for an index."""
        return (self.document.get("config") or {}).get("mediaType")

    @property
    def size(self) -> int:
        """Bytes of its layers and its configuration, as they are stored."""
        parts = [*self.document.get("layers", ()), self.document.get("config") or {}]
        return sum(int(part.get("size", 0)) for part in parts)

    @property
    def listed(self) -> frozenset[str]:
        """Digests of the manifests that an index lists; empty for a single image."""
        return frozenset(str(each["digest"]) for each in self.document.get("manifests", ()))


def read_manifest(text: str | bytes, media_type: str | None) -> Manifest:
    """Read a manifest.

    Args:
        text: The manifest.
        media_type: Its media type where that is told beside it.

    Raises:
        ValueError: It is none.
    """
    decoded = text.decode() if isinstance(text, bytes) else text
    document = json.loads(decoded)
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - as for text that is no JSON
    return Manifest(
        text=decoded,
        document=document,
        media_type=media_type or str(document.get("mediaType") or ""),
    )
