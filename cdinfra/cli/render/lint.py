"""A report of lint: as text, what is wrong in each template, then why; and for programs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from textwrap import wrap
from typing import Any, assert_never

import click

from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.style import faint, strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.render.words import count, printable
from cdinfra.lint import Finding, Report, RuleFacts, Severity
from cdinfra.lint.junit import build_junit
from cdinfra.lint.sarif import build_sarif

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: None}
_INDENT = " " * 4

WIDTH = 76
"""Characters in a line of a reason: with the indent, a terminal's 80."""


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """What a report is rendered with.

    Attributes:
        noun: What a template is called: ``stack`` or ``file``.
        app_file: The file to point at where a finding's own line is not known.
        strict: Whether warnings fail.
    """

    noun: str
    app_file: str
    strict: bool = False

    def lines(self, report: Report, report_format: Format) -> Iterable[str]:
        """Return a report as lines."""
        match report_format:
            case Format.TEXT:
                return _text_lines(report, self.noun)
            case Format.JSON:
                return (document(report_object(report)),)
            case Format.JUNIT:
                return (build_junit(report, strict=self.strict),)
            case Format.SARIF:
                return (document(build_sarif(report, app_file=self.app_file)),)
            case _:
                assert_never(report_format)


def _text_lines(report: Report, noun: str) -> Iterator[str]:
    for template in report.templates:
        if findings := report.of(template):
            yield strong(printable(template))
            for finding in findings:
                yield from _finding_lines(finding)
            yield ""
    found = {finding.rule for finding in report.findings}
    for rule in report.rules:
        if rule.id in found:
            yield from _rule_lines(rule)
    yield from [""] if found else []
    yield _summary(report, noun)


def rule_objects(rules: Iterable[RuleFacts]) -> list[dict[str, str]]:
    """Return what people read about rules, as objects for programs."""
    names = [field.name for field in fields(RuleFacts)]
    return [{name: getattr(rule, name) for name in names} for rule in rules]


def rule_rows(rules: Iterable[RuleFacts]) -> list[str]:
    """Return rules as a table."""
    rows = [(strong(each.id), _severity(each.severity), each.title) for each in rules]
    return table(("RULE", "SEVERITY", "FINDS"), rows)


def report_object(report: Report) -> dict[str, Any]:
    """Return a report as an object for programs."""
    return {
        "templates": report.templates,
        "errors": report.count(Severity.ERROR),
        "warnings": report.count(Severity.WARNING),
        "findings": report.findings,
        "allowed": report.allowed,
        "rules": rule_objects(report.rules),
        "remarks": report.remarks,
    }


def _finding_lines(finding: Finding) -> Iterator[str]:
    words = [printable(each) for each in (finding.logical_id, finding.message) if each]
    yield f"  {_severity(finding.severity)} {finding.rule}  {' '.join(words)}"
    if finding.place is not None and str(finding.place):
        yield f"{_INDENT}{faint(printable(str(finding.place)))}"


def _rule_lines(rule: RuleFacts) -> Iterator[str]:
    yield f"{rule.id}  {printable(rule.title)}"
    for text in (rule.reason, rule.source):
        if text and text != rule.title:
            yield from (f"{_INDENT}{faint(line)}" for line in wrap(printable(text), WIDTH))


def _severity(severity: Severity) -> str:
    return click.style(severity.value, fg=_COLOURS[severity])


def _summary(report: Report, noun: str) -> str:
    counts = [
        count(number, severity.value) for severity in Severity if (number := report.count(severity))
    ]
    found = ", ".join(counts) or "nothing found"
    allowed = f"; {len(report.allowed)} allowed" if report.allowed else ""
    return f"{count(len(report.templates), noun)}: {found}{allowed}"
