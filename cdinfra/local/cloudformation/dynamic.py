"""Dynamic references, ``{{resolve:…}}``: values that other services keep.

They are resolved in what goes to a resource, never in what a change set shows.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from cdinfra.local.cloudformation.functions import IntrinsicError
from cdinfra.model.dynamic_reference import SECURE_PROPERTIES

ReadDynamic = Callable[[str, str], str]
"""``(service, key)`` to value, for example ``("ssm", "/shop/port:2")``."""

DYNAMIC_REFERENCE: Final = re.compile(r"\{\{resolve:([A-Za-z0-9-]+):([^{}]*)\}\}")

SECRET_REFERENCE: Final = re.compile(r"\{\{resolve:(ssm-secure|secretsmanager):")
"""The beginning of a reference to a place that keeps secrets."""

_SERVICES: Final = frozenset({"ssm", "ssm-secure", "secretsmanager"})


def resolve_dynamic(
    value: Any,  # noqa: ANN401 - any value of a template
    read: ReadDynamic,
    *,
    resource_type: str = "",
    path: tuple[str, ...] = (),
) -> Any:  # noqa: ANN401 - as it came
    """Return a value with its dynamic references replaced.

    Args:
        value: Any value, its functions resolved.
        read: Reads one from its service; raises ``IntrinsicError`` where it cannot.
        resource_type: Type of the resource whose properties these are; empty elsewhere.
        path: Where the value stands in the properties.

    Raises:
        IntrinsicError: The service is not one that CloudFormation reads, or an ``ssm-secure``
            reference stands where none is allowed.
    """
    if isinstance(value, dict):
        return {
            key: resolve_dynamic(item, read, resource_type=resource_type, path=(*path, key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            resolve_dynamic(item, read, resource_type=resource_type, path=(*path, "*"))
            for item in value
        ]
    if not isinstance(value, str) or "{{resolve:" not in value:
        return value

    def replace(match: re.Match[str]) -> str:
        service, key = match[1], match[2]
        _check_service(service, resource_type, path)
        return read(service, key)

    return DYNAMIC_REFERENCE.sub(replace, value)


def _check_service(service: str, resource_type: str, path: tuple[str, ...]) -> None:
    if service not in _SERVICES:
        raise IntrinsicError(
            f"Template error: dynamic reference to {service} is not supported; "
            f"one of {', '.join(sorted(_SERVICES))}"
        )
    if service != "ssm-secure":
        return
    where = "/".join(path)
    if where not in SECURE_PROPERTIES.get(resource_type, ()):
        where = "/".join(step for step in path if step != "*")
        raise IntrinsicError(
            f"SSM Secure reference is not supported in: [{resource_type}/Properties/{where}]"
            if resource_type
            else "SSM Secure reference is not supported outside of a resource's properties"
        )
