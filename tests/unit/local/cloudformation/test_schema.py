from dataclasses import replace
from typing import Any

import pytest

from cdinfra.local.cloudformation.functions import UNKNOWN
from cdinfra.local.cloudformation.property_checks import validate_properties, validation_reason
from cdinfra.local.cloudformation.schema import ResourceSchema, is_known_type, load_schema


def schema_of(resource_type: str) -> ResourceSchema:
    schema = load_schema(resource_type)
    assert schema is not None
    return schema


def problems(resource_type: str, properties: dict[str, Any]) -> tuple[str, ...]:
    return validate_properties(schema_of(resource_type), properties)


def test_a_schema_says_what_replaces_what_is_read_only_and_what_is_never_returned() -> None:
    subnet = schema_of("AWS::EC2::Subnet")
    assert ("VpcId",) in subnet.create_only
    assert ("SubnetId",) in subnet.read_only
    instance = schema_of("AWS::EC2::Instance")
    assert ("UserData",) in instance.conditional_create_only
    assert ("BlockDeviceMappings", "*", "NoDevice") in instance.write_only
    assert instance.primary_identifier == (("InstanceId",),)


def test_a_schema_knows_the_property_that_holds_tags() -> None:
    assert schema_of("AWS::EC2::VPC").tag_property == "Tags"
    assert schema_of("AWS::EC2::LaunchTemplate").tag_property is None
    assert schema_of("AWS::EC2::VPC").tags_updatable


def test_a_pointer_is_followed_through_references_and_lists() -> None:
    group = schema_of("AWS::EC2::SecurityGroup")
    assert group.node(("SecurityGroupIngress", "*", "FromPort"))["type"] == "integer"
    assert group.node(("SecurityGroupIngress", "0", "FromPort"))["type"] == "integer"
    assert group.node(("Nothing", "like", "it")) == {}


def test_a_type_that_there_is_not_has_no_schema() -> None:
    assert load_schema("AWS::EC2::Vpc") is None
    assert not is_known_type("AWS::EC2::Vpc")
    assert is_known_type("AWS::EC2::VPC")


@pytest.mark.parametrize(
    "resource_type",
    [
        "AWS::AutoScaling::AutoScalingGroup",
        "AWS::CloudFormation::WaitCondition",
        "AWS::EC2::Instance",
        "AWS::EC2::LaunchTemplate",
        "AWS::EC2::VPC",
        "AWS::ECR::Repository",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::IAM::Role",
        "AWS::S3::Bucket",
        "AWS::SSM::Parameter",
    ],
)
def test_the_types_of_a_deploy_group_have_schemas(resource_type: str) -> None:
    assert schema_of(resource_type).properties


def test_right_properties_have_no_problems_whether_texts_or_numbers() -> None:
    for port in (80, "80"):
        assert (
            problems(
                "AWS::EC2::SecurityGroup",
                {
                    "GroupDescription": "web",
                    "SecurityGroupIngress": [
                        {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "::/0"}
                    ],
                },
            )
            == ()
        )
    assert problems("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": "true"}) == ()


@pytest.mark.parametrize(
    ("resource_type", "properties", "expected"),
    [
        ("AWS::SNS::Topic", {"Foo": 1}, "#: extraneous key [Foo] is not permitted"),
        (
            "AWS::EC2::SecurityGroup",
            {},
            "#: required key [GroupDescription] not found",
        ),
        (
            "AWS::EC2::SecurityGroup",
            {"GroupDescription": ["x"]},
            "#/GroupDescription: expected type: String, found: JSONArray",
        ),
        (
            "AWS::EC2::SecurityGroup",
            {"GroupDescription": "x", "SecurityGroupIngress": [{"FromPort": "http"}]},
            "#/SecurityGroupIngress/0: required key [IpProtocol] not found",
        ),
        (
            "AWS::EC2::SecurityGroup",
            {
                "GroupDescription": "x",
                "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": "http"}],
            },
            "#/SecurityGroupIngress/0/FromPort: expected type: Integer, found: String",
        ),
        (
            "AWS::EC2::VPC",
            {"EnableDnsSupport": "maybe"},
            "#/EnableDnsSupport: expected type: Boolean, found: String",
        ),
        (
            "AWS::EC2::VPC",
            {"CidrBlock": {"a": "b"}},
            "#/CidrBlock: expected type: String, found: JSONObject",
        ),
        (
            "AWS::ECR::Repository",
            {"ImageTagMutability": "SOMETIMES"},
            "#/ImageTagMutability: SOMETIMES is not a valid enum value",
        ),
        (
            "AWS::AutoScaling::AutoScalingGroup",
            {"MinSize": "1", "MaxSize": "1", "AutoScalingGroupName": "x" * 256},
            "#/AutoScalingGroupName: expected maxLength: 255, actual: 256",
        ),
        (
            "AWS::ECR::Repository",
            {"RepositoryName": "UPPER"},
            "#/RepositoryName: failed validation constraint for keyword [pattern]",
        ),
        (
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            {"Port": 0},
            "#/Port: 0 is not greater or equal to 1",
        ),
        (
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            {"Port": 65536},
            "#/Port: 65536 is not less or equal to 65535",
        ),
    ],
)
def test_a_wrong_property_is_named_in_the_services_words(
    resource_type: str, properties: dict[str, Any], expected: str
) -> None:
    assert expected in problems(resource_type, properties)


def test_what_is_not_known_yet_is_not_checked() -> None:
    assert problems("AWS::ECR::Repository", {"RepositoryName": UNKNOWN}) == ()
    assert problems("AWS::ECR::Repository", {"RepositoryName": "{{resolve:ssm:/X}}"}) == ()


def test_the_reason_names_the_resource_and_every_problem() -> None:
    assert validation_reason("Web", ("#/a: wrong", "#/b: wrong")) == (
        "Properties validation failed for resource Web with message:\n#/a: wrong\n#/b: wrong"
    )


@pytest.mark.parametrize(
    ("resource_type", "properties", "expected"),
    [
        (
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            {"HealthCheckEnabled": 1.5},
            "#/HealthCheckEnabled: expected type: Boolean, found: BigDecimal",
        ),
        (
            "AWS::EC2::VPC",
            {"CidrBlock": ["10.0.0.0/16"], "Tags": 7},
            "#/Tags: expected type: JSONArray, found: Integer",
        ),
        ("AWS::EC2::VPC", {"Tags": True}, "#/Tags: expected type: JSONArray, found: Boolean"),
    ],
)
def test_what_was_found_is_named_by_the_services_type(
    resource_type: str, properties: dict[str, Any], expected: str
) -> None:
    assert expected in problems(resource_type, properties)


def made_up(node: dict[str, Any]) -> ResourceSchema:
    return replace(schema_of("AWS::SNS::Topic"), properties={"P": node}, required=())


@pytest.mark.parametrize(
    ("node", "value", "expected"),
    [
        (
            {"type": "array", "minItems": 2},
            ["a"],
            "#/P: expected minimum item count: 2, found: 1",
        ),
        (
            {"type": "array", "maxItems": 1},
            ["a", "b"],
            "#/P: expected maximum item count: 1, found: 2",
        ),
        ({"type": "string", "minLength": 2}, "a", "#/P: expected minLength: 2, actual: 1"),
        ({"type": "number"}, "x", "#/P: expected type: Number, found: String"),
    ],
)
def test_sizes_and_numbers_are_held_to_the_schema(
    node: dict[str, Any], value: object, expected: str
) -> None:
    assert validate_properties(made_up(node), {"P": value}) == (expected,)


def test_a_pattern_that_only_java_understands_is_let_through() -> None:
    node = {"type": "string", "pattern": "\\p{Alpha}++"}
    assert validate_properties(made_up(node), {"P": "1"}) == ()
