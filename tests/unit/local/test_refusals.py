import pytest
from botocore.model import StructureShape
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.call import Call, Wire
from cdinfra.local.fault_types import CallFaultKind
from cdinfra.local.refusals import (
    NOT_RETRIED,
    Refusal,
    answer,
    broken,
    faulty_answer,
    not_carried,
)

PARSERS = {
    Wire.JSON: "json",
    Wire.QUERY: "query",
    Wire.EC2: "ec2",
    Wire.S3: "rest-xml",
    Wire.REST_JSON: "rest-json",
    Wire.CBOR: "smithy-rpc-v2-cbor",
}
MESSAGES = st.text(
    st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters="\ufffe\uffff"),
    min_size=1,
).filter(lambda text: text == text.strip())


def parsed(refusal: Refusal, wire: Wire) -> tuple[str, str]:
    """Return code and message as a boto3 client reads them."""
    response = answer(refusal, wire)
    error = create_parser(PARSERS[wire]).parse(
        {
            "status_code": response.status_code,
            "headers": {name.lower(): value for name, value in response.headers.items()},
            "body": response.get_data(),
        },
        StructureShape("Nothing", {"type": "structure", "members": {}}),
    )["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize("wire", Wire)
@given(message=MESSAGES)
def test_a_client_reads_code_and_message_as_they_are(wire: Wire, message: str) -> None:
    refusal = Refusal(code="Throttling", message=message, status=400)
    assert parsed(refusal, wire) == ("Throttling", message)


@pytest.mark.parametrize(
    ("wire", "kind", "code", "status"),
    [
        (Wire.EC2, CallFaultKind.THROTTLED, "RequestLimitExceeded", 503),
        (Wire.S3, CallFaultKind.THROTTLED, "SlowDown", 503),
        (Wire.QUERY, CallFaultKind.THROTTLED, "Throttling", 400),
        (Wire.JSON, CallFaultKind.THROTTLED, "ThrottlingException", 400),
        (Wire.QUERY, CallFaultKind.EXPIRED_TOKEN, "ExpiredToken", 403),
        (Wire.JSON, CallFaultKind.EXPIRED_TOKEN, "ExpiredTokenException", 400),
        (Wire.EC2, CallFaultKind.ACCESS_DENIED, "UnauthorizedOperation", 403),
        (Wire.S3, CallFaultKind.INTERNAL_ERROR, "InternalError", 500),
        (Wire.CBOR, CallFaultKind.INTERNAL_ERROR, "InternalFailure", 500),
    ],
)
def test_a_service_fails_with_its_own_code(
    wire: Wire, kind: CallFaultKind, code: str, status: int
) -> None:
    refusal = faulty_answer(kind, Call(service="x", operation="Y", wire=wire))
    assert (refusal.code, refusal.status) == (code, status)


def test_what_would_fail_again_is_not_tried_again() -> None:
    call = Call(service="ssm", operation="SendCommand", wire=Wire.JSON)
    assert not_carried(call).status == broken(call, ValueError("x")).status == NOT_RETRIED
    assert not_carried(call).message == "the local cloud does not carry ssm:SendCommand yet"


def test_a_stumble_says_in_which_line() -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("many")
    message = broken(Call(service="ec2", operation="RunInstances"), caught.value).message
    assert message.startswith("the local cloud failed in ec2:RunInstances: ValueError: invalid")
    assert f"({__file__}:" in message
