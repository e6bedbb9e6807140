"""Where an exception from a rule of lint stands in a template, and how one is put there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdinfra.errors import InvalidInputError, Problem, nearest

KEYS: Final = ("Metadata", "cdinfra", "lint", "allow")
"""Keys that lead from a resource, or from the template, to its table of rule and reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintException:
    """What a rule finds, and is right here.

    Attributes:
        rule: Id of the rule, of cdinfra, of cfn-lint or a team's own.
        reason: Why it is right.
        resource: Logical id of the resource; empty for the whole template.
    """

    rule: str
    reason: str
    resource: str = ""


def with_exceptions(
    path: str, document: Mapping[str, Any], exceptions: Iterable[LintException]
) -> dict[str, Any]:
    """Return a template that states exceptions, as a copy.

    Args:
        path: What error messages call it, for example ``stacks/web``.
        document: The template.
        exceptions: What it shall state.

    Raises:
        InvalidInputError: An exception names no resource, or has no reason; names all of them.
    """
    stated = tuple(exceptions)
    problems = [problem for each in stated for problem in _problems(path, document, each)]
    if problems:
        raise InvalidInputError(problems)
    result = dict(document)
    for each in stated:
        owner = ("Resources", each.resource) if each.resource else ()
        result = _with(result, (*owner, *KEYS, each.rule), each.reason)
    return result


def _problems(
    path: str, document: Mapping[str, Any], exception: LintException
) -> Iterator[Problem]:
    where = f"{path}/allow/{exception.rule}"
    if not isinstance(exception.reason, str) or not exception.reason.strip():
        yield Problem(path=where, message="has no reason", hint="say why it is right here")
    resources = document.get("Resources", {})
    if exception.resource and exception.resource not in resources:
        message = f"{exception.resource!r} is no resource of the template"
        hint = nearest(exception.resource, resources)
        yield Problem(path=where, message=message, hint=hint)


def _with(document: Mapping[str, Any], path: tuple[str, ...], value: str) -> dict[str, Any]:
    """Return a copy in which a value stands at a path; what is not on the path is shared."""
    key, *rest = path
    if not rest:
        return {**document, key: value}
    inner = document.get(key)
    return {**document, key: _with(inner if isinstance(inner, dict) else {}, tuple(rest), value)}
