"""Whether a repository's policy lets another account in.

Statements with conditions are not read: what they would allow is not allowed here.
"""

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from cdinfra.local.hosts.registry.access import PULL, PUSH

NEEDED: Mapping[str, tuple[str, ...]] = {
    PULL: ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    PUSH: ("ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:PutImage"),
}
"""The permissions that a client needs.
Source: ECR user guide, "Private repository policy examples"."""


def allowed_actions(policy: str | None, account: str, wanted: Iterable[str]) -> frozenset[str]:
    """Return which of the wanted actions a repository's policy lets an account do.

    Args:
        policy: The policy; None where the repository has none.
        account: 12 digits.
        wanted: ``pull``, ``push`` or both.
    """
    statements = _listed(json.loads(policy).get("Statement", ())) if policy else []
    concerned = [each for each in statements if _concerns(each, account)]
    allowing = [each for each in concerned if _is(each, "Allow") and not each.get("Condition")]
    denying = [each for each in concerned if _is(each, "Deny")]
    return frozenset(
        action
        for action in wanted
        if all(_names(allowing, each) and not _names(denying, each) for each in NEEDED[action])
    )


def _concerns(statement: Mapping[str, Any], account: str) -> bool:
    principal = statement.get("Principal", {})
    named = principal.get("AWS", ()) if isinstance(principal, dict) else principal
    return any(each in {"*", account} or f"::{account}:" in each for each in _listed(named))


def _is(statement: Mapping[str, Any], effect: str) -> bool:
    return statement.get("Effect") == effect


def _names(statements: Iterable[Mapping[str, Any]], permission: str) -> bool:
    return any(
        fnmatchcase(permission.lower(), str(action).lower())
        for statement in statements
        for action in _listed(statement.get("Action", ()))
    )


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - one item or several, as policies have them
    return list(value) if isinstance(value, list | tuple) else [value]
