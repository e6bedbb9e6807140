"""What cloud-init's own program says through lint, where it is installed."""

import shutil

import pytest

from cdinfra.lint import Settings, lint_templates
from cdinfra.lint.cloud_init import find_cloud_init
from cdinfra.model import StackTemplate

pytestmark = pytest.mark.skipif(
    shutil.which("cloud-init") is None, reason="cloud-init is not installed"
)


def found(user_data: str) -> list[str]:
    launch = {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {"LaunchTemplateData": {"UserData": {"Fn::Base64": user_data}}},
    }
    stack = StackTemplate(name="web", stack_name="web", document={"Resources": {"Launch": launch}})
    report = lint_templates([stack], Settings(cloud_init=find_cloud_init()))
    return [finding.message for finding in report.findings if finding.rule == "CD207"]


def test_a_document_that_cloud_init_can_read_is_clean() -> None:
    assert found("#cloud-config\nruncmd: [[echo, hi]]\n") == []


def test_each_thing_that_cloud_init_cannot_read_is_told_without_its_value() -> None:
    messages = found("#cloud-config\nruncmd: hunter2\npackages: hunter2\n")
    assert len(messages) == 2
    assert any("runcmd: is not of type 'array'" in message for message in messages)
    assert not any("hunter2" in message for message in messages)
