import json
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.cloudformation.differences import PropertyChange, property_diff, replaces
from cdinfra.local.cloudformation.functions import UNKNOWN
from cdinfra.local.cloudformation.schema import load_schema


def diff(
    resource_type: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, str | None, str | None, str, str]]:
    return [
        (item.pointer, item.before, item.after, item.change_type, item.requires_recreation)
        for item in property_diff(load_schema(resource_type), before, after)
    ]


def ingress(port: object, source: str = "10.0.0.0/8") -> dict[str, object]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": source}


def test_a_nested_change_has_its_own_path() -> None:
    assert diff(
        "AWS::EC2::SecurityGroup",
        {"SecurityGroupIngress": [ingress(80)]},
        {"SecurityGroupIngress": [ingress(80, "0.0.0.0/0")]},
    ) == [
        ("/Properties/SecurityGroupIngress/0/CidrIp", "10.0.0.0/8", "0.0.0.0/0", "Modify", "Never")
    ]


def test_the_order_of_a_list_counts_only_where_the_schema_says_so() -> None:
    group = "AWS::AutoScaling::AutoScalingGroup"
    swapped = ({"AvailabilityZones": ["a", "b"]}, {"AvailabilityZones": ["b", "a"]})
    assert diff(group, *swapped) == []
    ordered = ({"Topics": ["a", "b"]}, {"Topics": ["b", "a"]})
    assert load_schema("AWS::SNS::TopicPolicy") is not None
    policy = property_diff(None, *ordered)
    assert [item.pointer for item in policy] == ["/Properties/Topics/0", "/Properties/Topics/1"]


def test_an_element_more_or_less_is_added_or_removed() -> None:
    one, two = [ingress(80)], [ingress(443), ingress(80)]
    group = "AWS::EC2::SecurityGroup"
    (added,) = diff(group, {"SecurityGroupIngress": one}, {"SecurityGroupIngress": two})
    (removed,) = diff(group, {"SecurityGroupIngress": two}, {"SecurityGroupIngress": one})
    assert (added[0], added[1], added[3]) == ("/Properties/SecurityGroupIngress/0", None, "Add")
    assert (removed[0], removed[2], removed[3]) == (added[0], None, "Remove")


def test_tags_are_compared_by_their_keys() -> None:
    before = {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}
    after = {"Tags": [{"Key": "c", "Value": "3"}, {"Key": "b", "Value": "9"}]}
    assert diff("AWS::EC2::VPC", before, after) == [
        ("/Properties/Tags/0", '{"Key":"a","Value":"1"}', None, "Remove", "Never"),
        ("/Properties/Tags/1/Value", "2", "9", "Modify", "Never"),
        ("/Properties/Tags/0", None, '{"Key":"c","Value":"3"}', "Add", "Never"),
    ]


def test_a_policy_document_is_one_value_and_its_text_is_the_same() -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "a"}]}
    role = "AWS::IAM::Role"
    (change,) = diff(
        role,
        {"AssumeRolePolicyDocument": document},
        {"AssumeRolePolicyDocument": {**document, "Statement": []}},
    )
    assert change[0] == "/Properties/AssumeRolePolicyDocument"
    assert change[2] == '{"Version":"2012-10-17","Statement":[]}'
    same = {"AssumeRolePolicyDocument": json.dumps(document)}
    assert diff(role, {"AssumeRolePolicyDocument": document}, same) == []


def test_only_the_part_that_cannot_change_in_place_replaces() -> None:
    schema = load_schema("AWS::ECS::CapacityProvider")
    drains = {"ManagedDraining": "ENABLED"}
    before = {"AutoScalingGroupProvider": {"AutoScalingGroupArn": "a", **drains}}
    drained = {"AutoScalingGroupProvider": {"AutoScalingGroupArn": "a"}}
    moved = {"AutoScalingGroupProvider": {"AutoScalingGroupArn": "b", **drains}}
    assert not replaces(property_diff(schema, before, drained))
    assert replaces(property_diff(schema, before, moved))
    assert replaces(property_diff(schema, before, {}))


def test_a_part_that_cannot_change_in_place_replaces_also_when_all_is_added() -> None:
    schema = load_schema("AWS::EC2::Instance")
    interfaces = {"NetworkInterfaces": [{"DeviceIndex": "0", "SubnetId": "subnet-1"}]}
    assert replaces(property_diff(schema, {}, interfaces))
    assert not replaces(property_diff(schema, {}, {"UserData": "eA=="}))


def test_without_a_schema_properties_are_compared_whole() -> None:
    (change,) = property_diff(None, {"A": {"b": 1}}, {"A": {"b": 2}})
    assert (change.pointer, change.before, change.after) == (
        "/Properties/A",
        '{"b":"1"}',
        '{"b":"2"}',
    )
    assert change.requires_recreation == "Never"


def test_what_is_unknown_differs_from_everything_known() -> None:
    (change,) = property_diff(
        load_schema("AWS::EC2::Subnet"), {"VpcId": "vpc-1"}, {"VpcId": UNKNOWN}
    )
    assert (change.after, change.requires_recreation) == (UNKNOWN, "Always")


def test_the_name_of_a_change_is_the_propertys() -> None:
    change = PropertyChange(
        path=("Ingress", "0", "Port"), before="1", after="2", change_type="Modify"
    )
    assert (change.name, change.pointer) == ("Ingress", "/Properties/Ingress/0/Port")


PROPERTIES = st.dictionaries(
    st.sampled_from(["Tags", "MinSize", "LaunchTemplate", "AvailabilityZones", "Other"]),
    st.recursive(
        st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["Key", "Value", "Version"]), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


TYPES = st.sampled_from(["AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::VPC", "Test::None"])


@given(TYPES, PROPERTIES)
def test_equal_properties_have_no_differences(
    resource_type: str, properties: dict[str, Any]
) -> None:
    schema = load_schema(resource_type)
    assert property_diff(schema, properties, properties) == ()
    assert property_diff(schema, properties, json.loads(json.dumps(properties))) == ()


@given(TYPES, PROPERTIES, PROPERTIES)
def test_a_difference_seen_one_way_is_seen_the_other_way(
    resource_type: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    schema = load_schema(resource_type)
    there, back = property_diff(schema, before, after), property_diff(schema, after, before)
    assert len(there) == len(back)
    assert {item.requires_recreation for item in there} == {
        item.requires_recreation for item in back
    }


@given(TYPES, PROPERTIES, PROPERTIES)
def test_every_difference_has_a_path_and_two_different_sides(
    resource_type: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    for change in property_diff(load_schema(resource_type), before, after):
        assert change.path[0] in before.keys() | after.keys()
        assert (change.before is None) == (change.change_type == "Add")
        assert (change.after is None) == (change.change_type == "Remove")
