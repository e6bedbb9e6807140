from typing import Any

import pytest

from cdinfra.lint import Report
from cdinfra.lint.sarif import build_sarif


@pytest.fixture
def run(report: Report) -> dict[str, Any]:
    log = build_sarif(report, app_file="infra.py")
    assert log["version"] == "2.1.0"
    assert log["$schema"].startswith("https://")
    (run,) = log["runs"]
    return dict(run)


def test_every_result_names_its_rule_by_id_and_index(run: dict[str, Any]) -> None:
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "cdinfra"
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert [rule["id"] for rule in rules] == ["CD103", "CD404"]


def test_severities_are_the_levels_of_sarif(run: dict[str, Any]) -> None:
    levels = [(result["ruleId"], result["level"]) for result in run["results"]]
    assert levels == [("CD103", "error"), ("CD404", "warning"), ("CD404", "warning")]


def test_a_result_is_at_its_line_and_else_at_the_top_of_the_app_file(run: dict[str, Any]) -> None:
    known, unknown, _ = [result["locations"][0] for result in run["results"]]
    assert known["physicalLocation"] == {
        "artifactLocation": {"uri": "my%20infra.py"},
        "region": {"startLine": 7},
    }
    assert unknown["physicalLocation"]["artifactLocation"] == {"uri": "infra.py"}
    assert unknown["physicalLocation"]["region"] == {"startLine": 1}
    names = [each["fullyQualifiedName"] for each in known["logicalLocations"]]
    assert names == ["web/Resources/Host/Properties/MetadataOptions"]


def test_what_is_allowed_is_a_suppressed_result_with_its_reason(run: dict[str, Any]) -> None:
    suppressed = [result for result in run["results"] if "suppressions" in result]
    (suppression,) = suppressed[0]["suppressions"]
    assert suppression["kind"] == "inSource"
    assert suppression["justification"].startswith("kept")


def test_fingerprints_tell_findings_apart(run: dict[str, Any]) -> None:
    prints = [result["partialFingerprints"]["cdinfra/v1"] for result in run["results"]]
    assert len(set(prints)) == 3


def test_what_was_not_checked_is_a_notification(run: dict[str, Any]) -> None:
    (invocation,) = run["invocations"]
    (notification,) = invocation["toolExecutionNotifications"]
    assert "cloud-init is not installed" in notification["message"]["text"]


def test_required_properties_of_the_format_are_there(run: dict[str, Any]) -> None:
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
