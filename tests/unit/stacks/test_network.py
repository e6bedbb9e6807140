from ipaddress import IPv4Network, ip_network
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cdinfra.errors import InvalidInputError
from cdinfra.model import BuildContext, OutputReference
from cdinfra.stacks import FlowLogs, NatGateways, Network
from cdinfra.stacks.network.addresses import DOCKER_BRIDGE, MAXIMUM_ZONES, divide_addresses

private_blocks = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False),
    st.integers(min_value=int(IPv4Network("10.0.0.0/8")[0]), max_value=2**24 * 11 - 1),
    st.integers(min_value=16, max_value=23),
)
zones = st.integers(min_value=1, max_value=MAXIMUM_ZONES)


def resources_of(network: Network, context: BuildContext, kind: str) -> dict[str, Any]:
    resources = network.build(context).document["Resources"]
    return {name: body for name, body in resources.items() if body["Type"] == kind}


@given(private_blocks, zones)
def test_subnets_lie_in_the_vpc_and_apart_from_each_other(block: IPv4Network, count: int) -> None:
    addresses = divide_addresses(str(block), count)
    subnets = [ip_network(text) for text in (*addresses.public, *addresses.private)]
    assert len(subnets) == 2 * count
    assert all(isinstance(s, IPv4Network) and s.subnet_of(block) for s in subnets)
    assert not any(a.overlaps(b) for i, a in enumerate(subnets) for b in subnets[i + 1 :])
    assert all(subnet.prefixlen <= 27 for subnet in subnets)


@given(private_blocks, zones, zones)
def test_another_zone_renumbers_no_subnet(block: IPv4Network, few: int, many: int) -> None:
    assume(few <= many)
    before, after = divide_addresses(str(block), few), divide_addresses(str(block), many)
    assert after.public[:few] == before.public
    assert after.private[:few] == before.private


@given(private_blocks, zones, st.sampled_from(NatGateways))
def test_any_valid_network_gives_a_template(
    block: IPv4Network, count: int, nat: NatGateways
) -> None:
    context = BuildContext(app="shop", env="dev", owner="me")
    template = Network("network", cidr=str(block), zones=count, nat=nat).build(context)
    assert len(template.document["Resources"]) <= 500
    assert len(template.body) < 51_200


@given(st.one_of(st.text(), st.integers(), st.none(), st.ip_addresses().map(str)))
def test_what_is_no_block_of_addresses_is_refused(cidr: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Network("network", cidr=cidr)
    assert {problem.path for problem in caught.value.problems} == {"stacks/network/cidr"}


@pytest.mark.parametrize(
    "cidr",
    ["10.0.0.0/8", "10.0.0.0/24", "10.0.0.1/16", "127.0.0.0/16", "169.254.0.0/16", "fd00::/56"],
)
def test_blocks_that_no_vpc_can_have_are_refused(cidr: str) -> None:
    with pytest.raises(InvalidInputError, match="stacks/network/cidr"):
        Network("network", cidr=cidr)


def test_a_vpc_that_meets_dockers_bridge_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="Docker's own bridge"):
        Network("network", cidr=str(DOCKER_BRIDGE))


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InvalidInputError) as caught:
        Network("network", cidr="x", zones=9, flow_logs=FlowLogs(retention_days=2))
    assert [problem.path for problem in caught.value.problems] == [
        "stacks/network/cidr",
        "stacks/network/zones",
        "stacks/network/flow_logs/retention_days",
    ]


def test_no_subnet_hands_out_public_addresses(context: BuildContext) -> None:
    subnets = resources_of(Network("network", zones=3), context, "AWS::EC2::Subnet")
    assert len(subnets) == 6
    assert not any(body["Properties"]["MapPublicIpOnLaunch"] for body in subnets.values())


@pytest.mark.parametrize(
    ("nat", "gateways"),
    [
        (NatGateways.NONE, [None, None, None]),
        (NatGateways.ONE, ["NatGateway1"] * 3),
        (NatGateways.PER_ZONE, ["NatGateway1", "NatGateway2", "NatGateway3"]),
    ],
)
def test_private_subnets_reach_out_by_nat_and_by_nothing_else(
    nat: NatGateways, gateways: list[str | None], context: BuildContext
) -> None:
    network = Network("network", zones=3, nat=nat)
    routes = resources_of(network, context, "AWS::EC2::Route")
    found = [
        body["Properties"]["NatGatewayId"]["Ref"]
        for name, body in sorted(routes.items())
        if name.startswith("PrivateRoute")
    ]
    assert found == [gateway for gateway in gateways if gateway]
    assert network.private_subnets_reach_out == any(gateways)
    assert len(resources_of(network, context, "AWS::EC2::NatGateway")) == len(set(found))


def test_adding_nat_later_changes_no_subnet(context: BuildContext) -> None:
    before = Network("network").build(context).document["Resources"]
    after = Network("network", nat=NatGateways.PER_ZONE).build(context).document["Resources"]
    assert {name: after[name] for name in before} == before


def test_s3_is_read_freely_and_written_in_the_own_account_only(context: BuildContext) -> None:
    endpoints = resources_of(Network("network"), context, "AWS::EC2::VPCEndpoint")
    properties = endpoints["S3Endpoint"]["Properties"]
    read, own = properties["PolicyDocument"]["Statement"]
    assert read["Action"] == ["s3:Get*", "s3:List*"]
    condition = {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}
    assert own["Condition"] == condition
    assert len(properties["RouteTableIds"]) == 3


def test_flow_logs_may_write_to_their_own_log_group_only(context: BuildContext) -> None:
    roles = resources_of(Network("network"), context, "AWS::IAM::Role")
    properties = roles["FlowLogRole"]["Properties"]
    (policy,) = properties["Policies"]
    write, find = policy["PolicyDocument"]["Statement"]
    assert write["Resource"] == [{"Fn::GetAtt": ["FlowLogGroup", "Arn"]}]
    assert find["Action"] == ["logs:DescribeLogGroups"]


def test_only_flow_logs_of_the_own_account_can_use_the_role(context: BuildContext) -> None:
    roles = resources_of(Network("network"), context, "AWS::IAM::Role")
    (trust,) = roles["FlowLogRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    arn = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:vpc-flow-log/*"
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {"aws:SourceArn": {"Fn::Sub": arn}},
    }


def test_flow_logs_can_be_left_out(context: BuildContext) -> None:
    network = Network("network", flow_logs=None)
    assert resources_of(network, context, "AWS::EC2::FlowLog") == {}


def test_references_have_the_types_that_cloudformation_checks() -> None:
    network = Network("network")
    assert network.vpc_id == OutputReference(
        stack="network", output="VpcId", parameter_type="AWS::EC2::VPC::Id"
    )
    assert network.public_subnet_ids.parameter_type == "List<AWS::EC2::Subnet::Id>"
    assert network.private_subnet_ids.parameter_type == "List<AWS::EC2::Subnet::Id>"
