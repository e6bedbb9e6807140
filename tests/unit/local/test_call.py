import io
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.call import Call, Wire, read_call


def environ(
    service: str = "", *, form: dict[str, str] | None = None, **more: str
) -> dict[str, Any]:
    body = urlencode(form).encode() if form else b""
    made: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
    }
    if form:
        made["CONTENT_TYPE"] = "application/x-www-form-urlencoded; charset=utf-8"
    if service:
        made["HTTP_AUTHORIZATION"] = (
            f"AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/{service}/aws4_request, "
            "SignedHeaders=host, Signature=0"
        )
    return made | more


def call(service: str, operation: str, wire: Wire) -> Call:
    return Call(
        service=service, operation=operation, region="eu-west-1", access_key="local", wire=wire
    )


def test_a_form_is_a_query_call_and_can_be_read_again() -> None:
    request = environ("cloudformation", form={"Action": "CreateStack", "StackName": "a&b"})
    assert read_call(request) == call("cloudformation", "CreateStack", Wire.QUERY)
    assert request["wsgi.input"].read() == b"Action=CreateStack&StackName=a%26b"


def test_ec2_has_a_form_of_its_own() -> None:
    request = environ("ec2", form={"Action": "DescribeVpcs"})
    assert read_call(request) == call("ec2", "DescribeVpcs", Wire.EC2)


def test_a_target_is_a_json_call() -> None:
    request = environ("ssm", HTTP_X_AMZ_TARGET="AmazonSSM.GetParameter")
    assert read_call(request) == call("ssm", "GetParameter", Wire.JSON)


def test_a_path_names_an_rpc_call() -> None:
    request = environ(
        "monitoring",
        HTTP_SMITHY_PROTOCOL="rpc-v2-cbor",
        PATH_INFO="/service/GraniteServiceVersion20100801/operation/PutMetricAlarm",
    )
    assert read_call(request) == call("cloudwatch", "PutMetricAlarm", Wire.CBOR)


def test_services_are_called_as_boto3_calls_them() -> None:
    request = environ("elasticloadbalancing", form={"Action": "DescribeTargetHealth"})
    assert str(read_call(request)) == "elbv2:DescribeTargetHealth"


def test_method_and_path_name_a_rest_call() -> None:
    request = environ("s3", REQUEST_METHOD="GET", PATH_INFO="/bucket", QUERY_STRING="versioning")
    assert read_call(request) == call("s3", "GetBucketVersioning", Wire.S3)


def test_a_signature_in_the_address_counts() -> None:
    query = urlencode(
        {
            "Action": "SignalResource",
            "X-Amz-Credential": "local/20260101/eu-west-1/cloudformation/aws4_request",
        }
    )
    request = environ(REQUEST_METHOD="GET", QUERY_STRING=query)
    assert read_call(request) == call("cloudformation", "SignalResource", Wire.QUERY)


def test_an_unsigned_request_is_no_service() -> None:
    assert read_call(environ(REQUEST_METHOD="GET")) == Call()


@pytest.mark.parametrize("service", ["no-such-service", "autoscaling", "ec2", "s3"])
def test_an_operation_that_cannot_be_told_is_empty(service: str) -> None:
    request = environ(service, REQUEST_METHOD="PATCH", PATH_INFO="//..//")
    assert read_call(request).operation == ""


@given(st.text(), st.text(), st.binary(max_size=50), st.text(max_size=20))
def test_any_request_is_read_without_an_error(
    authorization: str, query: str, body: bytes, target: str
) -> None:
    request = environ(
        HTTP_AUTHORIZATION=authorization,
        QUERY_STRING=query,
        HTTP_X_AMZ_TARGET=target,
        CONTENT_TYPE="application/x-www-form-urlencoded",
        CONTENT_LENGTH=str(len(body)),
    )
    request["wsgi.input"] = io.BytesIO(body)
    assert isinstance(read_call(request), Call)
    assert request["wsgi.input"].read() == body
