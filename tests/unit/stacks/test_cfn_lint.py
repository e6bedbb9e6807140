"""Every golden template passes cfn-lint in every region, without an ignore."""

import pytest
from cfnlint.config import ConfigMixIn
from cfnlint.core import get_rules
from cfnlint.decode import decode_str
from cfnlint.helpers import REGIONS
from cfnlint.rules import RulesCollection
from cfnlint.runner import run_template_by_data

from cdinfra.model import StackTemplate

NOT_OURS = {
    "I4010": "asks for a comment in the template's metadata; ours stand in the classes",
}
"""Rules that say nothing about what a template does, and that cfn-lint itself leaves out
unless all informational rules are asked for."""


@pytest.fixture(scope="session")
def rules() -> RulesCollection:
    return get_rules([], [], ["I", "W", "E"])


def test_cfn_lint_finds_nothing(template: StackTemplate, rules: RulesCollection) -> None:
    config = ConfigMixIn(regions=list(REGIONS), include_checks=["I", "W", "E"])
    document = _with_places(template)
    matches = [
        f"{match.rule.id} {match.message} at {match.path}"
        for match in run_template_by_data(document, config, rules)
        if match.rule.id not in NOT_OURS
    ]
    assert matches == []


def test_cfn_lint_would_find_something(rules: RulesCollection) -> None:
    config = ConfigMixIn(regions=["eu-west-1"])
    body = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"Nmae": "x"}}}}
    text = StackTemplate(name="x", stack_name="x", document=body)
    found = [match.rule.id for match in run_template_by_data(_with_places(text), config, rules)]
    assert "E3002" in found


def _with_places(template: StackTemplate) -> dict[str, object]:
    document, errors = decode_str(template.body)
    assert document is not None, errors
    return document
