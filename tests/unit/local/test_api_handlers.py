import json
from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from cdinfra.local.api_handlers import ApiError, ApiHandlers, CallPlace
from cdinfra.local.call import Call, Wire

CALL = Call(service="ssm", operation="SendCommand", region="eu-west-1", wire=Wire.JSON)


def send(parameters: Mapping[str, Any], place: CallPlace) -> Mapping[str, Any]:
    if "Bad" in parameters:
        raise ApiError("InvalidInstanceId", "no such host")
    return {"Got": parameters["A"], "Region": place.region, "Account": place.account}


HANDLERS = ApiHandlers(
    handlers={("ssm", "SendCommand"): send}, replaced=frozenset({("ec2", "RebootInstances")})
)


def respond(body: bytes) -> tuple[int, Any]:
    request = Request(EnvironBuilder(method="POST", data=body).get_environ())
    response = HANDLERS.respond(request, CALL, "123456789012")
    return response.status_code, json.loads(response.get_data())


def test_a_function_answers_with_what_it_returns() -> None:
    got = {"Got": 1, "Region": "eu-west-1", "Account": "123456789012"}
    assert respond(b'{"A": 1}') == (200, got)


def test_a_refusal_is_the_services_own() -> None:
    status, body = respond(b'{"Bad": 1}')
    assert (status, body["__type"], body["message"]) == (400, "InvalidInstanceId", "no such host")


@pytest.mark.parametrize("body", [b"[]", b"{", b"1"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    status, answer = respond(body)
    assert (status, answer["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    ("service", "operation", "carries", "answers"),
    [
        ("ssm", "SendCommand", True, True),
        ("ec2", "RebootInstances", True, False),
        ("ssm", "GetParameter", False, False),
    ],
)
def test_what_is_answered_is_known(
    service: str, operation: str, *, carries: bool, answers: bool
) -> None:
    call = Call(service=service, operation=operation)
    assert (HANDLERS.carries(call), HANDLERS.answers(call)) == (carries, answers)
