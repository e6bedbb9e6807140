from pathlib import Path

import pytest

from cdinfra.deploy.load_rules import load_rules
from cdinfra.errors import InvalidInputError

GOOD = """
from cdinfra.lint import Rule, Severity

def check(template):
    for topic in template.resources("AWS::SNS::Topic"):
        yield topic.hit("is wrong")

RULES = (
    Rule(
        id="ACME101",
        severity=Severity.ERROR,
        title="A topic is wrong.",
        reason="It is.",
        source="the team's handbook",
        check=check,
    ),
)
"""


def refusal(file: Path, text: str) -> InvalidInputError:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError) as caught:
        load_rules(file)
    return caught.value


def test_the_rules_of_a_file_are_loaded(tmp_path: Path) -> None:
    file = tmp_path / "rules.py"
    file.write_text(GOOD, encoding="utf-8")
    assert [rule.id for rule in load_rules(file)] == ["ACME101"]


def test_a_file_without_rules_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    error = refusal(tmp_path / "rules.py", GOOD.replace("RULES", "RULE"))
    assert "defines no tuple RULES (did you mean 'RULE'?)" in error.message


def test_what_is_no_rule_is_named_by_its_place(tmp_path: Path) -> None:
    error = refusal(tmp_path / "rules.py", "RULES = ('CD101',)")
    assert error.problems[0].path == f"{tmp_path / 'rules.py'}/0"
    assert "is a str, not a Rule" in error.message


def test_a_broken_file_is_one_error_with_its_line(tmp_path: Path) -> None:
    error = refusal(tmp_path / "rules.py", "\n\nRULES = (undefined,)")
    assert error.problems[0].path == f"{tmp_path / 'rules.py'}:3"
    with pytest.raises(InvalidInputError, match="no such file"):
        load_rules(tmp_path / "none.py")
