"""Signs requests to AWS with the instance role, by Signature Version 4.

In the standard library alone: no host needs an AWS client for the handful of calls that
the agent makes, and no secret passes through another program.

Source: AWS IAM user guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials of the instance role."""

    key_id: str
    secret: str
    token: str


def sign_post(
    url: str,
    headers: dict[str, str],
    body: bytes,
    credentials: Credentials,
    scope: tuple[str, str, float],
) -> dict[str, str]:
    """Return the headers of a signed POST to the root path.

    Args:
        url: Endpoint, without path and query.
        headers: Headers of the request.
        body: Body of the request.
        credentials: Who asks.
        scope: Region, signing name of the service, and the time.
    """
    region, service, now = scope
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    signed = {name.lower(): value for name, value in headers.items()}
    signed.update({"host": urlsplit(url).netloc, "x-amz-date": stamp})
    signed["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        ["POST", "/", ""]
        + [f"{name}:{signed[name].strip()}" for name in sorted(signed)]
        + ["", names, hashlib.sha256(body).hexdigest()]
    )
    steps = [stamp[:8], region, service, "aws4_request"]
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(steps), digest])
    key = b"AWS4" + credentials.secret.encode()
    for step in [*steps, text]:
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    identity = f"{credentials.key_id}/{'/'.join(steps)}"
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={identity}, SignedHeaders={names}, Signature={key.hex()}"
    )
    return signed
