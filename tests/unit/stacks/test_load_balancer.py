import json
from collections.abc import Mapping
from typing import Any

import pytest

from cdinfra.cloudinit import Container, HttpHealthCheck, PortMapping, Sidecar
from cdinfra.errors import InvalidInputError
from cdinfra.model import BuildContext
from cdinfra.stacks import Alarms, DockerHosts, LoadBalancer, Network

CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d"
PORTS = (PortMapping(host=80, container=8080), PortMapping(host=9000, container=9000))


def resources_of(
    settings: LoadBalancer,
    context: BuildContext,
    container: Container | None = None,
    **more: Any,
) -> Mapping[str, Any]:
    container = container or Container(ports=PORTS, health=HttpHealthCheck(path="/health"))
    hosts = DockerHosts(
        "web", network=Network("network"), container=container, load_balancer=settings, **more
    )
    resources: Mapping[str, Any] = json.loads(hosts.build(context).body)["Resources"]
    return resources


def test_a_load_balancer_is_open_to_the_vpc_only_unless_it_is_said(context: BuildContext) -> None:
    for settings, source in (
        (LoadBalancer(), {"Ref": "NetworkVpcCidr"}),
        (LoadBalancer(open_to=("203.0.113.0/24",)), "203.0.113.0/24"),
    ):
        group = resources_of(settings, context)["LoadBalancerSecurityGroup"]["Properties"]
        (rule,) = group["SecurityGroupIngress"]
        assert (rule["CidrIp"], rule["FromPort"]) == (source, 80)


def test_hosts_are_reached_through_the_load_balancer_only(context: BuildContext) -> None:
    resources = resources_of(LoadBalancer(), context)
    assert "SecurityGroupIngress" not in resources["SecurityGroup"]["Properties"]
    rule = resources["LoadBalancerIngress"]["Properties"]
    assert rule["SourceSecurityGroupId"] == {"Ref": "LoadBalancerSecurityGroup"}
    assert (rule["FromPort"], rule["ToPort"]) == (80, 80)
    (way_out,) = resources["LoadBalancerSecurityGroup"]["Properties"]["SecurityGroupEgress"]
    assert way_out["DestinationSecurityGroupId"] == {"Ref": "SecurityGroup"}


def test_with_a_certificate_plain_http_is_redirected(context: BuildContext) -> None:
    resources = resources_of(LoadBalancer(certificate_arn=CERTIFICATE), context)
    (plain,) = resources["HttpListener"]["Properties"]["DefaultActions"]
    assert plain["RedirectConfig"] == {
        "Port": "443",
        "Protocol": "HTTPS",
        "StatusCode": "HTTP_301",
    }
    secure = resources["HttpsListener"]["Properties"]
    assert secure["Certificates"] == [{"CertificateArn": CERTIFICATE}]
    assert secure["SslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2-")
    assert secure["DefaultActions"][0]["Type"] == "forward"


def test_going_to_tls_leaves_the_listener_of_port_80_in_place(context: BuildContext) -> None:
    plain = resources_of(LoadBalancer(), context)
    secure = resources_of(LoadBalancer(certificate_arn=CERTIFICATE), context)
    assert plain["HttpListener"]["Properties"]["Port"] == 80
    assert secure["HttpListener"]["Properties"]["Port"] == 80
    assert plain.keys() == secure.keys() - {"HttpsListener"}


def test_the_containers_health_check_is_the_load_balancers(context: BuildContext) -> None:
    health = HttpHealthCheck(path="/up?deep=1", expected_statuses=(204, 200))
    container = Container(ports=PORTS, health=health, drain_seconds=45)
    target = resources_of(LoadBalancer(), context, container)["TargetGroup"]["Properties"]
    assert target["HealthCheckPath"] == "/up?deep=1"
    assert target["Matcher"] == {"HttpCode": "200,204"}
    assert target["TargetGroupAttributes"] == [
        {"Key": "deregistration_delay.timeout_seconds", "Value": "45"}
    ]


def test_another_published_port_can_be_the_target(context: BuildContext) -> None:
    resources = resources_of(LoadBalancer(target_port=9000), context)
    assert resources["TargetGroup"]["Properties"]["Port"] == 9000
    assert resources["LoadBalancerIngress"]["Properties"]["FromPort"] == 9000


def test_a_sidecar_in_front_is_the_target_with_its_own_health_check(context: BuildContext) -> None:
    proxy = Sidecar(
        name="proxy",
        image="proxy@sha256:" + "c" * 64,
        ports=(PortMapping(host=443, container=8443),),
        health=HttpHealthCheck(path="/alive", expected_statuses=(204,)),
    )
    resources = resources_of(
        LoadBalancer(),
        context,
        Container(drain_seconds=45),
        sidecars=(proxy,),
        open_to=("sg-0a1b2c3d",),
    )
    target = resources["TargetGroup"]["Properties"]
    assert (target["Port"], target["HealthCheckPath"]) == (443, "/alive")
    assert target["Matcher"] == {"HttpCode": "204"}
    assert target["TargetGroupAttributes"][0]["Value"] == "45"
    (rule,) = resources["SecurityGroup"]["Properties"]["SecurityGroupIngress"]
    assert rule["FromPort"] == 443


def test_health_at_the_load_balancer_counts_from_the_first_release_on(
    context: BuildContext,
) -> None:
    group = resources_of(LoadBalancer(), context)["AutoScalingGroup"]
    assert group["Properties"]["HealthCheckType"] == {"Fn::If": ["Released", "ELB", "EC2"]}
    assert group["DependsOn"] == "HttpListener"


def test_requests_with_invalid_headers_are_dropped(context: BuildContext) -> None:
    balancer = resources_of(LoadBalancer(), context)["LoadBalancer"]["Properties"]
    attributes = {a["Key"]: a["Value"] for a in balancer["LoadBalancerAttributes"]}
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"


WEB = Container(ports=PORTS)
UDP = Container(ports=(PortMapping(host=53, container=53, protocol="udp"),))
FAILING = Container(ports=PORTS, health=HttpHealthCheck(expected_statuses=(503,)))
SERVER_CERTIFICATE = "arn:aws:iam::123456789012:server-certificate/x"


@pytest.mark.parametrize(
    ("settings", "container", "path"),
    [
        (LoadBalancer(), Container(), "target_port"),
        (LoadBalancer(target_port=8080), WEB, "target_port"),
        (LoadBalancer(), UDP, "target_port"),
        (LoadBalancer(health_path="health"), WEB, "health_path"),
        (LoadBalancer(), FAILING, "health_path"),
        (LoadBalancer(certificate_arn=SERVER_CERTIFICATE), WEB, "certificate_arn"),
        (LoadBalancer(access_log_bucket="B"), WEB, "access_log_bucket"),
        (LoadBalancer(open_to=("10.0.0.1/8",)), WEB, "open_to/0"),
        (LoadBalancer(open_to="0.0.0.0/0"), WEB, "open_to"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_setting_is_refused_with_its_path(
    settings: LoadBalancer, container: Container, path: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        DockerHosts("web", network=Network("network"), container=container, load_balancer=settings)
    found = {problem.path for problem in caught.value.problems}
    assert found == {f"stacks/web/load_balancer/{path}"}


def test_one_zone_is_not_enough() -> None:
    with pytest.raises(InvalidInputError, match="public subnets in 1 zone"):
        DockerHosts(
            "web",
            network=Network("network", zones=1),
            container=Container(ports=PORTS),
            load_balancer=LoadBalancer(),
        )


def test_alarms_tell_a_topic_when_they_start_and_when_they_are_over(
    context: BuildContext,
) -> None:
    resources = resources_of(LoadBalancer(), context, alarms=Alarms(email=("ops@example.com",)))
    alarms = {n: b for n, b in resources.items() if b["Type"] == "AWS::CloudWatch::Alarm"}
    assert alarms.keys() == {"CpuAlarm", "ServerErrorAlarm", "UnhealthyHostAlarm"}
    for alarm in alarms.values():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        assert alarm["Properties"]["OKActions"] == [{"Ref": "AlarmTopic"}]


def test_without_a_load_balancer_the_only_alarm_is_for_busy_hosts(context: BuildContext) -> None:
    hosts = DockerHosts("web", network=Network("network"), alarms=Alarms())
    resources = hosts.build(context).document["Resources"]
    alarms = [n for n, b in resources.items() if b["Type"] == "AWS::CloudWatch::Alarm"]
    assert alarms == ["CpuAlarm"]


@pytest.mark.parametrize(
    ("alarms", "path"),
    [
        (Alarms(cpu_percent=101), "cpu_percent"),
        (Alarms(email=("nobody",)), "email/0"),
        (Alarms(topic_arn="ops"), "topic_arn"),
        (
            Alarms(topic_arn="arn:aws:sns:eu-west-1:123456789012:ops", email=("a@example.com",)),
            "email",
        ),
    ],
)
def test_wrong_alarms_are_refused_with_their_path(alarms: Alarms, path: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        DockerHosts("web", network=Network("network"), alarms=alarms)
    assert {p.path for p in caught.value.problems} == {f"stacks/web/alarms/{path}"}
