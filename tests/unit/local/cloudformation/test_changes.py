import json
from collections.abc import Mapping

import pytest

from cdinfra.local.cloudformation.changes import (
    ResourceChange,
    StackView,
    in_order,
    resource_changes,
)
from cdinfra.local.cloudformation.functions import UNKNOWN
from cdinfra.local.cloudformation.intrinsics import Resolver
from cdinfra.local.cloudformation.parameters import resolve_parameters
from cdinfra.local.cloudformation.scope import Scope
from cdinfra.local.cloudformation.template import TemplateError, parse_template
from cdinfra.local.resources.contract import Resource

Resources = Mapping[str, Resource]


def view(
    body: str,
    resources: Resources | None = None,
    *,
    tags: Mapping[str, str] | None = None,
    **given_values: str,
) -> StackView:
    template = parse_template(body)
    scope = Scope(
        stack_name="web",
        stack_id="arn:web",
        region="eu-central-1",
        account="123456789012",
        parameters=resolve_parameters(template, given_values, {}, {"/ami": "ami-1"}.get),
    )
    resolver = Resolver(
        template, scope, resource=(resources or {}).get, dynamic=lambda _service, _key: "secret"
    )
    return StackView(template=template, resolver=resolver, tags=tags or {})


def changes(
    before: str,
    after: str,
    resources: Resources,
    *,
    tags: Mapping[str, str] | None = None,
    **given_values: str,
) -> dict[str, ResourceChange]:
    found = resource_changes(
        view(before, resources), view(after, None, tags=tags, **given_values), resources
    )
    return {change.logical_id: change for change in found}


def rows(change: ResourceChange) -> list[tuple[object, ...]]:
    return [
        (
            detail.pointer,
            detail.before,
            detail.after,
            detail.requires_recreation,
            detail.evaluation,
            detail.change_source,
            detail.causing_entity,
        )
        for detail in change.details
    ]


TOPICS = """
    Parameters: {Name: {Type: String, Default: topic-1}}
    Resources:
      Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name, DisplayName: value}}
      Copy: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Topic.TopicName}}
      Names: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Topic}}
    """


TOPIC_RESOURCES = {
    "Topic": Resource(
        physical_id="arn:topic-1", attributes={"TopicName": "topic-1", "DisplayName": "value"}
    ),
    "Copy": Resource(physical_id="copy"),
    "Names": Resource(physical_id="names"),
}


def test_the_same_template_changes_nothing() -> None:
    assert changes(TOPICS, TOPICS, TOPIC_RESOURCES) == {}


def test_a_new_stack_adds_everything_and_knows_what_it_cannot_know() -> None:
    found = {change.logical_id: change for change in resource_changes(None, view(TOPICS), {})}
    assert {change.action for change in found.values()} == {"Add"}
    assert found.keys() == {"Topic", "Copy", "Names"}
    assert found["Topic"].physical_id is None
    assert found["Topic"].after_context == (
        '{"Properties":{"TopicName":"topic-1","DisplayName":"value"}}'
    )
    assert found["Copy"].after_context == (
        '{"Properties":{"Type":"String","Value":"{{changeSet:KNOWN_AFTER_APPLY}}"}}'
    )


def test_a_changed_property_is_shown_with_both_values() -> None:
    (change,) = changes(TOPICS, TOPICS.replace("value", "other"), TOPIC_RESOURCES).values()
    assert (change.action, change.logical_id, change.physical_id) == (
        "Modify",
        "Topic",
        "arn:topic-1",
    )
    assert (change.replacement, change.policy_action, change.scope) == (
        "False",
        None,
        ("Properties",),
    )
    assert rows(change) == [
        (
            "/Properties/DisplayName",
            "value",
            "other",
            "Never",
            "Static",
            "DirectModification",
            None,
        )
    ]
    assert change.before_context is not None
    assert json.loads(change.before_context)["Properties"]["DisplayName"] == "value"


def test_a_replaced_resource_changes_those_that_refer_to_it() -> None:
    found = changes(TOPICS, TOPICS.replace("!Ref Name", "topic-2"), TOPIC_RESOURCES)
    assert (found["Topic"].replacement, found["Topic"].policy_action) == (
        "True",
        "ReplaceAndDelete",
    )
    at_value = ("/Properties/Value", "topic-1", UNKNOWN, "Never")
    assert rows(found["Copy"]) == [
        (*at_value, "Dynamic", "DirectModification", None),
        (*at_value, "Static", "ResourceAttribute", "Topic.TopicName"),
    ]
    assert rows(found["Names"])[1] == (
        "/Properties/Value",
        "arn:topic-1",
        UNKNOWN,
        "Never",
        "Static",
        "ResourceReference",
        "Topic",
    )


def test_a_changed_parameter_is_named_as_the_cause() -> None:
    change = changes(TOPICS, TOPICS, TOPIC_RESOURCES, Name="topic-2")["Topic"]
    at_name = ("/Properties/TopicName", "topic-1", "topic-2", "Always")
    assert rows(change) == [
        (*at_name, "Dynamic", "DirectModification", None),
        (*at_name, "Static", "ParameterReference", "Name"),
    ]
    assert change.replacement == "True"


def test_a_replacement_goes_on_through_what_cannot_be_changed_in_place() -> None:
    body = """
        Resources:
          Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
          Net: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
          Host: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref Net, ImageId: ami-1}}
          Other: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.9.0.0/16}}
        """
    resources = {
        name: Resource(physical_id=name.lower()) for name in ("Vpc", "Net", "Host", "Other")
    }
    found = changes(body, body.replace("10.0.0.0/16", "10.1.0.0/16"), resources)
    assert {name: change.replacement for name, change in found.items()} == {
        "Vpc": "True",
        "Net": "True",
        "Host": "True",
    }


GROUP = """
    Parameters: {Size: {Type: String, Default: t3.micro}}
    Resources:
      Template:
        Type: AWS::EC2::LaunchTemplate
        Properties: {LaunchTemplateData: {InstanceType: !Ref Size, ImageId: ami-1}}
      Group:
        Type: AWS::AutoScaling::AutoScalingGroup
        Properties:
          MinSize: "1"
          MaxSize: 2
          LaunchTemplate:
            LaunchTemplateId: !Ref Template
            Version: !GetAtt Template.LatestVersionNumber
    """


GROUP_RESOURCES = {
    "Template": Resource(physical_id="lt-1", attributes={"LatestVersionNumber": "1"}),
    "Group": Resource(physical_id="group"),
}


def test_a_launch_template_in_place_gives_its_group_a_version_to_come() -> None:
    found = changes(GROUP, GROUP, GROUP_RESOURCES, Size="t3.large")
    assert found["Template"].replacement == "False"
    assert found["Group"].replacement == "Conditional"
    at_version = ("/Properties/LaunchTemplate/Version", "1", UNKNOWN, "Conditionally", "Dynamic")
    assert rows(found["Group"]) == [
        (*at_version, "DirectModification", None),
        (*at_version, "ResourceAttribute", "Template.LatestVersionNumber"),
    ]


def test_a_number_and_its_text_are_the_same() -> None:
    after = GROUP.replace('"1"', "1").replace("MaxSize: 2", 'MaxSize: "2"')
    assert changes(GROUP, after, GROUP_RESOURCES) == {}


def test_a_removed_resource_shows_what_becomes_of_it() -> None:
    body = """
        Resources:
          Kept: {Type: AWS::SNS::Topic, DeletionPolicy: Retain}
          Gone: {Type: AWS::SNS::Topic}
          Tried: {Type: AWS::SNS::Topic, DeletionPolicy: RetainExceptOnCreate}
          Stays: {Type: AWS::SNS::Topic}
        """
    resources = {name: Resource(physical_id=name) for name in ("Kept", "Gone", "Tried", "Stays")}
    found = changes(body, "Resources: {Stays: {Type: AWS::SNS::Topic}}", resources)
    assert {name: (change.action, change.policy_action) for name, change in found.items()} == {
        "Kept": ("Remove", "Retain"),
        "Gone": ("Remove", "Delete"),
        "Tried": ("Remove", "Retain"),
    }
    assert found["Kept"].before_context == '{"Properties":{},"DeletionPolicy":"Retain"}'
    assert found["Kept"].after_context is None


@pytest.mark.parametrize(
    ("policy", "action"),
    [("Retain", "ReplaceAndRetain"), ("Snapshot", "ReplaceAndSnapshot")],
)
def test_a_replaced_resource_shows_what_becomes_of_the_old_one(policy: str, action: str) -> None:
    body = f"""
        Resources:
          Data:
            Type: AWS::RDS::DBInstance
            UpdateReplacePolicy: {policy}
            Properties: {{DBInstanceIdentifier: one}}
        """
    after = body.replace("one", "two")
    change = changes(body, after, {"Data": Resource(physical_id="db")})["Data"]
    assert (change.replacement, change.policy_action) == ("True", action)


def test_a_condition_adds_and_removes_resources() -> None:
    body = """
        Parameters: {Env: {Type: String, Default: dev}}
        Conditions: {Prod: !Equals [!Ref Env, prod], Dev: !Not [!Condition Prod]}
        Resources:
          A: {Type: AWS::SNS::Topic, Condition: Dev}
          B: {Type: AWS::SNS::Topic, Condition: Prod}
          C: {Type: AWS::SNS::Topic, Properties: {DisplayName: !If [Prod, big, small]}}
        """
    resources = {"A": Resource(physical_id="a"), "C": Resource(physical_id="c")}
    found = changes(body, body, resources, Env="prod")
    assert (found["A"].action, found["B"].action) == ("Remove", "Add")
    assert rows(found["C"])[1][5:] == ("ParameterReference", "Env")


def test_a_resource_may_not_change_its_type() -> None:
    with pytest.raises(TemplateError, match=r"not permitted.*resources: \[A\]"):
        changes(
            "Resources: {A: {Type: AWS::SNS::Topic}}",
            "Resources: {A: {Type: AWS::SQS::Queue}}",
            {"A": Resource(physical_id="a")},
        )


def test_the_stacks_tags_change_what_can_have_tags() -> None:
    body = """
        Resources:
          A: {Type: AWS::SNS::Topic, Properties: {Tags: [{Key: app, Value: own}]}}
          B: {Type: AWS::SNS::TopicPolicy, Properties: {PolicyDocument: {}, Topics: []}}
        """
    resources = {"A": Resource(physical_id="a"), "B": Resource(physical_id="b")}
    found = changes(body, body, resources, tags={"app": "shop", "owner": "me"})
    assert found.keys() == {"A"}
    (detail,) = found["A"].details
    assert (found["A"].scope, detail.name, detail.pointer) == (
        ("Tags",),
        None,
        "/Properties/Tags/1",
    )
    assert detail.after == '{"Key":"owner","Value":"me"}'


def test_other_attributes_than_properties_are_changes_too() -> None:
    body = "Resources: {A: {Type: AWS::SNS::Topic, Metadata: {v: 1}}}"
    after = body.replace("v: 1}", "v: 2}, DeletionPolicy: Retain")
    change = changes(body, after, {"A": Resource(physical_id="a")})["A"]
    assert change.scope == ("DeletionPolicy", "Metadata")
    assert [(item.pointer, item.before, item.after) for item in change.details] == [
        ("/Metadata", '{"v":"1"}', '{"v":"2"}'),
        ("/DeletionPolicy", None, "Retain"),
    ]


def test_an_attribute_that_is_a_property_has_its_new_value() -> None:
    body = """
        Resources:
          Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: value}}
          Copy:
            Type: AWS::SSM::Parameter
            Properties: {Type: String, Value: !GetAtt Topic.DisplayName}
        """
    found = changes(body, body.replace("value", "other"), TOPIC_RESOURCES)
    assert rows(found["Copy"])[1] == (
        "/Properties/Value",
        "value",
        "other",
        "Never",
        "Static",
        "ResourceAttribute",
        "Topic.DisplayName",
    )


def test_resources_come_after_what_they_need() -> None:
    graph = {"a": frozenset({"b"}), "b": frozenset({"c"}), "c": frozenset[str]()}
    assert in_order(graph) == ("c", "b", "a")
