# mypy: disable-error-code="no-any-return"
from typing import Any

import pytest

from cdinfra.aws.connection import Clients
from cdinfra.local.resources.contract import Resource, ResourceError

Cloud = Any
"""The driver in conftest.py, which a test cannot import."""

LB = "AWS::ElasticLoadBalancingV2::"
TAGS = [{"Key": "Name", "Value": "web"}, {"Key": "team", "Value": "web"}]


@pytest.fixture
def group(cloud: Cloud, vpc: str) -> Resource:
    return cloud.create("AWS::EC2::SecurityGroup", {"GroupDescription": "x", "VpcId": vpc})


@pytest.fixture
def balancer(cloud: Cloud, subnets: list[str], group: Resource) -> str:
    properties = {"Subnets": subnets[:2], "SecurityGroups": [group.physical_id]}
    return cloud.create(f"{LB}LoadBalancer", properties).physical_id


@pytest.fixture
def targets(cloud: Cloud, vpc: str) -> str:
    properties = {"VpcId": vpc, "Port": 80, "Protocol": "HTTP"}
    return cloud.create(f"{LB}TargetGroup", properties).physical_id


@pytest.fixture
def certificates(clients: Clients) -> list[str]:
    acm = clients.client("acm")
    names = ("shop.example.org", "www.example.org")
    return [acm.request_certificate(DomainName=name)["CertificateArn"] for name in names]


def test_a_load_balancer_lives_with_its_attributes(
    cloud: Cloud, subnets: list[str], group: Resource, vpc: str
) -> None:
    other = cloud.create("AWS::EC2::SecurityGroup", {"GroupDescription": "y", "VpcId": vpc})
    properties = {
        "Name": "web",
        "Scheme": "internet-facing",
        "Type": "application",
        "IpAddressType": "ipv4",
        "Subnets": subnets[:2],
        "SecurityGroups": [group.physical_id],
        "LoadBalancerAttributes": [
            {"Key": "idle_timeout.timeout_seconds", "Value": "30"},
            {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"},
        ],
        "Tags": TAGS,
    }
    change = {
        "Subnets": subnets[1:],
        "SecurityGroups": [other.physical_id],
        "LoadBalancerAttributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "90"}],
        "Tags": TAGS[:1],
    }
    made = cloud.lives(f"{LB}LoadBalancer", properties, change)
    assert made.attributes["LoadBalancerFullName"].startswith("app/web/")
    assert made.attributes["DNSName"].endswith(".eu-central-1.elb.amazonaws.com")


def test_a_generated_name_has_at_most_32_characters(cloud: Cloud, subnets: list[str]) -> None:
    made = cloud.create(
        f"{LB}LoadBalancer", {"Subnets": subnets[:2]}, logical_id="LoadBalancerOfTheWeb"
    )
    assert len(made.attributes["LoadBalancerName"]) <= 32


def test_a_protected_load_balancer_is_not_deleted(cloud: Cloud, subnets: list[str]) -> None:
    protected = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    properties = {"Subnets": subnets[:2], "LoadBalancerAttributes": protected}
    made = cloud.create(f"{LB}LoadBalancer", properties)
    with pytest.raises(Exception, match="deletion protection is enabled"):
        cloud.delete(made)
    cloud.change(made, {"Subnets": subnets[:2]})


def test_nothing_that_a_load_balancer_stands_in_is_deleted(cloud: Cloud, balancer: str) -> None:
    for type_name in ("AWS::EC2::Subnet", "AWS::EC2::SecurityGroup"):
        held = next(made[2] for made in cloud.made if made[0] == type_name)
        with pytest.raises(ResourceError, match=balancer):
            cloud.delete(held)


def test_a_target_group_lives_with_its_health_check(cloud: Cloud, vpc: str) -> None:
    properties = {
        "Name": "web",
        "VpcId": vpc,
        "Port": 8080,
        "Protocol": "HTTP",
        "TargetType": "instance",
        "HealthCheckEnabled": True,
        "HealthCheckPath": "/health",
        "HealthCheckPort": "traffic-port",
        "HealthCheckProtocol": "HTTP",
        "HealthCheckIntervalSeconds": 10,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 3,
        "Matcher": {"HttpCode": "200-299"},
        "TargetGroupAttributes": [
            {"Key": "deregistration_delay.timeout_seconds", "Value": "30"},
            {"Key": "load_balancing.algorithm.type", "Value": "least_outstanding_requests"},
        ],
        "Tags": TAGS,
    }
    change = {
        "HealthCheckPath": "/up",
        "HealthyThresholdCount": 4,
        "Matcher": {"HttpCode": "204"},
        "TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}],
        "Tags": TAGS[1:],
    }
    made = cloud.lives(f"{LB}TargetGroup", properties, change)
    assert made.attributes["TargetGroupFullName"].startswith("targetgroup/web/")


def test_a_listener_forwards_and_redirects(cloud: Cloud, balancer: str, targets: str) -> None:
    properties = {
        "LoadBalancerArn": balancer,
        "Port": 80,
        "Protocol": "HTTP",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": targets}],
        "Tags": TAGS,
    }
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    change = {
        "DefaultActions": [{"Type": "redirect", "RedirectConfig": redirect}],
        "Port": 8080,
        "Tags": TAGS[:1],
    }
    assert cloud.lives(f"{LB}Listener", properties, change)


def test_a_tls_listener_lives_with_its_certificates(
    cloud: Cloud, balancer: str, targets: str, certificates: list[str]
) -> None:
    first, second = certificates
    properties = {
        "LoadBalancerArn": balancer,
        "Port": 443,
        "Protocol": "HTTPS",
        "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "Certificates": [{"CertificateArn": first}],
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": targets}],
    }
    listener = cloud.lives(f"{LB}Listener", properties)
    more = {
        "ListenerArn": listener.physical_id,
        "Certificates": [{"CertificateArn": second}],
    }
    assert cloud.lives(f"{LB}ListenerCertificate", more)


def test_a_listener_with_a_certificate_that_is_not_there_is_refused(
    cloud: Cloud, balancer: str, targets: str
) -> None:
    properties = {
        "LoadBalancerArn": balancer,
        "Port": 443,
        "Protocol": "HTTPS",
        "Certificates": [
            {"CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/none"}
        ],
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": targets}],
    }
    with pytest.raises(Exception, match="Resource handler returned message"):
        cloud.create(f"{LB}Listener", properties)


def test_a_rule_lives_with_its_priority_and_conditions(
    cloud: Cloud, balancer: str, targets: str
) -> None:
    listener = cloud.create(
        f"{LB}Listener",
        {
            "LoadBalancerArn": balancer,
            "Port": 80,
            "Protocol": "HTTP",
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": targets}],
        },
    ).physical_id
    fixed = {"StatusCode": "503", "ContentType": "text/plain", "MessageBody": "later"}
    properties = {
        "ListenerArn": listener,
        "Priority": 10,
        "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}],
        "Actions": [{"Type": "forward", "TargetGroupArn": targets}],
    }
    change = {
        "Priority": 20,
        "Conditions": [{"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example.org"]}}],
        "Actions": [{"Type": "fixed-response", "FixedResponseConfig": fixed}],
    }
    assert cloud.lives(f"{LB}ListenerRule", properties, change)


def test_hosts_of_a_group_are_its_targets_and_go_with_it(
    cloud: Cloud, clients: Clients, subnets: list[str], targets: str
) -> None:
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
    template = cloud.create("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": data})
    properties = {
        "LaunchTemplate": {"LaunchTemplateId": template.physical_id, "Version": "1"},
        "MinSize": "0",
        "MaxSize": "3",
        "DesiredCapacity": "3",
        "VPCZoneIdentifier": subnets,
        "TargetGroupARNs": [targets],
    }
    group = cloud.create("AWS::AutoScaling::AutoScalingGroup", properties)

    def registered() -> list[str]:
        found = clients.client("elbv2").describe_target_health(TargetGroupArn=targets)
        states = [item["TargetHealth"]["State"] for item in found["TargetHealthDescriptions"]]
        return [state for state in states if state != "draining"]

    assert len(registered()) == 3
    group = cloud.change(group, {**properties, "DesiredCapacity": "1"})
    assert len(registered()) == 1
    group = cloud.change(group, {**properties, "TargetGroupARNs": []})
    assert registered() == []
    group = cloud.change(group, properties)
    assert len(registered()) == 3
