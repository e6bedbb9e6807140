"""Examines one template: everything that is run, then what the template itself allows."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from traceback import extract_tb

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.lint.cfn_lint import check_template
from cdinfra.lint.cloud_init import SCHEMA_RULE, check_user_data
from cdinfra.lint.exceptions import Exemption, apply_exemptions, broken_exemptions, exemptions_of
from cdinfra.lint.finding import AllowedFinding, Finding, RuleFacts, Severity
from cdinfra.lint.rule import Hit, Rule
from cdinfra.lint.rules.exceptions import BROKEN_EXCEPTION, STALE_EXCEPTION
from cdinfra.lint.rules.secrets import hidden_values
from cdinfra.lint.settings import Settings
from cdinfra.lint.template import Template, logical_id_of
from cdinfra.lint.user_data import user_data_of

STRUCK = "(secret)"
"""What stands in a message for a secret."""

_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found in one template.

    Attributes:
        name: Name of the stack, or the file.
        findings: What is wrong, the heaviest first.
        allowed: What the template allows.
        rules: What all of these are of.
        has_user_data: Whether it has user data that cloud-init could check.
    """

    name: str
    findings: tuple[Finding, ...] = ()
    allowed: tuple[AllowedFinding, ...] = ()
    rules: tuple[RuleFacts, ...] = ()
    has_user_data: bool = False


def examine(template: Template, settings: Settings) -> Examined:
    """Return what is wrong in a template.

    Args:
        template: The template.
        settings: What is run.

    Raises:
        InvalidInputError: A rule of the team's fails, or cfn-lint cannot be run.
    """
    exemptions = exemptions_of(template)
    found = [
        (finding, facts)
        for finding, facts in _everything(template, settings)
        if finding.rule not in settings.ignored
    ]
    found = _without_secrets(template, found)
    found += list(_about_exemptions(template, exemptions, [each for each, _ in found], settings))
    if not settings.include_info:
        found = [each for each in found if each[0].severity is not Severity.INFO]
    findings, allowed = apply_exemptions(exemptions, [finding for finding, _ in found])
    rules = {facts.id: facts for _, facts in found}
    return Examined(
        name=template.name,
        findings=tuple(sorted(findings, key=_weight)),
        allowed=allowed,
        rules=tuple(rules[each] for each in sorted(rules)),
        has_user_data=any(user_data_of(template)),
    )


def _weight(finding: Finding) -> tuple[int, str, str, str]:
    where = "/".join(map(str, finding.path))
    return _ORDER.index(finding.severity), finding.rule, where, finding.message


def _without_secrets(
    template: Template, found: Sequence[tuple[Finding, RuleFacts]]
) -> list[tuple[Finding, RuleFacts]]:
    """Return the findings with every secret of the template struck out: cfn-lint quotes values."""
    forms = {form for text in hidden_values(template) for form in _quoted(text)}
    hidden = sorted(forms, key=len, reverse=True)
    if not hidden:
        return list(found)
    pattern = re.compile("|".join(map(re.escape, hidden)))
    return [
        (replace(finding, message=pattern.sub(STRUCK, finding.message)), facts)
        for finding, facts in found
    ]


def _quoted(text: str) -> Iterator[str]:
    """Yield a text as a message may hold it: as it is, or as Python or JSON quotes it."""
    for form in (text, repr(text)[1:-1], json.dumps(text)[1:-1]):
        yield " ".join(form.split())


def _everything(template: Template, settings: Settings) -> Iterator[tuple[Finding, RuleFacts]]:
    regions, info = settings.regions, settings.include_info
    yield from check_template(template, regions=regions, include_info=info)
    for rule in settings.every_rule:
        for hit in _hits(rule, template):
            yield _finding(template, rule, hit), rule
    if settings.cloud_init is not None:
        for hit in check_user_data(template, settings.cloud_init):
            yield _finding(template, SCHEMA_RULE, hit), SCHEMA_RULE


def _hits(rule: Rule, template: Template) -> tuple[Hit, ...]:
    try:
        hits = tuple(rule.check(template))
    except Exception as error:
        # A team's rule may raise anything; a traceback helps nobody who only runs it.
        message = f"{type(error).__name__}: {error}"
        raise _broken(rule, template, message, _own_line(rule, error)) from error
    for hit in hits:
        if not isinstance(hit, Hit):
            message = f"it yields a {type(hit).__name__}, not a Hit"  # type: ignore[unreachable] # a team's rules are not type-checked
            raise _broken(rule, template, message)
    return hits


def _own_line(rule: Rule, error: Exception) -> str:
    """Return the innermost line of the rule's own file that led to an error."""
    frames = extract_tb(error.__traceback__)
    code = getattr(rule.check, "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    innermost = (own or frames)[-1]
    return f"{innermost.filename}:{innermost.lineno}"


def _broken(rule: Rule, template: Template, message: str, where: str = "") -> InvalidInputError:
    hint = f"see {where}" if where else "yield resource.hit(…)"
    words = f"fails on {template.name}: {message}"
    return InvalidInputError(Problem(path=f"lint rules/{rule.id}", message=words, hint=hint))


def _finding(template: Template, facts: RuleFacts, hit: Hit) -> Finding:
    return Finding(
        rule=facts.id,
        severity=facts.severity,
        message=hit.message,
        template=template.name,
        logical_id=logical_id_of(hit.path),
        path=hit.path,
        place=template.place(hit.path),
    )


def _about_exemptions(
    template: Template,
    exemptions: Sequence[Exemption],
    findings: Sequence[Finding],
    settings: Settings,
) -> Iterator[tuple[Finding, RuleFacts]]:
    for hit in broken_exemptions(template):
        yield _finding(template, BROKEN_EXCEPTION, hit), BROKEN_EXCEPTION
    for exemption in exemptions:
        if settings.is_mistaken(exemption.rule):
            hit = Hit(message=f"{exemption.rule} is no rule", path=exemption.path)
            yield _finding(template, BROKEN_EXCEPTION, hit), BROKEN_EXCEPTION
        elif settings.runs(exemption.rule) and not any(map(exemption.covers, findings)):
            message = f"the exception from {exemption.rule} allows nothing"
            hit = Hit(message=message, path=exemption.path)
            yield _finding(template, STALE_EXCEPTION, hit), STALE_EXCEPTION
