"""Stack policies: which resources an update may change.

Source: CloudFormation user guide, "Prevent updates to stack resources".
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cdinfra.errors import Problem

MAXIMUM_POLICY_BYTES = 16_384
"""Source: SetStackPolicy, parameter StackPolicyBody."""

_ACTIONS = ("Update:Modify", "Update:Replace", "Update:Delete", "Update:*")
_RESOURCES = ("*", "LogicalResourceId/*")


def policy_text(policy: Mapping[str, Any]) -> str:
    """Return a stack policy as the JSON that CloudFormation is given."""
    return json.dumps(policy, separators=(",", ":"), ensure_ascii=False)


def policy_problems(path: str, policy: Any) -> Iterator[Problem]:  # noqa: ANN401 - whatever was passed
    """Yield what is wrong with a stack policy.

    Args:
        path: Where it stands, for an error.
        policy: The policy.
    """
    try:
        size = len(policy_text(policy).encode())
    except (TypeError, ValueError, RecursionError) as error:
        yield Problem(path=path, message=f"is no JSON: {error}")
        return
    if size > MAXIMUM_POLICY_BYTES:
        hint = f"at most {MAXIMUM_POLICY_BYTES:,}"
        yield Problem(path=path, message=f"has {size:,} bytes", hint=hint)
    statements = policy.get("Statement") if isinstance(policy, Mapping) else None
    if not isinstance(statements, (list, tuple)) or not statements:
        hint = 'for example {"Statement": [{"Effect": "Allow", "Action": "Update:*", …}]}'
        yield Problem(path=path, message="has no list of statements", hint=hint)
        return
    for index, statement in enumerate(statements):
        yield from _statement_problems(f"{path}/Statement/{index}", statement)


def _statement_problems(path: str, statement: object) -> Iterator[Problem]:
    if not isinstance(statement, Mapping):
        yield Problem(path=path, message="is no dict")
        return
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield Problem(path=f"{path}/Effect", message="is neither 'Allow' nor 'Deny'")
    if statement.get("Principal") != "*":
        yield Problem(path=f"{path}/Principal", message="is not '*'", hint="nothing else counts")
    yield from _pattern_problems(path, statement, "Action", _ACTIONS)
    yield from _pattern_problems(path, statement, "Resource", _RESOURCES)


def _pattern_problems(
    path: str, statement: Mapping[str, Any], name: str, allowed: tuple[str, ...]
) -> Iterator[Problem]:
    given = [each for each in (name, f"Not{name}") if each in statement]
    if len(given) != 1:
        yield Problem(path=path, message=f"needs one of {name} and Not{name}")
        return
    for value in _listed(statement[given[0]]):
        named = name == "Resource" and str(value).startswith("LogicalResourceId/")
        if value not in allowed and not named:
            hint = "one of " + ", ".join(map(repr, allowed))
            yield Problem(path=f"{path}/{given[0]}", message=f"{value!r} is none", hint=hint)


def protected_names(policy: Mapping[str, Any]) -> Iterator[str]:
    """Yield the logical ids that a stack policy names; those with ``*`` stand for several."""
    for statement in policy.get("Statement", ()):
        for resource in _listed(statement.get("Resource", statement.get("NotResource", ()))):
            if resource != "*":
                yield str(resource).removeprefix("LogicalResourceId/")


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)
