"""The shipped stacks pass our own lint; where they do not, somebody meant it."""

import pytest
from troposphere import Ref, logs, sns

from cdinfra.errors import InvalidInputError
from cdinfra.lint import Settings, lint_templates
from cdinfra.model import BuildContext, StackTemplate
from cdinfra.stacks import Stack, TemplateBuilder

MEANT = {
    "docker-hosts-balanced": {"CD303"},
    "docker-hosts-vpc-only": {"CD303"},
}
"""A load balancer without a certificate cannot but serve plain HTTP."""


def test_lint_finds_nothing_that_is_not_meant(variant: str, template: StackTemplate) -> None:
    report = lint_templates([template], Settings())
    assert {finding.rule for finding in report.findings} == MEANT.get(variant, set())
    assert report.allowed == ()


class KeptLogs(Stack):
    """A stack that allows itself something."""

    resource = "Log"

    def add_resources(self, builder: TemplateBuilder) -> None:
        log = builder.add(
            logs.LogGroup("Log", DeletionPolicy="Retain", UpdateReplacePolicy="Retain")
        )
        on = log if self.resource == "Log" else self.resource
        builder.allow("CD404", on=on, reason="an audit wants them")
        builder.allow("CD601", reason="there is one account")


def test_a_stack_of_ones_own_allows_what_is_right_in_it(context: BuildContext) -> None:
    template = KeptLogs("logs").build(context)
    metadata = template.document["Resources"]["Log"]["Metadata"]
    assert metadata == {"cdinfra": {"lint": {"allow": {"CD404": "an audit wants them"}}}}
    assert template.document["Metadata"]["cdinfra"]["lint"]["allow"].keys() == {"CD601"}
    report = lint_templates([template], Settings(cloud_init=None))
    assert [allowed.finding.rule for allowed in report.allowed] == ["CD404"]


def test_an_exception_for_a_resource_that_is_not_there_is_refused(context: BuildContext) -> None:
    stack = KeptLogs("logs")
    stack.resource = "Lgo"
    with pytest.raises(InvalidInputError, match="did you mean 'Log'"):
        stack.build(context)


def test_an_exception_for_what_is_no_resource_is_refused(context: BuildContext) -> None:
    class Careless(Stack):
        def add_resources(self, builder: TemplateBuilder) -> None:
            topic = builder.add(sns.Topic("Topic"))
            builder.allow("CD404", reason="none", on=Ref(topic))

    with pytest.raises(InvalidInputError, match=r"allow/CD404: .* is no resource"):
        Careless("one").build(context)
