# mypy: disable-error-code="no-any-return"
from typing import Any

import pytest

from cdinfra.aws.connection import Clients

Cloud = Any
"""The driver in conftest.py, which a test cannot import."""

VPC = {"CidrBlock": "10.7.0.0/16"}
TAGS = [{"Key": "Name", "Value": "shop"}, {"Key": "team", "Value": "web"}]


@pytest.fixture
def vpc(cloud: Cloud) -> str:
    return cloud.create("AWS::EC2::VPC", VPC).physical_id


@pytest.fixture
def subnet(cloud: Cloud, vpc: str) -> str:
    properties = {"VpcId": vpc, "CidrBlock": "10.7.1.0/24", "AvailabilityZone": "eu-central-1a"}
    return cloud.create("AWS::EC2::Subnet", properties).physical_id


def test_a_vpc_lives_with_its_dns_attributes_and_tags(cloud: Cloud) -> None:
    properties = {
        **VPC,
        "EnableDnsHostnames": True,
        "EnableDnsSupport": True,
        "InstanceTenancy": "default",
        "Tags": TAGS,
    }
    vpc = cloud.lives("AWS::EC2::VPC", properties, {"EnableDnsHostnames": False, "Tags": TAGS[:1]})
    assert vpc.attributes["DefaultSecurityGroup"].startswith("sg-")
    assert vpc.attributes["DefaultNetworkAcl"].startswith("acl-")


def test_a_subnet_lives_in_its_zone(cloud: Cloud, vpc: str) -> None:
    properties = {
        "VpcId": vpc,
        "CidrBlock": "10.7.2.0/24",
        "AvailabilityZone": "eu-central-1b",
        "MapPublicIpOnLaunch": True,
        "Tags": TAGS,
    }
    subnet = cloud.lives("AWS::EC2::Subnet", properties, {"MapPublicIpOnLaunch": False})
    assert subnet.attributes["NetworkAclAssociationId"].startswith("aclassoc-")


def test_an_internet_gateway_is_attached_and_exchanged(cloud: Cloud, vpc: str) -> None:
    first = cloud.lives("AWS::EC2::InternetGateway", {"Tags": TAGS}, {"Tags": TAGS[1:]})
    second = cloud.create("AWS::EC2::InternetGateway", {})
    properties = {"VpcId": vpc, "InternetGatewayId": first.physical_id}
    change = {"InternetGatewayId": second.physical_id}
    assert cloud.lives("AWS::EC2::VPCGatewayAttachment", properties, change)


def test_a_route_table_carries_routes_and_serves_subnets(
    cloud: Cloud, vpc: str, subnet: str
) -> None:
    table = cloud.lives("AWS::EC2::RouteTable", {"VpcId": vpc, "Tags": TAGS}, {"Tags": TAGS[:1]})
    first, second = (cloud.create("AWS::EC2::InternetGateway", {}).physical_id for _ in range(2))
    cloud.create("AWS::EC2::VPCGatewayAttachment", {"VpcId": vpc, "InternetGatewayId": first})
    properties = {
        "RouteTableId": table.physical_id,
        "DestinationCidrBlock": "0.0.0.0/0",
        "GatewayId": first,
    }
    assert cloud.lives("AWS::EC2::Route", properties, {"GatewayId": second})
    use = {"RouteTableId": table.physical_id, "SubnetId": subnet}
    assert cloud.lives("AWS::EC2::SubnetRouteTableAssociation", use)


def test_a_nat_gateway_gives_its_address_back(cloud: Cloud, vpc: str, subnet: str) -> None:
    address = cloud.lives("AWS::EC2::EIP", {"Domain": "vpc", "Tags": TAGS}, {"Tags": TAGS[:1]})
    properties = {
        "SubnetId": subnet,
        "AllocationId": address.attributes["AllocationId"],
        "ConnectivityType": "public",
        "Tags": TAGS,
    }
    nat = cloud.lives("AWS::EC2::NatGateway", properties, {"Tags": TAGS[:1]})
    table = cloud.create("AWS::EC2::RouteTable", {"VpcId": vpc})
    route = {
        "RouteTableId": table.physical_id,
        "DestinationCidrBlock": "0.0.0.0/0",
        "NatGatewayId": nat.physical_id,
    }
    assert cloud.lives("AWS::EC2::Route", route)


def test_a_gateway_endpoint_follows_its_route_tables_and_policy(cloud: Cloud, vpc: str) -> None:
    tables = [cloud.create("AWS::EC2::RouteTable", {"VpcId": vpc}).physical_id for _ in range(2)]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
    }
    properties = {
        "VpcId": vpc,
        "ServiceName": "com.amazonaws.eu-central-1.s3",
        "VpcEndpointType": "Gateway",
        "RouteTableIds": tables[:1],
        "PolicyDocument": policy,
        "Tags": TAGS,
    }
    changed = {"RouteTableIds": tables[1:], "PolicyDocument": {**policy, "Id": "x"}}
    assert cloud.lives("AWS::EC2::VPCEndpoint", properties, changed)


def test_an_interface_endpoint_lives_in_its_subnets(cloud: Cloud, vpc: str, subnet: str) -> None:
    group = cloud.create(
        "AWS::EC2::SecurityGroup", {"GroupDescription": "endpoint", "VpcId": vpc}
    ).physical_id
    properties = {
        "VpcId": vpc,
        "ServiceName": "com.amazonaws.eu-central-1.ssm",
        "VpcEndpointType": "Interface",
        "SubnetIds": [subnet],
        "SecurityGroupIds": [group],
        "PrivateDnsEnabled": True,
    }
    assert cloud.lives("AWS::EC2::VPCEndpoint", properties)


def test_a_flow_log_lives(cloud: Cloud, vpc: str) -> None:
    properties = {
        "ResourceId": vpc,
        "ResourceType": "VPC",
        "TrafficType": "REJECT",
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": "/flow",
        "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/flow",
        "MaxAggregationInterval": 60,
        "Tags": TAGS,
    }
    assert cloud.lives("AWS::EC2::FlowLog", properties, {"Tags": TAGS[:1]})


def test_a_subnet_in_use_is_not_deleted(cloud: Cloud, subnet: str, clients: Clients) -> None:
    made = clients.client("ec2").create_network_interface(SubnetId=subnet)["NetworkInterface"]
    resource = next(made[2] for made in cloud.made if made[0] == "AWS::EC2::Subnet")
    with pytest.raises(Exception, match="has dependencies and cannot be deleted"):
        cloud.delete(resource)
    clients.client("ec2").delete_network_interface(NetworkInterfaceId=made["NetworkInterfaceId"])
