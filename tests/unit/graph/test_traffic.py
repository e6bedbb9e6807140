from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.graph.build import build_picture
from cdinfra.graph.picture import Kind, Picture
from cdinfra.model import OutputReference

if TYPE_CHECKING:
    from tests.unit.graph.conftest import Make


def rule(port: int | None = 80, last: int | None = None, **source: object) -> dict[str, Any]:
    ports = {} if port is None else {"FromPort": port, "ToPort": last or port}
    return {"IpProtocol": "tcp", **ports, **source}


def group(make: Make, *rules: object) -> dict[str, Any]:
    return make.resource("EC2::SecurityGroup", SecurityGroupIngress=list(rules))


def host(make: Make, name: str = "Group") -> dict[str, Any]:
    return make.resource("EC2::Instance", SecurityGroupIds=[{"Ref": name}])


def draw(make: Make, **resources: object) -> Picture:
    return build_picture("x", (make.stack("web", resources),))


def arrows(picture: Picture) -> list[tuple[str, str, str]]:
    return [(each.source, each.target, each.label) for each in picture.edges]


@pytest.mark.parametrize("everywhere", [{"CidrIp": "0.0.0.0/0"}, {"CidrIpv6": "::/0"}])
def test_an_open_rule_lets_the_internet_in(make: Make, everywhere: dict[str, str]) -> None:
    picture = draw(make, Host=host(make), Group=group(make, rule(443, **everywhere)))
    assert arrows(picture) == [("internet", "web.Host", "TCP 443")]
    assert [node.kind for node in picture.outside] == [Kind.INTERNET]


def test_addresses_and_prefix_lists_stand_for_themselves(make: Make) -> None:
    rules = (rule(CidrIp="192.0.2.0/24"), rule(SourcePrefixListId="pl-1"))
    picture = draw(make, Host=host(make), Group=group(make, *rules))
    assert [(node.kind, node.detail) for node in picture.outside] == [
        (Kind.ADDRESSES, "192.0.2.0/24"),
        (Kind.ADDRESSES, "pl-1"),
    ]


def test_addresses_that_only_a_deployment_knows_are_told_as_that(make: Make) -> None:
    picture = draw(make, Host=host(make), Group=group(make, rule(CidrIp={"Fn::If": ["A", 1, 2]})))
    assert picture.outside[0].detail == "addresses of a parameter"


@pytest.mark.parametrize(
    ("opened", "label"),
    [
        (rule(80), "TCP 80"),
        (rule(8000, 8080), "TCP 8000-8080"),
        ({"IpProtocol": "-1"}, "everything"),
        ({"IpProtocol": -1}, "everything"),
        ({"IpProtocol": "udp", "FromPort": 53, "ToPort": 53}, "UDP 53"),
    ],
)
def test_a_rule_is_told_by_protocol_and_ports(
    make: Make, opened: dict[str, Any], label: str
) -> None:
    picture = draw(make, Host=host(make), Group=group(make, {**opened, "CidrIp": "0.0.0.0/0"}))
    assert [each.label for each in picture.edges] == [label]


def test_several_rules_between_two_are_one_arrow(make: Make) -> None:
    rules = (rule(80, CidrIp="0.0.0.0/0"), rule(443, CidrIp="0.0.0.0/0"), rule(80, CidrIpv6="::/0"))
    picture = draw(make, Host=host(make), Group=group(make, *rules))
    assert arrows(picture) == [("internet", "web.Host", "TCP 80, TCP 443")]


def test_who_has_a_group_may_reach_who_lets_that_group_in(make: Make) -> None:
    ingress = make.resource(
        "EC2::SecurityGroupIngress",
        rule(5432, SourceSecurityGroupId={"Fn::GetAtt": ["Group", "GroupId"]}),
        GroupId={"Ref": "Other"},
    )
    database = make.resource("RDS::DBInstance", VPCSecurityGroups=[{"Ref": "Other"}])
    picture = draw(
        make,
        Host=host(make),
        Group=group(make),
        Other=group(make),
        Ingress=ingress,
        Database=database,
    )
    assert arrows(picture) == [("web.Host", "web.Database", "TCP 5432")]


def test_a_group_of_another_stack_is_followed_through_its_output(make: Make) -> None:
    web = make.stack("web", {"Host": host(make), "Group": group(make)}, {"Sg": {"Ref": "Group"}})
    opened = rule(5432, SourceSecurityGroupId={"Ref": "WebSg"})
    db = make.stack(
        "db",
        {"Host": host(make), "Group": group(make, opened)},
        parameters={"WebSg": OutputReference(stack="web", output="Sg")},
    )
    assert arrows(build_picture("x", (web, db))) == [("web.Host", "db.Host", "TCP 5432")]


def test_a_group_that_lets_itself_in_draws_no_arrow_from_a_host_to_itself(make: Make) -> None:
    opened = rule(SourceSecurityGroupId={"Ref": "Group"})
    two = {"One": host(make), "Two": host(make), "Group": group(make, opened)}
    assert arrows(draw(make, **two)) == [
        ("web.Two", "web.One", "TCP 80"),
        ("web.One", "web.Two", "TCP 80"),
    ]


def test_the_group_of_a_launch_template_is_that_of_the_hosts(make: Make) -> None:
    launch = make.resource("EC2::LaunchTemplate", LaunchTemplateData={"Groups": [{"Ref": "Group"}]})
    hosts = make.resource(
        "AutoScaling::AutoScalingGroup", LaunchTemplate={"LaunchTemplateId": {"Ref": "Launch"}}
    )
    opened = group(make, rule(22, CidrIp="0.0.0.0/0"))
    picture = draw(make, Hosts=hosts, Launch=launch, Group=opened)
    assert arrows(picture) == [("internet", "web.Hosts", "TCP 22")]


def test_a_group_that_a_balancers_group_only_names_is_not_the_balancers(make: Make) -> None:
    edge = make.resource(
        "EC2::SecurityGroup",
        SecurityGroupEgress=[rule(80, DestinationSecurityGroupId={"Ref": "Group"})],
    )
    balancer = make.resource(
        "ElasticLoadBalancingV2::LoadBalancer", SecurityGroups=[{"Ref": "Edge"}]
    )
    opened = group(make, rule(22, CidrIp="192.0.2.0/24"))
    picture = draw(make, Host=host(make), Group=opened, Edge=edge, Balancer=balancer)
    assert [each.target for each in picture.edges] == ["web.Host"]


def test_listeners_and_target_groups_name_the_protocol(make: Make) -> None:
    elb = "ElasticLoadBalancingV2::"
    hosts = make.resource(
        "AutoScaling::AutoScalingGroup",
        TargetGroupARNs=[{"Ref": "Targets"}],
        Groups=[{"Ref": "Group"}],
    )
    picture = draw(
        make,
        Edge=group(make, rule(443, CidrIp="0.0.0.0/0"), rule(9000, CidrIp="0.0.0.0/0")),
        Balancer=make.resource(f"{elb}LoadBalancer", SecurityGroups=[{"Ref": "Edge"}]),
        Listener=make.resource(
            f"{elb}Listener", LoadBalancerArn={"Ref": "Balancer"}, Port=443, Protocol="HTTPS"
        ),
        Targets=make.resource(f"{elb}TargetGroup", Port=8080, Protocol="HTTP"),
        Strange=make.resource(f"{elb}TargetGroup", Port=22, Protocol="HTTP"),
        Group=group(
            make,
            rule(8080, SourceSecurityGroupId={"Ref": "Edge"}),
            rule(22, SourceSecurityGroupId={"Ref": "Edge"}),
        ),
        Hosts=hosts,
    )
    assert arrows(picture) == [
        ("internet", "web.Balancer", "HTTPS 443, TCP 9000"),
        ("web.Balancer", "web.Hosts", "HTTP 8080, TCP 22"),
    ]


@pytest.mark.parametrize(
    ("scheme", "reached"), [("internet-facing", ["TCP 5000"]), ("internal", [])]
)
def test_a_balancer_without_a_group_is_reached_by_whoever_finds_it(
    make: Make, scheme: str, reached: list[str]
) -> None:
    elb = "ElasticLoadBalancingV2::"
    picture = draw(
        make,
        Balancer=make.resource(f"{elb}LoadBalancer", Scheme=scheme, Type="network"),
        Listener=make.resource(
            f"{elb}Listener", LoadBalancerArn={"Ref": "Balancer"}, Port=5000, Protocol="TCP"
        ),
    )
    assert [each.label for each in picture.edges] == reached


def test_rules_that_only_a_deployment_knows_are_no_error(make: Make) -> None:
    chosen = make.resource("EC2::SecurityGroup", SecurityGroupIngress={"Fn::If": ["A", [], []]})
    assert draw(make, Host=host(make), Group=chosen).edges == ()


def test_protocols_have_their_names_and_icmp_has_no_ports(make: Make) -> None:
    rules = (
        {"IpProtocol": "6", "FromPort": 80, "ToPort": 80, "CidrIp": "10.0.0.0/8"},
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "CidrIp": "10.1.0.0/16"},
    )
    picture = draw(make, Host=host(make), Group=group(make, *rules))
    assert {label for _, _, label in arrows(picture)} == {"TCP 80", "ICMP"}


def test_a_rule_under_a_condition_is_drawn(make: Make) -> None:
    maybe = {"Fn::If": ["Open", rule(22, CidrIp="0.0.0.0/0"), {"Ref": "AWS::NoValue"}]}
    picture = draw(make, Host=host(make), Group=group(make, maybe))
    assert arrows(picture) == [("internet", "web.Host", "TCP 22")]


@pytest.mark.parametrize(
    "broken",
    [
        {"Properties": {}},
        {"Type": "AWS::EC2::SecurityGroup", "Properties": []},
        {"Type": "AWS::EC2::SecurityGroup", "Properties": {"SecurityGroupIngress": ["x"]}},
    ],
)
def test_what_is_no_template_is_drawn_without_what_it_lacks(make: Make, broken: object) -> None:
    assert draw(make, Host=host(make), Group=broken).edges == ()
