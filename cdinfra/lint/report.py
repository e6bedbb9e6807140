"""The outcome of a run of lint."""

from dataclasses import dataclass

from cdinfra.lint.finding import AllowedFinding, Finding, RuleFacts, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found in some templates.

    Attributes:
        templates: Names of the stacks, or the files, in the order in which they were given.
        findings: What is wrong, template by template, the heaviest first.
        allowed: What would be wrong, had the template not stated why it is not.
        rules: The rules that the findings, allowed or not, are of.
        remarks: What was not checked, and why, as sentences.
    """

    templates: tuple[str, ...]
    findings: tuple[Finding, ...]
    allowed: tuple[AllowedFinding, ...]
    rules: tuple[RuleFacts, ...]
    remarks: tuple[str, ...] = ()

    @property
    def has_errors(self) -> bool:
        """Whether anything must be mended."""
        return self.count(Severity.ERROR) > 0

    @property
    def has_warnings(self) -> bool:
        """Whether anything should be mended."""
        return self.count(Severity.WARNING) > 0

    def count(self, severity: Severity) -> int:
        """Return how many findings weigh that much."""
        return sum(finding.severity is severity for finding in self.findings)

    def of(self, template: str) -> tuple[Finding, ...]:
        """Return the findings in one template."""
        return tuple(finding for finding in self.findings if finding.template == template)
