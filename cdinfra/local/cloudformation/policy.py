"""Stack policies: which resources an update may modify, replace or delete.

Source: AWS CloudFormation User Guide, "Prevent updates to stack resources".
"""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.constraints import constraint_error
from cdinfra.local.cloudformation.limits import STACK_POLICY_BYTES


class UpdateAction(StrEnum):
    """What an update does to a resource."""

    MODIFY = "Update:Modify"
    REPLACE = "Update:Replace"
    DELETE = "Update:Delete"


def check_policy_body(body: str) -> None:
    """Refuse what is no stack policy.

    Args:
        body: JSON; an empty object allows everything, as no policy does.

    Raises:
        ApiError: It is none, or too large.
    """
    if len(body.encode()) > STACK_POLICY_BYTES:
        raise constraint_error(
            body,
            "stackPolicyBody",
            f"Member must have length less than or equal to {STACK_POLICY_BYTES}",
        )
    try:
        valid = all(_is_statement(one) for one in _statements(body) or ())
    except (ValueError, TypeError, KeyError):
        valid = False
    if not valid:
        raise ApiError("Error validating stack policy: Invalid stack policy")


def denial(body: str, action: UpdateAction, logical_id: str, resource_type: str) -> str:
    """Return why a policy forbids an action on a resource; empty where it allows it.

    Once a policy is set, what it does not allow is forbidden; a Deny wins over an Allow.

    Args:
        body: The policy; empty means that none is set.
        action: What the update would do.
        logical_id: The resource.
        resource_type: Its type.
    """
    statements = _statements(body) if body else None
    if statements is None:
        return ""
    allowed = False
    for number, statement in enumerate(statements, start=1):
        if not _applies(statement, action, logical_id, resource_type):
            continue
        if statement["Effect"] == "Deny":
            return (
                f"Action denied by stack policy: Statement [#{number}] does not allow "
                f"[{action}] for resource [{logical_id}]"
            )
        allowed = True
    if allowed:
        return ""
    return (
        f"Action denied by stack policy: no statement allows [{action}] for resource [{logical_id}]"
    )


def _statements(body: str) -> Sequence[Mapping[str, Any]] | None:
    """Return the statements of a policy; None where it is the empty one, which binds nothing."""
    document = json.loads(body)
    if document == {}:
        return None
    statements = document["Statement"] if isinstance(document, dict) else None
    if isinstance(statements, dict):
        return (statements,)
    if not isinstance(statements, list):
        raise TypeError("no statements")
    return tuple(statements)


def _is_statement(statement: object) -> bool:
    return (
        isinstance(statement, dict)
        and statement.get("Effect") in {"Allow", "Deny"}
        and ("Action" in statement) != ("NotAction" in statement)
        and ("Resource" in statement) != ("NotResource" in statement)
        and statement.get("Principal") == "*"
    )


def _applies(
    statement: Mapping[str, Any], action: UpdateAction, logical_id: str, resource_type: str
) -> bool:
    name = f"LogicalResourceId/{logical_id}"
    return (
        _matches(statement, "Action", action)
        and _matches(statement, "Resource", name)
        and _condition_holds(statement.get("Condition", {}), resource_type)
    )


def _matches(statement: Mapping[str, Any], key: str, value: str) -> bool:
    if key in statement:
        return any(fnmatchcase(value, pattern) for pattern in _listed(statement[key]))
    return not any(fnmatchcase(value, pattern) for pattern in _listed(statement[f"Not{key}"]))


def _condition_holds(condition: Mapping[str, Any], resource_type: str) -> bool:
    for operator, wanted in condition.items():
        types = _listed(wanted.get("ResourceType", ()))
        if operator == "StringEquals" and resource_type not in types:
            return False
        if operator == "StringLike" and not any(fnmatchcase(resource_type, one) for one in types):
            return False
    return True


def _listed(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(one) for one in value) if isinstance(value, (list, tuple)) else ()
