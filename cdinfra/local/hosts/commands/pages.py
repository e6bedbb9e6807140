"""Pages of a list that grows, newest first."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from cdinfra.local.api_handlers import ApiError

Item = TypeVar("Item")


def newest_first(
    given: Mapping[str, Any], items: Sequence[Item], *, size: int
) -> tuple[list[Item], dict[str, str]]:
    """Return one page of a list, and what says where the next one begins.

    The token counts from the oldest item, so that new ones shift nothing.

    Args:
        given: The call's members, ``NextToken`` and ``MaxResults`` among them.
        items: All items, oldest first.
        size: Items of a page where the call does not say.

    Raises:
        ApiError: The token is none of ours.
    """
    end = _position(given, len(items))
    start = max(0, end - int(given.get("MaxResults") or size))
    token = {"NextToken": f"page-{start}"} if start else {}
    return [*items[start:end]][::-1], token


def in_order(
    given: Mapping[str, Any], items: Sequence[Item], *, size: int
) -> tuple[list[Item], dict[str, str]]:
    """Return one page of a list in its own order, and what says where the next one begins.

    Args:
        given: The call's members, ``NextToken`` and ``MaxResults`` among them.
        items: All items.
        size: Items of a page where the call does not say.

    Raises:
        ApiError: The token is none of ours.
    """
    start = _position(given, 0)
    end = start + int(given.get("MaxResults") or size)
    token = {"NextToken": f"page-{end}"} if end < len(items) else {}
    return [*items[start:end]], token


def _position(given: Mapping[str, Any], without: int) -> int:
    token = given.get("NextToken")
    if not token:
        return without
    number = str(token).removeprefix("page-")
    if not number.isdecimal():
        raise ApiError("InvalidNextToken", "The specified token isn't valid.")
    return int(number)
