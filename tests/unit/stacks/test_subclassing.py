"""Stacks of a user's own: written anew, or changed through the hooks."""

import json
from typing import Any

import pytest
from awacs.aws import Allow, Statement
from awacs.sqs import SendMessage
from troposphere import GetAtt, ec2, s3, sqs

from cdinfra.errors import InvalidInputError
from cdinfra.model import BuildContext, OutputReference
from cdinfra.stacks import DockerHosts, Foundation, Network, Stack, TemplateBuilder


class QueuedHosts(DockerHosts):
    """Hosts with a queue beside them and with an older metadata service."""

    def add_resources(self, builder: TemplateBuilder) -> None:
        builder.add(sqs.Queue("Jobs"))
        super().add_resources(builder)

    def build_role_statements(self, builder: TemplateBuilder) -> list[Statement]:
        send = Statement(Effect=Allow, Action=[SendMessage], Resource=[GetAtt("Jobs", "Arn")])
        return [*super().build_role_statements(builder), send]

    def build_launch_template(self, builder: TemplateBuilder) -> ec2.LaunchTemplate:
        template = super().build_launch_template(builder)
        template.LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit = 2
        return template

    def customize(self, builder: TemplateBuilder) -> None:
        builder.template.resources["LogGroup"].RetentionInDays = 365


class LoggedFoundation(Foundation):
    def build_bucket(self, builder: TemplateBuilder) -> s3.Bucket:
        bucket = super().build_bucket(builder)
        bucket.LoggingConfiguration = s3.LoggingConfiguration(DestinationBucketName="acme-logs")
        return bucket


class Queue(Stack):
    def add_resources(self, builder: TemplateBuilder) -> None:
        queue = builder.add(sqs.Queue("Jobs"))
        builder.output("Arn", GetAtt(queue, "Arn"), "ARN of the queue")


class Incomplete(Stack):
    def add_resources(self, builder: TemplateBuilder) -> None:
        builder.add(ec2.Subnet("Subnet"))


class Endless(Stack):
    def add_resources(self, builder: TemplateBuilder) -> None:
        for number in range(501):
            builder.add(sqs.Queue(f"Jobs{number}"))


class Long(Stack):
    def add_resources(self, builder: TemplateBuilder) -> None:
        for number in range(400):
            builder.add(sqs.Queue(f"Jobs{number}", QueueName="x" * 2500))


class Confused(Stack):
    def add_resources(self, builder: TemplateBuilder) -> None:
        queue = builder.add(sqs.Queue("Jobs"))
        queue.QueueName = builder.value(OutputReference(stack="a-b", output="X"))
        queue.KmsMasterKeyId = builder.value(OutputReference(stack="a", output="BX"))


def resources_of(stack: Stack, context: BuildContext) -> dict[str, Any]:
    resources: dict[str, Any] = json.loads(stack.build(context).body)["Resources"]
    return resources


def test_a_subclass_adds_a_resource_and_changes_others(
    network: Network, context: BuildContext
) -> None:
    resources = resources_of(QueuedHosts("web", network=network), context)
    assert resources["Jobs"]["Type"] == "AWS::SQS::Queue"
    assert resources["LogGroup"]["Properties"]["RetentionInDays"] == 365
    data = resources["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
    assert data["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    (policy,) = resources["Role"]["Properties"]["Policies"]
    assert policy["PolicyDocument"]["Statement"][-1]["Action"] == ["sqs:SendMessage"]


def test_a_changed_foundation_keeps_the_rest(context: BuildContext) -> None:
    changed = resources_of(LoggedFoundation(), context)["Bucket"]["Properties"]
    assert changed.pop("LoggingConfiguration") == {"DestinationBucketName": "acme-logs"}
    assert changed == resources_of(Foundation(), context)["Bucket"]["Properties"]


def test_a_stack_of_ones_own_needs_one_method(context: BuildContext) -> None:
    template = Queue("jobs").build(context)
    assert template.stack_name == "shop-dev-jobs"
    assert Queue("jobs").output("Arn") == OutputReference(stack="jobs", output="Arn")


def test_an_incomplete_resource_is_told_in_one_line(context: BuildContext) -> None:
    with pytest.raises(InvalidInputError, match="stacks/x: troposphere refuses it"):
        Incomplete("x").build(context)


def test_a_template_beyond_cloudformations_limits_is_refused(context: BuildContext) -> None:
    with pytest.raises(InvalidInputError, match=r"stacks/x: .* 500"):
        Endless("x").build(context)


def test_two_outputs_never_share_a_parameter(context: BuildContext) -> None:
    with pytest.raises(InvalidInputError, match="ABX for two different outputs"):
        Confused("x").build(context)


def test_a_logical_id_is_given_once(context: BuildContext) -> None:
    with pytest.raises(InvalidInputError, match=r'stacks/x: .*duplicate key "Jobs0"'):
        Endless("x").add_resources(_with_a_queue(context))


def _with_a_queue(context: BuildContext) -> TemplateBuilder:
    builder = TemplateBuilder("x", context, description="")
    builder.add(sqs.Queue("Jobs0"))
    return builder


def test_a_template_that_is_too_long_is_refused(context: BuildContext) -> None:
    with pytest.raises(InvalidInputError, match=r"stacks/x: has 1,0\d\d,\d\d\d bytes"):
        Long("x").build(context)


@pytest.mark.parametrize("name", ["", "Web", "1web", "web-", "we b", "x" * 33, "ümlaut", "a--b"])
def test_a_name_that_aws_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="stack"):
        Queue(name)
