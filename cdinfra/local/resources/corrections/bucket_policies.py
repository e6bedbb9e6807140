"""A bucket's policy that refuses plain connections does not refuse everybody.

moto reads no conditions in a bucket's policy: it takes "deny what is not encrypted" for
"deny". Loopback stands for an encrypted connection here, so a statement that is only about
others does not apply.
"""

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

Bucket = Any
"""moto's bucket."""

TLS_VERSION = 1.3
"""What a client of today speaks with S3."""


def install() -> None:
    """Replace moto's reading of a bucket's policy by the one below."""
    FakeBucket.get_permission = get_permission


def get_permission(self: Bucket, action: str, resource: str) -> object:
    """Return what moto makes of the statements that apply to an encrypted connection."""
    if self.policy is None:
        return PermissionResult.NEUTRAL
    document = json.loads(self.policy)
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    document["Statement"] = [each for each in listed if not is_about_others(each)]
    return IAMPolicy(json.dumps(document)).is_action_permitted(action, resource)


def is_about_others(statement: dict[str, Any]) -> bool:
    """Return whether a statement is only about connections that are not, or badly, encrypted."""
    conditions = statement.get("Condition", {})
    plain = conditions.get("Bool", {}).get("aws:SecureTransport")
    below = conditions.get("NumericLessThan", {}).get("s3:TlsVersion")
    return _one(plain) == "false" or (below is not None and float(_one(below)) <= TLS_VERSION)


def _one(value: object) -> str:
    return str(value[0] if isinstance(value, list) and len(value) == 1 else value).lower()
