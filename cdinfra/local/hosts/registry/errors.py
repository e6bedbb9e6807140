"""Refusals as a registry words them, so that Docker shows their text to its user.

Source: docker/distribution, "HTTP API V2", errors.
"""

import json
from dataclasses import dataclass

from werkzeug.wrappers import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryRefusal:
    """A refusal.

    Attributes:
        code: Code, which Docker shows in small letters before the message.
        message: In a sentence.
        status: HTTP status.
    """

    code: str
    message: str
    status: int

    def response(self) -> Response:
        """Return it as an HTTP answer."""
        document = {"errors": [{"code": self.code, "message": self.message}]}
        return Response(json.dumps(document), status=self.status, mimetype="application/json")


def unknown_repository(name: str, account: str) -> RegistryRefusal:
    """Return what ECR says where there is no repository of that name."""
    message = (
        f"The repository with name '{name}' does not exist in the registry with id '{account}'"
    )
    return RegistryRefusal(code="NAME_UNKNOWN", message=message, status=404)


def unauthorized(message: str) -> RegistryRefusal:
    """Return what a client without a good password is told."""
    return RegistryRefusal(code="UNAUTHORIZED", message=message, status=401)


UNKNOWN_IMAGE = RegistryRefusal(
    code="MANIFEST_UNKNOWN", message="Requested image not found", status=404
)
BAD_MANIFEST = RegistryRefusal(
    code="MANIFEST_INVALID", message="the manifest is not JSON in UTF-8", status=400
)
UNSUPPORTED = RegistryRefusal(
    code="UNSUPPORTED", message="ECR deletes images through its API alone", status=405
)
