"""One call of the API: the request's members, where it is about, and the pages of an answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.engine import Engine
from cdinfra.local.cloudformation.store import RegionState

PAGE_SIZE = 100
"""Items of one page, as CloudFormation's lists have."""

Answer = Mapping[str, Any]

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call.

    Attributes:
        engine: The engine.
        state: The account and region that the call is about.
        given: The request's members.
    """

    engine: Engine
    state: RegionState
    given: Mapping[str, Any]

    def text(self, member: str) -> str:
        """Return a member as text; empty where it is not given.

        Args:
            member: Its name.
        """
        return str(self.given.get(member) or "")


Handler = Callable[[Call], Answer]


def page(call: Call, name: str, items: Sequence[Item], size: int = PAGE_SIZE) -> dict[str, Any]:
    """Return one page of a list.

    Args:
        call: The call, whose ``NextToken`` says which page.
        name: The member that holds the items.
        items: All items, in an order that new ones do not shift.
        size: Items of a page.

    Raises:
        ApiError: The token is none of ours.
    """
    start = _position(call)
    answer: dict[str, Any] = {name: items[start : start + size]}
    if start + size < len(items):
        answer["NextToken"] = f"page-{start + size}"
    return answer


def page_backwards(
    call: Call, name: str, items: Sequence[Item], size: int = PAGE_SIZE
) -> dict[str, Any]:
    """Return one page of a list that grows, newest first.

    The token counts from the oldest item, so that new ones shift nothing.

    Args:
        call: The call, whose ``NextToken`` says which page.
        name: The member that holds the items.
        items: All items, oldest first.
        size: Items of a page.

    Raises:
        ApiError: The token is none of ours.
    """
    end = _position(call) if call.given.get("NextToken") else len(items)
    start = max(0, end - size)
    answer: dict[str, Any] = {name: items[start:end][::-1]}
    if start:
        answer["NextToken"] = f"page-{start}"
    return answer


def _position(call: Call) -> int:
    token = call.text("NextToken")
    if not token:
        return 0
    number = token.removeprefix("page-")
    if not number.isdecimal():
        raise ApiError("Invalid NextToken")
    return int(number)
