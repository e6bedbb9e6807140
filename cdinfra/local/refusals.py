"""Errors as AWS services answer them, in each service's own code and form.

A client retries by the code, so the code must be the service's: EC2 throttles with
``RequestLimitExceeded``, S3 with ``SlowDown``, services that speak JSON with
``ThrottlingException``, the others with ``Throttling``.
Source: botocore, ``data/_retry.json``; "Common errors" in each service's API reference.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from traceback import extract_tb
from typing import assert_never
from uuid import uuid4
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from cdinfra.local.call import Call, Wire
from cdinfra.local.fault_types import CallFaultKind

NOT_RETRIED = 501
"""No client tries again: 500, 502, 503 and 504 are retried, and would end the same way."""

NOT_YET = 503
"""Clients try again: what is asked for is on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error answer.

    Attributes:
        code: Error code.
        message: In a sentence.
        status: HTTP status.
    """

    code: str
    message: str
    status: int


_THROTTLED: Mapping[Wire, Refusal] = {
    Wire.EC2: Refusal(code="RequestLimitExceeded", message="Request limit exceeded.", status=503),
    Wire.S3: Refusal(code="SlowDown", message="Please reduce your request rate.", status=503),
    Wire.QUERY: Refusal(code="Throttling", message="Rate exceeded", status=400),
}
_EXPIRED_TEXT = "The security token included in the request is expired"
_EXPIRED: Mapping[Wire, Refusal] = {
    Wire.EC2: Refusal(code="RequestExpired", message="Request has expired.", status=400),
    Wire.S3: Refusal(code="ExpiredToken", message="The provided token has expired.", status=400),
    Wire.QUERY: Refusal(code="ExpiredToken", message=_EXPIRED_TEXT, status=403),
}
_DENIED_CODES: Mapping[Wire, str] = {
    Wire.EC2: "UnauthorizedOperation",
    Wire.S3: "AccessDenied",
    Wire.QUERY: "AccessDenied",
}
_INTERNAL_CODES: Mapping[Wire, str] = {Wire.EC2: "InternalError", Wire.S3: "InternalError"}


def faulty_answer(kind: CallFaultKind, call: Call) -> Refusal:
    """Return the error that a service answers with when a fault strikes.

    Args:
        kind: The fault; a slow call is none that is answered with an error.
        call: The call that it strikes.
    """
    match kind:
        case CallFaultKind.THROTTLED:
            return _THROTTLED.get(
                call.wire,
                Refusal(code="ThrottlingException", message="Rate exceeded", status=400),
            )
        case CallFaultKind.EXPIRED_TOKEN:
            return _EXPIRED.get(
                call.wire,
                Refusal(code="ExpiredTokenException", message=_EXPIRED_TEXT, status=400),
            )
        case CallFaultKind.ACCESS_DENIED:
            return Refusal(
                code=_DENIED_CODES.get(call.wire, "AccessDeniedException"),
                message=f"User: arn:aws:iam::123456789012:user/local is not authorized "
                f"to perform: {call}",
                status=403,
            )
        case CallFaultKind.INTERNAL_ERROR | CallFaultKind.SLOW_CALL:
            return Refusal(
                code=_INTERNAL_CODES.get(call.wire, "InternalFailure"),
                message="An internal error has occurred",
                status=500,
            )
        case _:
            assert_never(kind)


def not_carried(call: Call, why: str = "") -> Refusal:
    """Return the answer to a call that the local cloud has no true answer to."""
    message = f"the local cloud does not carry {call} yet" + (f": {why}" if why else "")
    return Refusal(code="NotImplemented", message=message, status=NOT_RETRIED)


def broken(call: Call, error: Exception) -> Refusal:
    """Return the answer to a call that the local cloud stumbles over; its log has the rest."""
    message = f"the local cloud failed in {call}: {described(error)}"
    return Refusal(code="InternalFailure", message=message, status=NOT_RETRIED)


def described(error: BaseException) -> str:
    """Return what was raised, what it says, if anything, and in which line.

    >>> described(AssertionError())
    'AssertionError'
    """
    said = f"{type(error).__name__}: {error}".removesuffix(": ")
    frames = extract_tb(error.__traceback__)
    return f"{said} ({frames[-1].filename}:{frames[-1].lineno})" if frames else said


def answer(refusal: Refusal, wire: Wire) -> Response:
    """Return the HTTP answer in the form that a client of that protocol reads."""
    request_id = str(uuid4())
    body, content_type = _body(refusal, wire, request_id)
    headers = {
        "Content-Type": content_type,
        "x-amzn-RequestId": request_id,
        "x-amzn-ErrorType": refusal.code,
    }
    if wire is Wire.CBOR:
        headers["smithy-protocol"] = "rpc-v2-cbor"
    return Response(body, status=refusal.status, headers=headers)


def _body(refusal: Refusal, wire: Wire, request_id: str) -> tuple[bytes, str]:
    code, message, request = map(escape, (refusal.code, refusal.message, request_id))
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    match wire:
        case Wire.JSON | Wire.REST_JSON:
            document = {"__type": refusal.code, "message": refusal.message}
            return json.dumps(document).encode(), "application/x-amz-json-1.1"
        case Wire.CBOR:
            return _cbor({"__type": refusal.code, "message": refusal.message}), "application/cbor"
        case Wire.EC2:
            inner = f"<Errors><Error>{error}</Error></Errors><RequestID>{request}</RequestID>"
            return _xml(f"<Response>{inner}</Response>"), "text/xml"
        case Wire.S3:
            inner = f"{error}<RequestId>{request}</RequestId>"
            return _xml(f"<Error>{inner}</Error>"), "application/xml"
        case Wire.QUERY:
            inner = f"<Error><Type>Sender</Type>{error}</Error><RequestId>{request}</RequestId>"
            return _xml(f"<ErrorResponse>{inner}</ErrorResponse>"), "text/xml"
        case _:
            assert_never(wire)


def _xml(document: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}'.encode()


def _cbor(document: Mapping[str, str]) -> bytes:
    """Write a map of texts.

    Source: RFC 8949, section 3: major type 5 is a map, 3 a text; 25 says that two bytes of
    length follow.
    """
    parts = [bytes([0xA0 | len(document)])]
    for text in (part for pair in document.items() for part in pair):
        encoded = text.encode()[:65_535]
        parts.append(bytes([0x60 | 25]) + len(encoded).to_bytes(2, "big") + encoded)
    return b"".join(parts)
