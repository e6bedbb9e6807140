"""What a command asks of a running local cloud besides AWS calls: health, faults."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, cast
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from cdinfra.errors import InvalidInputError, LocalCloudError, Problem
from cdinfra.local.fault_types import ActiveFault, Fault, read_active_fault, write_fault

CONTROL_PATH = "/_cdinfra"
HEALTH_PATH = f"{CONTROL_PATH}/health"
FAULTS_PATH = f"{CONTROL_PATH}/faults"
CONTROL_SECONDS = 10.0


class UnreachableError(LocalCloudError):
    """Nothing answers there, or nothing that is a local cloud."""


class ControlClient:
    """Speaks to the local cloud's own addresses under ``/_cdinfra``.

    Args:
        endpoint_url: The local cloud's address.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url

    def health(self, *, seconds: float = CONTROL_SECONDS) -> Mapping[str, Any]:
        """Return what it says of itself: version, pid, instance, counts of calls.

        Raises:
            UnreachableError: It does not answer within that time.
        """
        return cast("Mapping[str, Any]", self._call("GET", HEALTH_PATH, seconds=seconds))

    def add_fault(self, fault: Fault) -> ActiveFault:
        """Ask for a fault, and return it with the id it got.

        Raises:
            InvalidInputError: The local cloud does not know such a fault.
            UnreachableError: It does not answer.
        """
        return read_active_fault(self._call("POST", FAULTS_PATH, document=write_fault(fault)))

    def faults(self) -> tuple[ActiveFault, ...]:
        """Return the faults that were asked for, the spent ones too.

        Raises:
            UnreachableError: It does not answer.
        """
        return tuple(map(read_active_fault, self._call("GET", FAULTS_PATH)["faults"]))

    def clear_faults(self, fault_id: str = "") -> None:
        """Take a fault back, or all of them.

        Raises:
            InvalidInputError: There is no fault of that id.
            UnreachableError: It does not answer.
        """
        self._call("DELETE", f"{FAULTS_PATH}/{fault_id}" if fault_id else FAULTS_PATH)

    def _call(
        self,
        method: str,
        path: str,
        *,
        document: Mapping[str, Any] | None = None,
        seconds: float = CONTROL_SECONDS,
    ) -> Any:  # noqa: ANN401 - a JSON document
        request = Request(  # noqa: S310 - always http on loopback
            self._endpoint_url + path,
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"Content-Type": "application/json"},
        )
        # No proxy, whatever the environment says: the address is on this machine.
        opener = build_opener(ProxyHandler({}))
        try:
            with opener.open(request, timeout=seconds) as response:
                return json.load(response)
        except HTTPError as error:
            with error:
                raise _refused(error) from error
        except (OSError, HTTPException, ValueError) as error:
            raise UnreachableError(
                f"the local cloud at {self._endpoint_url} does not answer: {error}",
                hint="start it with `cdinfra local up`",
            ) from error


def _refused(error: HTTPError) -> InvalidInputError | UnreachableError:
    try:
        problems = json.load(error)["problems"]
        return InvalidInputError([Problem(**problem) for problem in problems])
    except (ValueError, KeyError, TypeError):
        return UnreachableError(f"{error.url} is not a local cloud's: HTTP {error.code}")
