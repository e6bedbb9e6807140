"""A report as JUnit XML, which CI servers show as test results."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cdinfra.lint.finding import Finding, RuleFacts, Severity
from cdinfra.lint.report import Report
from cdinfra.model.xml_text import xml_text


def build_junit(report: Report, *, strict: bool = False) -> str:
    """Return the report as a JUnit document: one suite a template, one case a finding.

    Args:
        report: What was found.
        strict: Whether warnings fail, too; otherwise they are cases that pass with a remark.
    """
    root = Element("testsuites", name="cdinfra lint")
    rules = {rule.id: rule for rule in report.rules}
    for template in report.templates:
        suite = SubElement(root, "testsuite", name=xml_text(template))
        for finding in report.of(template):
            _add_finding(suite, finding, rules[finding.rule], strict=strict)
        for allowed in report.allowed:
            if allowed.finding.template == template:
                SubElement(
                    _case(suite, allowed.finding), "skipped", message=xml_text(allowed.reason)
                )
        if len(suite) == 0:
            SubElement(suite, "testcase", classname=xml_text(template), name="nothing found")
        _count(suite)
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written.decode()


def _add_finding(suite: Element, finding: Finding, rule: RuleFacts, *, strict: bool) -> None:
    case = _case(suite, finding)
    fails = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    text = "\n".join(_lines(finding, rule))
    if finding.severity in fails:
        failure = SubElement(case, "failure", type=finding.rule, message=xml_text(finding.message))
        failure.text = xml_text(text)
    else:
        SubElement(case, "system-out").text = xml_text(f"{finding.message}\n{text}")


def _lines(finding: Finding, rule: RuleFacts) -> Iterator[str]:
    if finding.place is not None:
        yield str(finding.place)
    yield rule.title
    yield rule.reason
    yield f"Source: {rule.source}"


def _case(suite: Element, finding: Finding) -> Element:
    name = " ".join(filter(None, (finding.rule, "/".join(map(str, finding.path)))))
    return SubElement(suite, "testcase", classname=xml_text(finding.template), name=xml_text(name))


def _count(suite: Element) -> None:
    suite.set("tests", str(len(suite)))
    for counted, tag in (("failures", "failure"), ("skipped", "skipped")):
        suite.set(counted, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("errors", "0")
