from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdinfra.errors import InvalidInputError
from cdinfra.lint import (
    Finding,
    Hit,
    Report,
    Resource,
    Rule,
    Settings,
    Severity,
    Template,
    lint_app,
    lint_files,
    lint_templates,
)
from cdinfra.model import App, BuildContext, SourceLine, StackTemplate

Lint = Callable[..., Report]
ALONE = Settings(cloud_init=None)


def ids(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def of_resource(finding: Callable[[Resource], Hit]) -> Rule:
    return Rule(
        id="ACME101",
        severity=Severity.WARNING,
        title="A thing is wrong.",
        reason="It is.",
        source="the team's handbook",
        check=lambda template: map(finding, template.resources()),
    )


def written(folder: Path, text: str, name: str = "web.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_template_without_a_fault_has_an_empty_report(lint: Lint) -> None:
    report = lint({"Topic": {"Type": "AWS::SNS::Topic"}})
    assert report == Report(templates=("web",), findings=(), allowed=(), rules=())
    assert not report.has_errors
    assert not report.has_warnings


def test_a_finding_of_a_stack_has_the_line_that_made_the_resource(lint: Lint, log: Any) -> None:
    line = SourceLine(file="infra.py", line=12, method="Web.add_resources")
    (finding,) = lint({"Log": log}, sources={"Log": line}).findings
    assert finding == Finding(
        rule="CD404",
        severity=Severity.WARNING,
        message="keeps its events for ever",
        template="web",
        logical_id="Log",
        path=("Resources", "Log", "Properties", "RetentionInDays"),
        place=line,
    )


def test_cfn_lint_runs_too_and_its_rules_are_in_the_report(lint: Lint) -> None:
    report = lint({"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"Nmae": "x"}}})
    assert ids(report) == ["E3002"]
    assert [rule.id for rule in report.rules] == ["E3002"]
    assert report.findings[0].logical_id == "Topic"
    assert report.rules[0].source.startswith("https://")


def test_cfn_lints_own_way_to_ignore_a_rule_keeps_working(lint: Lint) -> None:
    topic = {
        "Type": "AWS::SNS::Topic",
        "Properties": {"Nmae": "x"},
        "Metadata": {"cfn-lint": {"config": {"ignore_checks": ["E3002"]}}},
    }
    assert ids(lint({"Topic": topic})) == []


def test_errors_stand_before_warnings(report: Report) -> None:
    assert ids(report) == ["CD103", "CD404"]
    assert (report.has_errors, report.has_warnings) == (True, True)


def test_what_is_merely_worth_knowing_is_told_on_request(lint: Lint) -> None:
    alarm = {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {"Topics": ["arn:aws:sns:eu-west-1:123456789012:x"], "PolicyDocument": {}},
    }
    assert "CD601" not in ids(lint({"Policy": alarm}))
    assert "CD601" in ids(lint({"Policy": alarm}, include_info=True))


def test_a_rule_can_be_left_out(lint: Lint, log: Any) -> None:
    assert ids(lint({"Log": log}, ignored=frozenset({"CD404"}))) == []


def test_an_unknown_rule_cannot_be_left_out(lint: Lint) -> None:
    with pytest.raises(InvalidInputError, match="did you mean 'CD404'"):
        lint({}, ignored=frozenset({"CD4044"}))
    assert Settings(ignored=frozenset({"E3002"}), cloud_init=None).ignored == {"E3002"}


def test_a_region_that_does_not_exist_is_refused(lint: Lint) -> None:
    with pytest.raises(InvalidInputError, match="mars-1"):
        lint({"Topic": {"Type": "AWS::SNS::Topic"}}, regions=("mars-1",))


def test_a_file_is_linted_with_its_own_lines(tmp_path: Path) -> None:
    text = "Resources:\n  Log:\n    Type: AWS::Logs::LogGroup\n    DeletionPolicy: Retain\n"
    file = written(tmp_path, text)
    report = lint_files([file], ALONE)
    assert report.templates == (str(file),)
    assert ids(report) == ["CD404", "CD405", "W3011"]
    assert {finding.place for finding in report.findings} == {SourceLine(file=str(file), line=2)}


def test_the_line_of_a_finding_is_that_of_the_innermost_value(tmp_path: Path) -> None:
    text = (
        '{"Resources": {\n"Pages": {"Type": "AWS::S3::Bucket",\n"DeletionPolicy": "Retain",'
        '\n"UpdateReplacePolicy": "Retain",\n"Properties": {\n"AccessControl": "PublicRead"}}}}'
    )
    report = lint_files([written(tmp_path, text, "pages.json")], ALONE)
    (finding,) = [each for each in report.findings if each.rule == "CD403"]
    assert finding.place == SourceLine(file=str(tmp_path / "pages.json"), line=6)


@pytest.mark.parametrize("text", ["Resources: [", "- Resources", "words", '{"a": 1, "a": 2}'])
def test_a_file_that_is_no_template_is_a_finding(tmp_path: Path, text: str) -> None:
    report = lint_files([written(tmp_path, text)], ALONE)
    assert set(ids(report)) == {"E0000"}
    assert [rule.id for rule in report.rules] == ["E0000"]


def test_files_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    binary = tmp_path / "web.zip"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInputError) as caught:
        lint_files([tmp_path / "none.yaml", tmp_path, binary], ALONE)
    paths = [problem.path for problem in caught.value.problems]
    assert paths == [str(tmp_path / "none.yaml"), str(tmp_path), str(binary)]


class Logs:
    name = "logs"
    foundational = False

    def build(self, context: BuildContext) -> StackTemplate:
        return StackTemplate(
            name="logs",
            stack_name=context.stack_name("logs"),
            document={"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}},
        )


def test_an_app_is_linted_with_its_own_rules_and_in_its_region() -> None:
    app = App("shop", env="dev", owner="team", region="eu-central-1")
    app.add(Logs())
    assert ids(lint_app(app, ALONE)) == []
    app.lint_with(of_resource(lambda resource: resource.hit("is wrong", "Type")))
    (finding,) = lint_app(app, ALONE).findings
    assert (finding.rule, finding.logical_id) == ("ACME101", "Topic")
    assert finding.place is not None
    assert finding.place.file.endswith("test_run.py")


def test_what_is_no_rule_is_refused_with_everything_that_is_wrong_with_it() -> None:
    app = App("shop", env="dev", owner="team")
    good = of_resource(lambda resource: resource.hit("x"))
    bad = Rule(id="x", severity="bad", title="", reason="r", source="s", check="c")  # type: ignore[arg-type]
    shipped = Rule(
        id="CD101", severity=Severity.INFO, title="t", reason="r", source="s", check=good.check
    )
    app.lint_with("rule", good, good, bad, shipped)
    with pytest.raises(InvalidInputError) as caught:
        lint_app(app, ALONE)
    paths = [problem.path.removeprefix("app/lint rules/") for problem in caught.value.problems]
    assert paths == ["0", "ACME101", "x", "x/severity", "x/check", "x/title", "CD101"]


def broken(template: Template) -> list[Hit]:
    return [resource.hit(sorted(resource.definition)[9]) for resource in template.resources()]


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (broken, "IndexError: list index out of range"),
        (lambda _: ["text"], "yields a str, not a Hit"),
    ],
)
def test_a_rule_that_fails_is_one_clear_error(lint: Lint, check: Any, words: str) -> None:
    rule = of_resource(lambda resource: resource.hit("x"))
    failing = Rule(**{name: getattr(rule, name) for name in FACTS}, check=check)
    with pytest.raises(InvalidInputError) as caught:
        lint({"Topic": {"Type": "AWS::SNS::Topic"}}, rules=(failing,))
    (problem,) = caught.value.problems
    assert problem.path == "lint rules/ACME101"
    assert words in problem.message
    assert problem.hint


FACTS = ("id", "severity", "title", "reason", "source")


def test_templates_are_linted_in_the_order_in_which_they_are_given(log: Any) -> None:
    stacks = [
        StackTemplate(name=name, stack_name=name, document={"Resources": {"Log": log}})
        for name in ("b", "a")
    ]
    report = lint_templates(stacks, ALONE)
    assert [finding.template for finding in report.findings] == ["b", "a"]
    assert report.of("a") == report.findings[1:]


def test_a_message_of_cfn_lint_shows_no_secret(lint: Lint) -> None:
    database = {
        "Type": "AWS::RDS::DBInstance",
        "Properties": {"MasterUserPassword": "a/b", "Port": {"password": "correct-horse"}},
    }
    report = lint(
        {
            "Db": database,
            "Bad": {
                "Type": "AWS::SNS::Topic",
                "Properties": {
                    "Tags": [
                        {"Key": "password", "Value": "correct-horse"},
                        {"Key": "password", "Value": "correct-horse"},
                    ]
                },
            },
        }
    )
    assert report.has_errors
    assert not [each for each in report.findings if "correct-horse" in each.message]
    assert [each for each in report.findings if "(secret)" in each.message]
