"""The agent's own signature against the one of AWS's library."""

from datetime import UTC, datetime

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as ReferenceCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from cdinfra.cloudinit.agent.signing import Credentials, sign_post


def reference(url: str, headers: dict[str, str], body: bytes, at: float, service: str) -> str:
    """Sign as botocore does, at a given time."""
    credentials = ReferenceCredentials("AKID", "sekrit/+", "ses/sion==")
    signer = SigV4Auth(credentials, service, "eu-central-1")
    request = AWSRequest("POST", url, headers=dict(headers), data=body)
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = stamp
    request.headers["X-Amz-Date"] = stamp
    request.headers["X-Amz-Security-Token"] = "ses/sion=="
    scope = f"AKID/{signer.credential_scope(request)}"
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    names = signer.signed_headers(signer.headers_to_sign(request))
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}"


@given(
    body=st.binary(max_size=200),
    at=st.integers(min_value=0, max_value=4_000_000_000),
    service=st.sampled_from(["ssm", "ecr", "cloudformation", "secretsmanager", "logs"]),
)
@settings(max_examples=50)
def test_any_request_is_signed_as_botocore_signs_it(body: bytes, at: int, service: str) -> None:
    url = f"https://{service}.eu-central-1.amazonaws.com"
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.Get"}
    credentials = Credentials("AKID", "sekrit/+", "ses/sion==")
    signed = sign_post(url, headers, body, credentials, ("eu-central-1", service, float(at)))
    assert signed["authorization"] == reference(url, headers, body, float(at), service)


def test_a_port_is_part_of_the_signed_host() -> None:
    credentials = Credentials("AKID", "sekrit/+", "ses/sion==")
    scope = ("eu-central-1", "ssm", 0.0)
    signed = sign_post("http://127.0.0.1:5000", {}, b"", credentials, scope)
    assert signed["host"] == "127.0.0.1:5000"
    assert signed["authorization"] == reference("http://127.0.0.1:5000", {}, b"", 0.0, "ssm")
