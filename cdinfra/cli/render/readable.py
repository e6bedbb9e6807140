"""Values as a person can read and compare them: user data decoded, JSON taken apart."""

import json

from cdinfra.deploy.plain import walk

BASE64_MIN_LENGTH = 24
"""Shorter text is more often a name that happens to look like base64."""


def decoded(text: str) -> str:
    """Return user data as the text it holds: base64, gzip and MIME parts unpacked.

    Text that is none of these is returned as it is.
    """
    if len(text) < BASE64_MIN_LENGTH:
        return text
    from cdinfra.cloudinit.reading import from_base64, unzipped  # noqa: PLC0415 - imports YAML

    content = unzipped(from_base64(text) or b"")
    if not content:
        return _mime_parts(text)
    try:
        plain = content.decode("utf-8")
    except UnicodeDecodeError:
        return text
    return _mime_parts(plain) if plain.isprintable() or "\n" in plain else text


def _mime_parts(text: str) -> str:
    from cdinfra.cloudinit.reading import is_mime, read_parts  # noqa: PLC0415 - see decoded

    if not is_mime(text):
        return text
    return "\n".join(
        f"--- {part.file_name} ({part.content_type})\n"
        + (f"({part.size} bytes)" if part.text is None else part.text)
        for part in read_parts(text)
    )


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
    return {path: _leaf(each) for path, each in walk(value)}


def _leaf(value: object) -> str:
    return decoded(value) if isinstance(value, str) else json.dumps(value)
