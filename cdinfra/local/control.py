"""The local cloud's own addresses, under ``/_cdinfra``: health, faults, wait condition handles."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request, Response

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.local.call_counts import CallCounts
from cdinfra.local.control_client import CONTROL_PATH, FAULTS_PATH, HEALTH_PATH
from cdinfra.local.fault_types import read_fault, write_active_fault
from cdinfra.local.faults import Faults
from cdinfra.local.state_directory import Record

WAIT_CONDITION_PATH = f"{CONTROL_PATH}/wait-condition/"

WaitConditionSignal = Callable[[str, Mapping[str, Any]], None]
"""``(token, document)``; raises ``ValueError`` for a document that is none."""


class Control:
    """Answers everything under ``/_cdinfra``.

    Args:
        record: What the process says of itself.
        region: Region where nobody names one.
        faults: The faults that can be asked for.
        counts: The calls that were made.
        signal: Takes the document that is sent to a wait condition's handle.
        hosts: Says whether hosts boot.
    """

    def __init__(
        self,
        *,
        record: Record,
        region: str,
        faults: Faults,
        counts: CallCounts,
        signal: WaitConditionSignal,
        hosts: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self._record = record
        self._region = region
        self._faults = faults
        self._counts = counts
        self._signal = signal
        self._hosts = hosts

    def respond(self, request: Request) -> Response:
        """Return the answer to one request."""
        try:
            return _json_response(self._answer(request))
        except InvalidInputError as error:
            return _refused(error)

    def _answer(self, request: Request) -> Mapping[str, Any]:
        path = request.path
        match request.method:
            case "GET" if path == HEALTH_PATH:
                return self._health()
            case "GET" if path == FAULTS_PATH:
                return {"faults": [*map(write_active_fault, self._faults.active())]}
            case "POST" if path == FAULTS_PATH:
                return write_active_fault(self._faults.add(read_fault(_document(request))))
            case "DELETE" if path == FAULTS_PATH or path.startswith(f"{FAULTS_PATH}/"):
                self._faults.clear(path.removeprefix(FAULTS_PATH).removeprefix("/"))
                return {}
            case "PUT" | "POST" if path.startswith(WAIT_CONDITION_PATH):
                return self._signal_wait_condition(request)
            case _:
                raise InvalidInputError(
                    Problem(path=path, message=f"{request.method} is not answered here")
                )

    def _health(self) -> Mapping[str, Any]:
        return {
            "pid": self._record.pid,
            "port": self._record.port,
            "instance": self._record.instance,
            "started": self._record.started,
            "version": self._record.version,
            "region": self._region,
            "faults": len(self._faults.active()),
            "calls": self._counts.counts(),
            "hosts": self._hosts(),
        }

    def _signal_wait_condition(self, request: Request) -> Mapping[str, Any]:
        document = _document(request)
        token = request.path.removeprefix(WAIT_CONDITION_PATH)
        try:
            self._signal(token, document)
        except ValueError as error:
            raise InvalidInputError(Problem(path="signal", message=str(error))) from error
        return {}


def _document(request: Request) -> Mapping[str, Any]:
    try:
        # Whatever the content type: curl sends a signal as a form unless told otherwise.
        document = request.get_json(force=True)
    except BadRequest:
        document = None
    if not isinstance(document, dict):
        raise InvalidInputError(Problem(path="body", message="must be a JSON object"))
    return document


def _json_response(document: Mapping[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(document), status=status, mimetype="application/json")


def _refused(error: InvalidInputError) -> Response:
    problems = [
        {"path": each.path, "message": each.message, "hint": each.hint} for each in error.problems
    ]
    return _json_response({"problems": problems}, status=400)
