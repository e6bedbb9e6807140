"""Exceptions that a template states: which rule does not hold where, and why.

They stand in ``Metadata`` of a resource, or of the template for what belongs to no resource::

    Metadata:
      cdinfra:
        lint:
          allow:
            CD301: The status page is for everybody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cdinfra.lint.finding import AllowedFinding, Finding, Path
from cdinfra.lint.rule import Hit
from cdinfra.lint.template import Template
from cdinfra.lint.values import reaches
from cdinfra.model.lint_exceptions import KEYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """One exception.

    Attributes:
        rule: Id of the rule that it allows.
        logical_id: The resource it holds for; empty for the whole template.
        reason: Why.
    """

    rule: str
    logical_id: str
    reason: str

    @property
    def path(self) -> Path:
        """Where it stands."""
        return (*_owner(self.logical_id), *KEYS, self.rule)

    def covers(self, finding: Finding) -> bool:
        """Whether it allows a finding."""
        return finding.rule == self.rule and self.logical_id in ("", finding.logical_id)


def exemptions_of(template: Template) -> tuple[Exemption, ...]:
    """Return the exceptions of a template that are written as they should be."""
    return tuple(
        Exemption(rule=rule, logical_id=owner, reason=reason)
        for owner, allow in _tables(template)
        if isinstance(allow, dict)
        for rule, reason in allow.items()
        if isinstance(reason, str) and reason.strip()
    )


def broken_exemptions(template: Template) -> Iterator[Hit]:
    """Yield the exceptions that give no reason, or are not written as a table."""
    for owner, allow in _tables(template):
        path = (*_owner(owner), *KEYS)
        if not isinstance(allow, dict):
            yield Hit(message="allow is no mapping of rules to reasons", path=path)
            continue
        for rule, reason in allow.items():
            if not isinstance(reason, str) or not reason.strip():
                yield Hit(message=f"{rule} is allowed without a reason", path=(*path, rule))


def apply_exemptions(
    exemptions: Sequence[Exemption], findings: Sequence[Finding]
) -> tuple[tuple[Finding, ...], tuple[AllowedFinding, ...]]:
    """Return the findings that remain, and those that are allowed."""
    remaining, allowed = [], []
    for finding in findings:
        exemption = next((each for each in exemptions if each.covers(finding)), None)
        if exemption is None:
            remaining.append(finding)
        else:
            allowed.append(AllowedFinding(finding=finding, reason=exemption.reason))
    return tuple(remaining), tuple(allowed)


def _tables(template: Template) -> Iterator[tuple[str, Any]]:
    owners = (
        ("", template.document),
        *((each.logical_id, each.definition) for each in template.resources()),
    )
    for owner, definition in owners:
        allow = reaches(definition, *KEYS)
        if allow is not None:
            yield owner, allow


def _owner(logical_id: str) -> tuple[str, ...]:
    return ("Resources", logical_id) if logical_id else ()
