"""Values as a person can read and compare them: user data decoded, JSON taken apart."""

import base64
import binascii
import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")

BASE64_MIN_LENGTH = 24
"""Shorter text is more often a name that happens to look like base64."""

DECODED_MAX_BYTES = 1_000_000
"""User data has 16,384 bytes; what unpacks to far more is shown as it is."""


def decoded(text: str) -> str:
    """Return user data as the text it holds: base64, gzip and MIME parts unpacked.

    Text that is none of these is returned as it is.
    """
    if len(text) < BASE64_MIN_LENGTH or not _BASE64.fullmatch(text):
        return _mime_parts(text)
    try:
        content = _unzipped(base64.b64decode(text, validate=False)).decode("utf-8")
    except (binascii.Error, ValueError, OSError, EOFError, zlib.error):
        return text
    return _mime_parts(content) if content.isprintable() or "\n" in content else text


def _unzipped(content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacked = zlib.decompressobj(wbits=31).decompress(content, DECODED_MAX_BYTES)
    if len(unpacked) >= DECODED_MAX_BYTES:
        raise gzip.BadGzipFile
    return unpacked


def _mime_parts(text: str) -> str:
    if not text.lower().startswith(("content-type: multipart/", "mime-version:")):
        return text
    from email import message_from_string  # noqa: PLC0415 - slow to import, rarely needed

    message = message_from_string(text)
    if not message.is_multipart():
        return text
    return "\n".join(
        f"--- {part.get_filename() or 'part'} ({part.get_content_type()})\n{_payload(part)}"
        for part in message.walk()
        if not part.is_multipart()
    )


def _payload(part: Any) -> str:  # noqa: ANN401 - email's types need its slow import
    content = part.get_payload(decode=True) or b""
    try:
        return _unzipped(content).decode("utf-8")
    except (ValueError, OSError, EOFError, zlib.error):
        return f"({len(content)} bytes)"


def leaves(text: str | None) -> dict[str, str]:
    """Return a value as its leaves, each under its path; plain text has one, under ``""``.

    >>> leaves('{"A": [1, {"B": "x"}]}')
    {'.A[0]': '1', '.A[1].B': 'x'}
    >>> leaves("t3.micro")
    {'': 't3.micro'}
    """
    if text is None:
        return {}
    if text[:1] not in ("{", "["):
        return {"": decoded(text)}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {"": text}
    return dict(_walk("", value))


def _walk(path: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON
    match value:
        case Mapping() if value:
            for key, item in value.items():
                yield from _walk(f"{path}.{key}", item)
        case list() if value:
            for index, item in enumerate(value):
                yield from _walk(f"{path}[{index}]", item)
        case str():
            yield path, decoded(value)
        case _:
            yield path, json.dumps(value)
