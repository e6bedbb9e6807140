# mypy: disable-error-code="no-any-return"
from typing import Any

import pytest

from cdinfra.aws.connection import Clients
from cdinfra.local.resources.contract import Resource

Cloud = Any
"""The driver in conftest.py, which a test cannot import."""

HTTP = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"}
TLS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}


def group(cloud: Cloud, vpc: str, **more: object) -> Resource:
    properties = {"GroupDescription": "hosts", "VpcId": vpc, **more}
    return cloud.create("AWS::EC2::SecurityGroup", properties)


def test_a_group_has_exactly_the_rules_of_its_template(cloud: Cloud, vpc: str) -> None:
    balancer = group(cloud, vpc).physical_id
    described = {**TLS, "Description": "the office"}
    inner = {
        "IpProtocol": "tcp",
        "FromPort": 8080,
        "ToPort": 8080,
        "SourceSecurityGroupId": balancer,
        "Description": "the balancer",
    }
    properties = {
        "GroupDescription": "hosts",
        "GroupName": "hosts",
        "VpcId": vpc,
        "SecurityGroupIngress": [HTTP, inner],
        "SecurityGroupEgress": [TLS],
        "Tags": [{"Key": "Name", "Value": "hosts"}],
    }
    change = {"SecurityGroupIngress": [described, inner], "SecurityGroupEgress": None}
    assert cloud.lives("AWS::EC2::SecurityGroup", properties, change)


def test_a_group_without_egress_rules_lets_everything_out(
    cloud: Cloud, vpc: str, clients: Clients
) -> None:
    made = group(cloud, vpc).physical_id
    found = clients.client("ec2").describe_security_groups(GroupIds=[made])["SecurityGroups"][0]
    assert found["IpPermissionsEgress"][0]["IpProtocol"] == "-1"
    assert found["IpPermissions"] == []


def test_rules_that_stand_alone_are_not_the_groups_own(cloud: Cloud, vpc: str) -> None:
    hosts = group(cloud, vpc, SecurityGroupIngress=[HTTP])
    balancer = group(cloud, vpc).physical_id
    before = cloud.read(hosts)
    rule = {
        "GroupId": hosts.physical_id,
        "IpProtocol": "tcp",
        "FromPort": 8080,
        "ToPort": 8080,
        "SourceSecurityGroupId": balancer,
        "Description": "from the balancer",
    }
    cloud.lives("AWS::EC2::SecurityGroupIngress", rule, {"Description": "changed"})
    out = {"GroupId": hosts.physical_id, **TLS}
    cloud.lives("AWS::EC2::SecurityGroupEgress", out, {"Description": "told"})
    assert cloud.read(hosts) == before
    changed = cloud.change(hosts, {**before, "SecurityGroupIngress": [TLS]})
    assert cloud.read(changed)["SecurityGroupIngress"] == [TLS]
    assert all(cloud.read(made[2]) for made in cloud.made)


def test_a_group_that_another_one_names_is_not_deleted(cloud: Cloud, vpc: str) -> None:
    named = group(cloud, vpc)
    rule = {"IpProtocol": "-1", "SourceSecurityGroupId": named.physical_id}
    group(cloud, vpc, SecurityGroupIngress=[rule])
    with pytest.raises(Exception, match="has a dependent object"):
        cloud.delete(named)


def test_a_rule_with_an_unknown_field_is_refused(cloud: Cloud, vpc: str) -> None:
    with pytest.raises(Exception, match="does not carry Nonsense"):
        group(cloud, vpc, SecurityGroupIngress=[{**HTTP, "Nonsense": 1}])
    cloud.clients.client("ec2")


def test_a_rule_for_a_prefix_list_keeps_its_description(
    cloud: Cloud, vpc: str, clients: Clients
) -> None:
    lists = clients.client("ec2").describe_managed_prefix_lists()["PrefixLists"]
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "SourcePrefixListId": lists[0]["PrefixListId"],
        "Description": "the partner",
    }
    properties = {"GroupDescription": "x", "VpcId": vpc, "SecurityGroupIngress": [rule]}
    change = {"SecurityGroupIngress": [{**rule, "Description": "the other partner"}]}
    assert cloud.lives("AWS::EC2::SecurityGroup", properties, change)
