"""A rule: what people read about it, and a pure function that looks at a template."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.lint.finding import Path, RuleFacts, Severity

if TYPE_CHECKING:
    from cdinfra.lint.template import Template

ID_PATTERN: Final = re.compile(r"[A-Z]{2,8}[0-9]{3,5}")
"""Ids of rules: letters and a number. cfn-lint's have one letter, so none can be mistaken."""

RESERVED: Final = "CD"
"""Prefix of the ids of the rules that are shipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a rule found.

    Attributes:
        message: What is wrong, as the end of a sentence that starts with the resource.
        path: Where in the template, from its root.
    """

    message: str
    path: Path = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(RuleFacts):
    """A rule that runs.

    Attributes:
        check: Looks at a template and yields what it finds. It must not change anything.
    """

    check: "Callable[[Template], Iterable[Hit]]"


def checked_rules(path: str, rules: Iterable[object]) -> tuple[Rule, ...]:
    """Return a team's rules.

    Args:
        path: Where they stand, for error messages.
        rules: What should be rules.

    Raises:
        InvalidInputError: Something is no rule, or its id is not its own; names all of it.
    """
    given = tuple(rules)
    if problems := tuple(_problems(path, given)):
        raise InvalidInputError(problems)
    return tuple(rule for rule in given if isinstance(rule, Rule))


def _problems(path: str, rules: tuple[object, ...]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if not isinstance(rule, Rule):
            message = f"is a {type(rule).__name__}, not a Rule"
            hint = "write: Rule(id=…, severity=…, title=…, reason=…, source=…, check=…)"
            yield Problem(path=f"{path}/{index}", message=message, hint=hint)
            continue
        where = f"{path}/{rule.id}"
        if not isinstance(rule.id, str) or not ID_PATTERN.fullmatch(rule.id):
            hint = "two to eight capital letters and a number, for example ACME101"
            yield Problem(path=where, message="is no id for a rule", hint=hint)
        elif rule.id.startswith(RESERVED) and rule.id[len(RESERVED) :].isdigit():
            yield Problem(path=where, message=f"{RESERVED} is the prefix of the shipped rules")
        elif rule.id in seen:
            yield Problem(path=where, message="is the id of two rules")
        seen.add(str(rule.id))
        yield from _field_problems(where, rule)


def _field_problems(where: str, rule: Rule) -> Iterator[Problem]:
    check: object = rule.check
    if rule.severity not in tuple(Severity):
        hint = nearest(str(rule.severity), Severity)
        yield Problem(path=f"{where}/severity", message="is none", hint=hint)
    if not callable(check):
        yield Problem(path=f"{where}/check", message="is no function")
    for name, text in (("title", rule.title), ("reason", rule.reason), ("source", rule.source)):
        if not isinstance(text, str) or not text.strip():
            yield Problem(path=f"{where}/{name}", message="is empty", hint="people will read it")
