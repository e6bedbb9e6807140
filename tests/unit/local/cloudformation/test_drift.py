from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.cloudformation.drift import property_differences
from cdinfra.local.cloudformation.schema import load_schema
from cdinfra.local.cloudformation.stack_tags import with_stack_tags

GROUP = "AWS::EC2::SecurityGroup"


def differences(
    resource_type: str, expected: dict[str, Any], actual: dict[str, Any]
) -> list[tuple[str, str, str, str]]:
    found = property_differences(load_schema(resource_type), expected, actual)
    return [(item.path, item.expected, item.actual, item.difference_type) for item in found]


def rule(port: int, **more: object) -> dict[str, object]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8", **more}


def test_a_resource_that_is_as_it_should_be_has_no_drift() -> None:
    assert differences(GROUP, {"GroupDescription": "x"}, {"GroupDescription": "x"}) == []


def test_a_changed_value_is_not_equal() -> None:
    assert differences(
        "AWS::AutoScaling::AutoScalingGroup", {"MaxSize": "2"}, {"MaxSize": 5, "MinSize": 1}
    ) == [("/MaxSize", "2", "5", "NOT_EQUAL")]


def test_a_number_and_its_text_are_no_drift() -> None:
    assert differences("AWS::AutoScaling::AutoScalingGroup", {"MaxSize": "2"}, {"MaxSize": 2}) == []


def test_what_the_service_adds_of_its_own_is_no_drift() -> None:
    expected = {"SecurityGroupIngress": [rule(80)]}
    actual = {"SecurityGroupIngress": [rule(80, Description="")], "VpcId": "vpc-1"}
    assert differences(GROUP, expected, actual) == []


def test_what_is_not_returned_is_not_compared() -> None:
    assert differences(GROUP, {"GroupDescription": "x", "GroupName": "y"}, {}) == []
    assert (
        differences(
            "AWS::EC2::LaunchTemplate",
            {"VersionDescription": "a"},
            {"VersionDescription": "b"},
        )
        == []
    )


def test_an_element_more_is_added_and_one_less_is_removed() -> None:
    one, two = {"SecurityGroupIngress": [rule(80)]}, {"SecurityGroupIngress": [rule(443), rule(80)]}
    added = differences(GROUP, one, two)
    removed = differences(GROUP, two, one)
    assert [(item[0], item[1], item[3]) for item in added] == [
        ("/SecurityGroupIngress/0", "null", "ADD")
    ]
    assert [(item[0], item[2], item[3]) for item in removed] == [
        ("/SecurityGroupIngress/0", "null", "REMOVE")
    ]


def test_a_changed_element_is_shown_at_its_own_path() -> None:
    expected = {"SecurityGroupIngress": [rule(80), rule(443)]}
    actual = {"SecurityGroupIngress": [rule(443), rule(8080)]}
    assert differences(GROUP, expected, actual) == [
        ("/SecurityGroupIngress/0/FromPort", "80", "8080", "NOT_EQUAL"),
        ("/SecurityGroupIngress/0/ToPort", "80", "8080", "NOT_EQUAL"),
    ]


def test_a_nested_value_that_is_gone_is_removed() -> None:
    ingress = [rule(80, Description="web")]
    assert differences(
        GROUP, {"SecurityGroupIngress": ingress}, {"SecurityGroupIngress": [rule(80)]}
    ) == [("/SecurityGroupIngress/0/Description", "web", "null", "REMOVE")]


def test_tags_are_compared_by_key_without_the_services_own() -> None:
    schema = load_schema("AWS::EC2::VPC")
    expected = dict(
        with_stack_tags(schema, {"Tags": [{"Key": "a", "Value": "1"}]}, {"app": "shop"})
    )
    actual = {
        "Tags": [
            {"Key": "aws:cloudformation:stack-name", "Value": "web"},
            {"Key": "app", "Value": "shop"},
            {"Key": "a", "Value": "2"},
            {"Key": "by-hand", "Value": "x"},
        ]
    }
    assert differences("AWS::EC2::VPC", expected, actual) == [
        ("/Tags/0/Value", "1", "2", "NOT_EQUAL"),
        ("/Tags/2", "null", '{"Key":"by-hand","Value":"x"}', "ADD"),
    ]


def test_tags_that_are_an_object_are_compared_without_the_services_own() -> None:
    assert (
        differences("AWS::SSM::Parameter", {"Tags": {"a": "1"}}, {"Tags": {"a": "1", "aws:x": "y"}})
        == []
    )


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, [{"Key": "app", "Value": "shop"}]),
        ({"Tags": [{"Key": "app", "Value": "own"}]}, [{"Key": "app", "Value": "own"}]),
    ],
)
def test_a_resources_own_tags_win_over_the_stacks(
    own: dict[str, Any], expected: list[dict[str, str]]
) -> None:
    merged = with_stack_tags(load_schema("AWS::EC2::VPC"), own, {"app": "shop"})
    assert merged["Tags"] == expected


def test_the_tags_of_a_group_go_on_to_its_instances() -> None:
    merged = with_stack_tags(load_schema("AWS::AutoScaling::AutoScalingGroup"), {}, {"app": "shop"})
    assert merged["Tags"] == [{"Key": "app", "Value": "shop", "PropagateAtLaunch": True}]


def test_tags_that_are_an_object_take_the_stacks_in() -> None:
    merged = with_stack_tags(
        load_schema("AWS::SSM::Parameter"), {"Tags": {"app": "own"}}, {"app": "shop", "owner": "me"}
    )
    assert merged["Tags"] == {"app": "own", "owner": "me"}


def test_tags_of_a_wrong_kind_are_left_as_they_are() -> None:
    wrong = {"Tags": "none"}
    assert with_stack_tags(load_schema("AWS::EC2::VPC"), wrong, {"app": "shop"}) == wrong


def test_without_a_schema_values_are_compared_whole() -> None:
    (found,) = property_differences(None, {"A": {"b": 1}}, {"A": {"b": 2}})
    assert (found.path, found.difference_type) == ("/A", "NOT_EQUAL")


def test_a_type_without_tags_gets_none() -> None:
    assert with_stack_tags(load_schema("AWS::SNS::TopicPolicy"), {}, {"app": "shop"}) == {}
    assert with_stack_tags(None, {}, {"app": "shop"}) == {}


@given(
    st.dictionaries(
        st.sampled_from(["GroupDescription", "SecurityGroupIngress", "Tags", "Else"]),
        st.recursive(
            st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["Key", "Value", "CidrIp"]), inner, max_size=3)
            ),
            max_leaves=8,
        ),
        max_size=4,
    )
)
def test_what_is_the_same_has_no_drift(properties: dict[str, Any]) -> None:
    assert differences(GROUP, properties, properties) == []
