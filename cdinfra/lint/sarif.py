"""A report as SARIF 2.1.0, which GitHub, GitLab and editors show beside the code.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

import hashlib
from typing import Any, Final
from urllib.parse import quote

from cdinfra import __version__
from cdinfra.lint.finding import AllowedFinding, Finding, RuleFacts, Severity
from cdinfra.lint.report import Report

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

LEVELS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}


def build_sarif(report: Report, *, app_file: str) -> dict[str, Any]:
    """Return the report as a SARIF log with one run.

    Args:
        report: What was found.
        app_file: The file to point at where a finding's own line is not known.
    """
    indexes = {rule.id: index for index, rule in enumerate(report.rules)}
    results = [_result(finding, indexes, app_file) for finding in report.findings]
    results += [_suppressed(allowed, indexes, app_file) for allowed in report.allowed]
    driver = {
        "name": "cdinfra",
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in report.rules],
    }
    invocation = {
        "executionSuccessful": True,
        "toolExecutionNotifications": [
            {"level": "note", "message": {"text": remark}} for remark in report.remarks
        ],
    }
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: RuleFacts) -> dict[str, Any]:
    described = {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.reason},
        "help": {"text": f"{rule.reason} Source: {rule.source}"},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }
    if rule.source.startswith("https://"):
        described["helpUri"] = rule.source
    return described


def _result(finding: Finding, indexes: dict[str, int], app_file: str) -> dict[str, Any]:
    file = finding.place.file if finding.place else ""
    line = finding.place.line if finding.place and file else 1
    where = "/".join(map(str, (finding.template, *finding.path)))
    subject = f"{finding.logical_id} " if finding.logical_id else ""
    return {
        "ruleId": finding.rule,
        "ruleIndex": indexes[finding.rule],
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.template}: {subject}{finding.message}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(file or app_file)},
                    "region": {"startLine": max(line, 1)},
                },
                "logicalLocations": [{"fullyQualifiedName": where, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"cdinfra/v1": _fingerprint(finding.rule, where)},
    }


def _suppressed(allowed: AllowedFinding, indexes: dict[str, int], app_file: str) -> dict[str, Any]:
    suppression = {"kind": "inSource", "justification": allowed.reason}
    return {**_result(allowed.finding, indexes, app_file), "suppressions": [suppression]}


def _fingerprint(*parts: str) -> str:
    """Return what stays the same when lines move."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
