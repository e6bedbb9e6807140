"""What the machine finds at the local cloud's address: the local cloud, and a login of ECR.

A local cloud that boots no hosts has no registry, and so it gives no login to one. Here is a
registry, and this one call is answered for it; every other one goes on to the local cloud.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from contextlib import AbstractContextManager
from http.client import HTTPConnection
from typing import Any

from werkzeug.wrappers import Request, Response

from vm.serving import served

LOGIN = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
ANSWER_SECONDS = 60.0
EXPIRES = 4_000_000_000
"""In seconds since 1970: after every run of this test."""


def serving(cloud: int, registry: str) -> AbstractContextManager[int]:
    """Answer for the local cloud, on the port that is given out.

    Args:
        cloud: Its port.
        registry: Address of the registry, as the machine names it.
    """

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = respond(Request(environ), cloud, registry)(
            environ, start_response
        )
        return answer

    return served(app)


def respond(request: Request, cloud: int, registry: str) -> Response:
    """Return the answer to one request of the machine."""
    if request.headers.get("X-Amz-Target") == LOGIN:
        return Response(json.dumps(build_login(registry)), mimetype="application/json")
    return pass_on(request, cloud)


def build_login(registry: str) -> dict[str, Any]:
    """Return a login as ECR gives it. Source: ECR API reference, GetAuthorizationToken.

    Args:
        registry: Address of the registry.
    """
    token = b64encode(b"AWS:made-up").decode()
    login = {"authorizationToken": token, "expiresAt": EXPIRES, "proxyEndpoint": registry}
    return {"authorizationData": [login]}


def pass_on(request: Request, port: int) -> Response:
    """Ask another server of this machine the same, and return its answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        connection.request(
            request.method, request.full_path, request.get_data(), dict(request.headers)
        )
        answer = connection.getresponse()
        return Response(answer.read(), answer.status, content_type=answer.headers["Content-Type"])
    finally:
        connection.close()
