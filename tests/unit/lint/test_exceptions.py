from collections.abc import Callable
from typing import Any

import pytest

from cdinfra.lint import Report

Lint = Callable[..., Report]


def ids(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def test_a_resource_may_allow_what_a_rule_finds(lint: Lint, log: Any, allowing: Any) -> None:
    log["Metadata"] = allowing(CD404="an audit wants them")
    report = lint({"Log": log})
    assert ids(report) == []
    (allowed,) = report.allowed
    assert (allowed.finding.rule, allowed.reason) == ("CD404", "an audit wants them")
    assert [rule.id for rule in report.rules] == ["CD404"]


def test_an_exception_holds_for_its_own_resource_only(lint: Lint, log: Any, allowing: Any) -> None:
    report = lint({"Log": log, "Other": {**log, "Metadata": allowing(CD404="an audit")}})
    assert [finding.logical_id for finding in report.findings] == ["Log"]


def test_an_exception_of_the_template_holds_for_all_of_it(
    lint: Lint, log: Any, allowing: Any
) -> None:
    report = lint({"Log": log, "Other": log}, metadata=allowing(CD404="an audit wants them"))
    assert ids(report) == []
    assert len(report.allowed) == 2


def test_a_rule_of_cfn_lint_can_be_allowed_too(lint: Lint, allowing: Any) -> None:
    topic = {
        "Type": "AWS::SNS::Topic",
        "Properties": {"Nmae": "x"},
        "Metadata": allowing(E3002="y"),
    }
    assert ids(lint({"Topic": topic})) == []


def test_an_exception_that_allows_nothing_is_a_finding(lint: Lint, allowing: Any) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Metadata": allowing(CD404="it was a log group once")}
    (finding,) = lint({"Topic": topic}).findings
    assert (finding.rule, finding.logical_id) == ("CD901", "Topic")
    assert "CD404" in finding.message


@pytest.mark.parametrize("rule", ["CD207", "I3042", "ACME101"])
def test_an_exception_from_a_rule_that_is_not_run_may_still_be_needed(
    lint: Lint, allowing: Any, rule: str
) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Metadata": allowing(**{rule: "for elsewhere"})}
    assert ids(lint({"Topic": topic})) == []


def test_an_exception_from_a_rule_that_is_left_out_may_still_be_needed(
    lint: Lint, allowing: Any
) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Metadata": allowing(CD404="of old")}
    assert ids(lint({"Topic": topic}, ignored=frozenset({"CD404"}))) == []


def test_an_exception_from_what_is_not_told_is_no_stale_one(lint: Lint, allowing: Any) -> None:
    group = {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {
            "GroupDescription": "Hosts",
            "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1}],
        },
        "Metadata": allowing(CD302="everybody knows"),
    }
    assert "CD901" not in ids(lint({"Group": group}))


@pytest.mark.parametrize("reason", ["", "  ", None, True, ["x"]])
def test_an_exception_without_a_reason_allows_nothing(
    lint: Lint, log: Any, allowing: Any, reason: object
) -> None:
    log["Metadata"] = allowing(CD404=reason)
    found = ids(lint({"Log": log}))
    assert {"CD404", "CD902"} <= set(found)
    assert "CD901" not in found


def test_exceptions_that_are_no_table_are_a_finding(lint: Lint, log: Any) -> None:
    log["Metadata"] = {"cdinfra": {"lint": {"allow": ["CD404"]}}}
    assert ids(lint({"Log": log})) == ["CD902", "CD404"]


def test_an_exception_from_a_rule_that_does_not_exist_is_a_finding(
    lint: Lint, allowing: Any
) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Metadata": allowing(CD999="whatever it is")}
    (finding,) = lint({"Topic": topic}).findings
    assert (finding.rule, finding.message) == ("CD902", "CD999 is no rule")
