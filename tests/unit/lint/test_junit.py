from xml.etree.ElementTree import Element, fromstring

from hypothesis import given
from hypothesis import strategies as st

from cdinfra.lint import Finding, Report, RuleFacts, Severity
from cdinfra.lint.junit import build_junit

RULE = RuleFacts(id="ACME1", severity=Severity.ERROR, title="t", reason="r", source="s")


def parsed(report: Report, *, strict: bool = False) -> Element:
    return fromstring(build_junit(report, strict=strict))  # noqa: S314 - what we wrote


def outcomes(suite: Element) -> list[str]:
    return [child.tag for case in suite for child in case]


def test_errors_fail_and_what_is_allowed_is_skipped(report: Report) -> None:
    (suite,) = parsed(report)
    assert suite.attrib == {
        "name": "web",
        "tests": "3",
        "failures": "1",
        "skipped": "1",
        "errors": "0",
    }
    assert outcomes(suite) == ["failure", "system-out", "skipped"]


def test_warnings_fail_where_they_shall(report: Report) -> None:
    (suite,) = parsed(report, strict=True)
    assert outcomes(suite) == ["failure", "failure", "skipped"]


def test_a_failure_says_what_where_and_why(report: Report) -> None:
    failure = parsed(report).find("testsuite/testcase/failure")
    assert failure is not None
    assert "metadata service" in failure.attrib["message"]
    assert failure.text is not None
    assert failure.text.startswith("my infra.py:7 (Web.build)\n")
    assert "Source: " in failure.text


def test_a_template_without_findings_is_a_case_that_passes() -> None:
    report = Report(templates=("web",), findings=(), allowed=(), rules=())
    (suite,) = parsed(report)
    assert [case.attrib["name"] for case in suite] == ["nothing found"]
    assert suite.attrib["failures"] == "0"


@given(st.text(), st.text())
def test_any_text_becomes_well_formed_xml(message: str, name: str) -> None:
    finding = Finding(
        rule=RULE.id,
        severity=RULE.severity,
        message=message,
        template=name,
        logical_id="",
        path=(name,),
        place=None,
    )
    report = Report(templates=(name,), findings=(finding,), allowed=(), rules=(RULE,))
    assert len(parsed(report)) == 1
