"""Keeps the bytes of deployed user data that says the same as the new one.

Compressed bytes depend on the build of zlib. Two people with different builds would replace
each other's hosts by hosts that are just the same, if bytes were compared.
"""

import base64
import gzip
import zlib
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

GZIP_MAGIC = b"\x1f\x8b"


def with_deployed_user_data(
    document: Mapping[str, Any], deployed: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a template whose user data has the deployed bytes wherever both say the same.

    Args:
        document: The template as it should be.
        deployed: The template as it is.
    """
    kept = deepcopy(dict(document))
    for logical_id, resource in kept.get("Resources", {}).items():
        new, old = _launch(resource), _launch(deployed.get("Resources", {}).get(logical_id))
        if "UserData" in new and same_user_data(new["UserData"], old.get("UserData")):
            new["UserData"] = old["UserData"]
    return kept


def with_readable_user_data(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template with the text of its user data, where it can be unpacked."""
    readable = deepcopy(dict(document))
    for resource in readable.get("Resources", {}).values():
        launch = _launch(resource)
        if isinstance(packed := launch.get("UserData"), str):
            launch["UserData"] = readable_user_data(packed)
    return readable


def readable_user_data(text: str) -> str:
    """Return the text that user data holds; what cannot be unpacked stays as it is."""
    from cdinfra.cloudinit.reading import from_base64, unzipped  # noqa: PLC0415 - imports YAML

    content = from_base64(text)
    plain = None if content is None else unzipped(content)
    try:
        return text if plain is None else plain.decode()
    except UnicodeDecodeError:
        return text


def same_user_data(one: object, other: object) -> bool:
    """Return whether two values of a ``UserData`` property hand a host the same document."""
    if not isinstance(one, str) or not isinstance(other, str):
        return one == other
    return one == other or _document(one) == _document(other)


def _launch(resource: object) -> dict[str, Any]:
    """Return what a launch template launches; nothing for any other resource."""
    properties = resource.get("Properties", {}) if isinstance(resource, dict) else {}
    data = properties.get("LaunchTemplateData", {}) if isinstance(properties, dict) else {}
    return data if isinstance(data, dict) else {}


def _document(text: str) -> bytes:
    """Return what cloud-init reads; what nobody can decode is only itself."""
    try:
        content = base64.b64decode(text, validate=True)
        return gzip.decompress(content) if content.startswith(GZIP_MAGIC) else content
    except (ValueError, OSError, EOFError, zlib.error):
        return text.encode("utf-8", "surrogatepass")
