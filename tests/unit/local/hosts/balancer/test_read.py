from types import SimpleNamespace
from typing import Any

import pytest

from cdinfra.local.hosts.balancer.model import (
    FixedResponse,
    Forward,
    HealthCheck,
    Listener,
    Rule,
    Share,
    Target,
    TargetGroup,
)
from cdinfra.local.hosts.balancer.read import read_balancer, read_group, read_targets

ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef"
FORWARD = [SimpleNamespace(data={"Type": "forward", "TargetGroupArn": ARN})]
FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


def group(**settings: Any) -> Any:
    known = {
        "arn": ARN,
        "protocol": "HTTP",
        "protocol_version": "HTTP1",
        "target_type": "instance",
        "health_check_path": "/health",
        "health_check_port": "traffic-port",
        "health_check_protocol": "HTTP",
        "health_check_interval_seconds": "10",
        "health_check_timeout_seconds": "5",
        "healthy_threshold_count": "2",
        "unhealthy_threshold_count": "3",
        "matcher": {"HttpCode": "200-299,404"},
        "attributes": {"deregistration_delay.timeout_seconds": 30, "stickiness.enabled": "false"},
        "targets": {},
    }
    return SimpleNamespace(**{**known, **settings})


def listener(*rules: Any, **settings: Any) -> Any:
    default = SimpleNamespace(priority="default", conditions=[], actions=FORWARD)
    known = {
        "port": "80",
        "protocol": "HTTP",
        "certificate": None,
        "certificates": [],
        "rules": dict(enumerate([default, *rules])),
    }
    return SimpleNamespace(**{**known, **settings})


def balancer(*listeners: Any) -> Any:
    attributes = {"idle_timeout.timeout_seconds": "30"}
    return SimpleNamespace(arn="lb", attrs=attributes, listeners=dict(enumerate(listeners)))


def rule(priority: str, action: Any) -> Any:
    return SimpleNamespace(priority=priority, conditions=[], actions=[SimpleNamespace(data=action)])


def test_a_group_has_its_check_and_its_delay() -> None:
    assert read_group(group()) == TargetGroup(
        arn=ARN,
        name="web-0123456789abcdef",
        check=HealthCheck(
            path="/health",
            statuses=((200, 299), (404, 404)),
            interval_seconds=10,
            timeout_seconds=5,
            healthy_threshold=2,
            unhealthy_threshold=3,
        ),
        deregistration_seconds=30,
    )


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"target_type": "lambda", "protocol": None}, "a target group of type lambda"),
        ({"protocol": "TCP"}, "a target group of protocol TCP"),
        ({"protocol_version": "GRPC"}, "a target group of protocol version GRPC"),
        ({"health_check_protocol": "TCP"}, "a health check of protocol TCP"),
        ({"matcher": {"HttpCode": "200 }"}}, "the matcher {'HttpCode': '200 }'}"),
        ({"matcher": {"GrpcCode": "12"}, "protocol_version": "GRPC"}, "protocol version GRPC"),
        ({"health_check_path": "/a b"}, "the path '/a b' of a health check"),
        ({"health_check_path": "/a\n  bind :22"}, r"the path '/a\n  bind :22'"),
        (
            {"attributes": {"stickiness.enabled": "true"}},
            "the attribute stickiness.enabled=true of a target group",
        ),
        (
            {"attributes": {"load_balancing.algorithm.type": "weighted_random"}},
            "the attribute load_balancing.algorithm.type=weighted_random",
        ),
    ],
)
def test_what_is_not_carried_of_a_group_is_its_problem(
    settings: dict[str, Any], problem: str
) -> None:
    assert problem in read_group(group(**settings)).problem


def test_rules_are_in_the_order_of_their_priorities_and_the_default_is_last() -> None:
    given = balancer(listener(rule("20", {"Type": "x"}), rule("3", FIXED)))
    read = read_balancer(SimpleNamespace(target_groups={ARN: group()}), given)
    (found,) = read.listeners
    assert isinstance(found, Listener)
    first, second, third = found.rules
    assert first == Rule(action=FixedResponse(status=404))
    assert "type x" in str(second.action)
    assert third == Rule(action=Forward(shares=(Share(group=ARN),)))
    assert (read.problem, read.idle_seconds, read.ports) == ("", 30, (80,))
    assert [each.arn for each in read.groups] == [ARN]


def test_a_listener_that_is_not_carried_is_the_load_balancers_problem() -> None:
    backend = SimpleNamespace(target_groups={})
    read = read_balancer(backend, balancer(listener(protocol="TLS")))
    assert read.problem == "a listener of protocol TLS"


def test_targets_are_instances_with_the_addresses_of_their_hosts_or_addresses() -> None:
    states = {"i-0123456789abcdef0": "running", "i-0123456789abcdef1": "stopped"}
    ids = [*states, "i-0123456789abcdef2", "10.0.0.9", "x;del server", "10.0.0.9\n"]
    given = group(targets={each: {"Id": each, "Port": "80"} for each in ids})
    instances = {each: SimpleNamespace(state=state) for each, state in states.items()}
    backend = SimpleNamespace(ec2_backend=SimpleNamespace(get_instance_by_id=instances.get))

    found = [*read_targets(backend, given, lambda _: "172.18.0.5")]

    assert found == [
        Target(target_id=ids[0], port=80, address="172.18.0.5"),
        Target(target_id=ids[1], port=80, is_running=False),
        Target(target_id=ids[2], port=80, is_running=False),
        Target(target_id=ids[3], port=80, address="10.0.0.9"),
        Target(target_id=ids[4], port=80, is_running=False),
        Target(target_id=ids[5], port=80, is_running=False),
    ]
