"""Reads user data back: base64, gzip and MIME parts as the documents that cloud-init sees.

It reads anybody's user data, not only what is rendered here; what cannot be read is told as
such and never raised.
"""

import base64
import binascii
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")

UNPACKED_MAX_BYTES: Final = 1_000_000
"""User data has 16,384 bytes; what unpacks to far more is left as it is."""

HEADERS: Final = {
    "#!": "text/x-shellscript",
    "## template: jinja": "text/jinja2",
    "#cloud-boothook": "text/cloud-boothook",
    "#cloud-config": "text/cloud-config",
    "#cloud-config-archive": "text/cloud-config-archive",
    "#cloud-config-jsonp": "text/cloud-config-jsonp",
    "#include": "text/x-include-url",
    "#include-once": "text/x-include-once-url",
    "#part-handler": "text/part-handler",
}
"""How a document that is no MIME part begins, and what it is then.

Source: docs.cloud-init.io, "User data formats".
"""


NAMELESS: Final = "part"
"""What a document is called that has no name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPart:
    """One document of user data.

    Attributes:
        content_type: What it is; empty where cloud-init would not know either.
        file_name: As its sender called it, or :data:`NAMELESS`.
        text: Its content; None where it is no text.
        size: Its bytes.
    """

    content_type: str
    file_name: str
    text: str | None
    size: int


def from_base64(text: str) -> bytes | None:
    """Return what base64 stands for; None where the text is something else."""
    if not _BASE64.fullmatch(text):
        return None
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return None


def unzipped(content: bytes) -> bytes | None:
    """Return bytes uncompressed if they are gzip; None where that fails or is far too large."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(content, UNPACKED_MAX_BYTES)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return None
    return unpacked if len(unpacked) < UNPACKED_MAX_BYTES else None


def read_parts(text: str) -> tuple[ReadPart, ...]:
    """Return the documents in user data: the parts of MIME, or the one that it is."""
    if is_mime(text):
        from email import message_from_string  # noqa: PLC0415 - slow to import, rarely needed

        message = message_from_string(text)
        if message.is_multipart():
            return tuple(_leaves(message))
    size = len(text.encode(errors="replace"))
    return (ReadPart(content_type=type_of(text), file_name=NAMELESS, text=text, size=size),)


def is_mime(text: str) -> bool:
    """Whether user data is a MIME document of several parts."""
    return text.lower().startswith(("content-type: multipart/", "mime-version:"))


def type_of(text: str) -> str:
    """Return the content type that a document's first line says; empty for none."""
    first = text.partition("\n")[0].strip()
    known = [header for header in HEADERS if first.startswith(header)]
    return HEADERS[max(known, key=len)] if known else ""


def _leaves(message: Any) -> Iterator[ReadPart]:  # noqa: ANN401 - email's types need its slow import
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True) or b""
        text = _decoded(content)
        declared = part.get_content_type()
        # cloud-init looks into a part whose type says nothing.
        is_plain = declared in ("text/plain", "text/x-not-multipart", "application/octet-stream")
        yield ReadPart(
            content_type=type_of(text or "") if is_plain else declared,
            file_name=part.get_filename() or NAMELESS,
            text=text,
            size=len(content),
        )


def _decoded(content: bytes) -> str | None:
    plain = unzipped(content)
    try:
        return plain.decode("utf-8") if plain is not None else None
    except UnicodeDecodeError:
        return None
