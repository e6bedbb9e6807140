"""Keeps what a template does not show out of what drift detection shows.

The properties that a template gives are compared with the same ones as they may be shown:
where the two differ stands a secret, and so it does in what the service returned there.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cdinfra.local.cloudformation.drift import PropertyDifference
from cdinfra.local.cloudformation.intrinsics import MASK
from cdinfra.local.resources.contract import Properties


def redacted(given: Any, shown: Any, found: Any) -> Any:  # noqa: ANN401 - values of any kind
    """Return what was found without the secrets in it.

    Args:
        given: What the template gives.
        shown: The same as it may be shown.
        found: What the service returned.
    """
    if given == shown:
        return found
    match given, shown, found:
        case Mapping(), Mapping(), Mapping():
            return {
                name: redacted(given.get(name), shown.get(name), value)
                for name, value in found.items()
            }
        case _:
            # In a list the service can have another order: better no value than a secret.
            return MASK


def redacted_difference(
    given: Properties, shown: Properties, difference: PropertyDifference
) -> PropertyDifference:
    """Return a difference without values where a secret stands.

    Args:
        given: The properties that the template gives.
        shown: The same as they may be shown.
        difference: Where the service has something else.
    """
    left: Any = given
    right: Any = shown
    for step in difference.path.strip("/").split("/"):
        match left, right:
            case Mapping(), Mapping():
                left, right = left.get(step), right.get(step)
            case _:
                break
    if left == right:
        return difference
    return replace(difference, expected=MASK, actual=MASK)
