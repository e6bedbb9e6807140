"""Which AWS call an HTTP request is: service, operation, region, and how its answer is written.

Read from what every AWS client sends: the credential scope of the signature, and the
operation's name in ``X-Amz-Target``, in ``Action`` or in the path.
Source: AWS Signature Version 4; Smithy, "AWS protocols".
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias
from urllib.parse import parse_qs

Environ: TypeAlias = dict[str, Any]

CREDENTIAL = re.compile(
    r"(?P<key>[^/\s=]+)/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[a-zA-Z0-9-]+)/aws4_request"
)
FORM = "application/x-www-form-urlencoded"

SIGNING_NAMES: Mapping[str, str] = {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2"}
"""Services that sign with another name than boto3 calls them by; the rest sign with theirs."""


class Wire(StrEnum):
    """How the answer of a call is written."""

    JSON = "json"
    QUERY = "query"
    EC2 = "ec2"
    S3 = "s3"
    REST_JSON = "rest-json"
    CBOR = "rpc-v2-cbor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One AWS call.

    Attributes:
        service: boto3's name of the service; empty where the request is not signed.
        operation: Name of the API call; empty where it cannot be told.
        region: Region that it is signed for.
        access_key: Whose key signed it.
        wire: How its answer is written.
    """

    service: str = ""
    operation: str = ""
    region: str = ""
    access_key: str = ""
    wire: Wire = Wire.REST_JSON

    def __str__(self) -> str:
        """Return ``ec2:DescribeVpcs``."""
        return f"{self.service or 'unsigned'}:{self.operation or '?'}"


def read_call(environ: Environ) -> Call:
    """Return the call that a request makes.

    The body of a form is read to find the operation, and put back.

    Args:
        environ: The WSGI environment of the request.
    """
    query = parse_qs(environ.get("QUERY_STRING", ""))
    signed_by = environ.get("HTTP_AUTHORIZATION") or query.get("X-Amz-Credential", [""])[0]
    scope = CREDENTIAL.search(signed_by)
    signing_name = scope["service"].lower() if scope else ""
    service = SIGNING_NAMES.get(signing_name, signing_name)
    wire, operation = _wire_and_operation(environ, service, query)
    return Call(
        service=service,
        operation=operation,
        region=scope["region"] if scope else "",
        access_key=scope["key"] if scope else "",
        wire=wire,
    )


def _wire_and_operation(
    environ: Environ, service: str, query: Mapping[str, list[str]]
) -> tuple[Wire, str]:
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return Wire.JSON, target.rpartition(".")[2]
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return Wire.CBOR, environ["PATH_INFO"].rpartition("/operation/")[2]
    if action := (query.get("Action") or _form(environ).get("Action")):
        return (Wire.EC2 if service == "ec2" else Wire.QUERY), action[0]
    if service == "s3":
        return Wire.S3, _rest_operation(environ, service)
    return Wire.REST_JSON, _rest_operation(environ, service) if service else ""


def _form(environ: Environ) -> Mapping[str, list[str]]:
    if not str(environ.get("CONTENT_TYPE", "")).startswith(FORM):
        return {}
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return parse_qs(body.decode("utf-8", errors="replace"))


def _rest_operation(environ: Environ, service: str) -> str:
    """Match method and path with the service's model."""
    from botocore.exceptions import UnknownServiceError  # noqa: PLC0415 - slow to import
    from moto.core.request import Request  # noqa: PLC0415 - slow to import
    from moto.core.routing import get_service_router  # noqa: PLC0415 - slow to import
    from werkzeug.exceptions import NotFound  # noqa: PLC0415 - slow to import

    try:
        operation, _ = get_service_router(service).match(Request(environ, populate_request=False))
    except (NotFound, NotImplementedError, UnknownServiceError):
        return ""
    return str(operation.name)
