"""Wait conditions and their handles: resources that are nothing but a wait for documents.

A handle is an address; whoever sends a JSON document there signals it. The address is
answered by the local cloud's front, which gives the document to
``Engine.wait_condition_signal``.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from cdinfra.local.cloudformation.signals import (
    Demand,
    Signal,
    SignalBoard,
    SignalStatus,
    failures,
    successes,
)
from cdinfra.local.cloudformation.stop import StopSignal
from cdinfra.local.resources.contract import (
    Properties,
    Request,
    Resource,
    ResourceError,
    ResourceType,
)

HANDLE_PATH = "/_cdinfra/wait-condition/"
"""Path of a handle's address, without its token."""

MAX_TIMEOUT_SECONDS = 43_200
"""Longest wait.

Source: AWS CloudFormation User Guide, ``AWS::CloudFormation::WaitCondition``, Timeout.
"""

DEFAULT_COUNT = 1


class WaitConditionHandle(ResourceType):
    """An address to signal a wait condition at."""

    type_name = "AWS::CloudFormation::WaitConditionHandle"
    carried = frozenset[str]()

    def create(self, request: Request) -> Resource:
        """Make up the address.

        Args:
            request: The resource.
        """
        address = urlsplit(request.clients.connection.endpoint_url or "")
        return Resource(physical_id=f"{address.scheme}://{address.netloc}{HANDLE_PATH}{uuid4()}")

    def update(self, request: Request, current: Resource, previous: Properties) -> Resource:
        """Change nothing: a handle has no properties.

        Args:
            request: The resource.
            current: The resource as it is.
            previous: Its properties until now.
        """
        del request, previous
        return current

    def delete(self, request: Request, current: Resource) -> None:
        """Delete nothing: the address means nothing without its stack.

        Args:
            request: The resource.
            current: The resource as it is.
        """

    def read(self, request: Request, current: Resource) -> Properties | None:
        """Return the properties: none.

        Args:
            request: The resource.
            current: The resource as it is.
        """
        del request, current
        return {}


class WaitCondition(ResourceType):
    """Waits for documents at a handle.

    Args:
        board: Where the documents end.
        stop_of: The stop signal of the operation under way on a stack, by stack ARN.
    """

    type_name = "AWS::CloudFormation::WaitCondition"
    carried = frozenset({"Handle", "Timeout", "Count"})

    def __init__(self, board: SignalBoard, stop_of: Callable[[str], StopSignal]) -> None:
        self._board = board
        self._stop_of = stop_of

    def create(self, request: Request) -> Resource:
        """Wait for the documents.

        Args:
            request: The resource.

        Raises:
            ResourceError: A document says failure, or the time is over.
        """
        physical_id = f"{request.stack_id}/{request.logical_id}"
        if "Handle" not in request.properties:
            # With a creation policy instead, whose signals the engine waits for.
            return Resource(physical_id=physical_id)
        handle = str(request.properties["Handle"])
        demand = Demand(
            count=int(request.properties.get("Count", DEFAULT_COUNT)),
            timeout_seconds=_timeout(request.properties),
        )
        signals = self._board.wait(handle_key(handle), demand, self._stop_of(request.stack_id))
        for failed in failures(signals):
            raise ResourceError(
                f"WaitCondition received failed message: '{failed.reason}' "
                f"for uniqueId: {failed.unique_id}"
            )
        if len(successes(signals)) < demand.count:
            raise ResourceError(
                f"WaitCondition timed out. Received {len(signals)} conditions "
                f"when expecting {demand.count}"
            )
        data = json.dumps({one.unique_id: one.data for one in signals})
        return Resource(physical_id=physical_id, attributes={"Data": data})

    def update(self, request: Request, current: Resource, previous: Properties) -> Resource:
        """Refuse.

        Args:
            request: The resource.
            current: The resource as it is.
            previous: Its properties until now.

        Raises:
            ResourceError: A property differs.
        """
        if request.properties != previous:
            raise ResourceError(
                "Update to resource type AWS::CloudFormation::WaitCondition is not supported."
            )
        return current

    def delete(self, request: Request, current: Resource) -> None:
        """Delete nothing: the wait is over.

        Args:
            request: The resource.
            current: The resource as it is.
        """

    def read(self, request: Request, current: Resource) -> Properties | None:
        """Return the properties as the template says: they live nowhere else.

        Args:
            request: The resource.
            current: The resource as it is.
        """
        del current
        return request.properties


def handle_key(handle: str) -> str:
    """Return the board's key of a handle's address: its token.

    Args:
        handle: The address.
    """
    return f"handle:{handle.rpartition('/')[2]}"


def parse_document(document: Mapping[str, Any]) -> Signal:
    """Read what somebody sent to a handle.

    Source: AWS CloudFormation User Guide, "Wait condition signal JSON format".

    Args:
        document: ``Status``, ``UniqueId``, ``Reason`` and ``Data``.

    Raises:
        ValueError: A field is missing or the status is neither ``SUCCESS`` nor ``FAILURE``.
    """
    missing = [name for name in ("Status", "UniqueId") if not document.get(name)]
    if missing:
        raise ValueError(f"wait condition signal lacks {' and '.join(missing)}")
    return Signal(
        unique_id=str(document["UniqueId"]),
        status=SignalStatus(str(document["Status"])),
        reason=str(document.get("Reason", "")),
        data=str(document.get("Data", "")),
    )


def _timeout(properties: Properties) -> float:
    seconds = float(properties.get("Timeout", 0))
    if not 0 <= seconds <= MAX_TIMEOUT_SECONDS:
        raise ResourceError(
            f"Property Timeout must be between 0 and {MAX_TIMEOUT_SECONDS}, not {seconds:g}"
        )
    return seconds
