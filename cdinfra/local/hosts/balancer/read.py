"""Reads the load balancers of moto's ELBv2, in this process.

What is not carried becomes part of what is read: a rule that answers so, a group that has a
problem, a load balancer that cannot be run.
"""

import ipaddress
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cdinfra.local.hosts.balancer.actions import read_action
from cdinfra.local.hosts.balancer.certificates import read_certificate
from cdinfra.local.hosts.balancer.conditions import read_conditions
from cdinfra.local.hosts.balancer.model import (
    Balancer,
    Forward,
    HealthCheck,
    Listener,
    Rule,
    Target,
    TargetGroup,
)
from cdinfra.local.hosts.balancer.quoting import PRINTABLE

ALGORITHMS = {"round_robin": "roundrobin", "least_outstanding_requests": "leastconn"}
PLAIN_ATTRIBUTES = {
    "load_balancing.algorithm.type": tuple(ALGORITHMS),
    "slow_start.duration_seconds": ("0",),
    "stickiness.enabled": ("false",),
}
"""The values of attributes that are carried, the default first."""

STATUS_RANGE = re.compile(r"(\d{3})(?:-(\d{3}))?")
INSTANCE_ID = re.compile(r"i-[0-9a-f]{8,17}")
PLAIN_NAME = re.compile(r"[^A-Za-z0-9-]")

AddressOf = Callable[[str], str]
"""The address of an instance, by its id; empty where it has none yet."""


def balancers() -> Iterator[tuple[Any, Any]]:
    """Yield moto's backend and its load balancer, for each application load balancer."""
    # It is slow to import. Until somebody has asked for a load balancer it is not there, and
    # while another thread imports it, it is there in part.
    models = sys.modules.get("moto.elbv2.models")
    backends = getattr(models, "elbv2_backends", {})
    for regions in list(backends.values()):
        for backend in list(regions.values()):
            for balancer in list(backend.load_balancers.values()):
                if balancer.type == "application":
                    yield backend, balancer


def read_balancer(backend: Any, given: Any) -> Balancer:  # noqa: ANN401 - moto's own types
    """Read one load balancer.

    Args:
        backend: moto's backend.
        given: moto's load balancer.
    """
    attributes = {key: str(value) for key, value in list(given.attrs.items())}
    listeners, problem = [], ""
    for listener in list(given.listeners.values()):
        certificates = tuple(_certificates(backend, listener))
        if listener.protocol not in ("HTTP", "HTTPS"):
            problem = f"a listener of protocol {listener.protocol}"
        elif listener.protocol == "HTTPS" and not certificates:
            problem = f"the certificate {listener.certificate}, which has no key here"
        else:
            rules = tuple(_rules(listener))
            listeners.append(
                Listener(port=int(listener.port), rules=rules, certificates=certificates)
            )
    arns = dict.fromkeys(arn for listener in listeners for arn in _forwarded(listener))
    groups = [backend.target_groups[arn] for arn in arns if arn in backend.target_groups]
    return Balancer(
        arn=given.arn,
        listeners=tuple(listeners),
        groups=tuple(read_group(group) for group in groups),
        idle_seconds=int(attributes.get("idle_timeout.timeout_seconds", 60)),
        forwarded_for=attributes.get("routing.http.xff_header_processing.mode", "append"),
        problem=problem,
    )


def _certificates(backend: Any, listener: Any) -> Iterator[str]:  # noqa: ANN401 - moto's own types
    if listener.protocol != "HTTPS":
        return
    for arn in dict.fromkeys([listener.certificate, *listener.certificates]):
        if arn and (text := read_certificate(backend, arn)):
            yield text


def _rules(listener: Any) -> Iterator[Rule]:  # noqa: ANN401 - moto's own type
    given = list(listener.rules.values())
    ordered = sorted(
        (rule for rule in given if rule.priority != "default"), key=lambda rule: int(rule.priority)
    )
    for rule in [*ordered, *(rule for rule in given if rule.priority == "default")]:
        conditions, not_carried = read_conditions(rule.conditions)
        action = not_carried or read_action([each.data for each in rule.actions])
        yield Rule(conditions=conditions, action=action)


def _forwarded(listener: Listener) -> Iterator[str]:
    for rule in listener.rules:
        if isinstance(rule.action, Forward):
            yield from (share.group for share in rule.action.shares)


def read_group(given: Any) -> TargetGroup:  # noqa: ANN401 - moto's own type
    """Read one target group.

    Args:
        given: moto's target group.
    """
    attributes = {key: str(value) for key, value in list(given.attributes.items())}
    name, _, identity = given.arn.rpartition(":targetgroup/")[2].rpartition("/")
    return TargetGroup(
        arn=given.arn,
        name=PLAIN_NAME.sub("-", f"{name}-{identity}"),
        check=_check(given),
        is_tls=given.protocol == "HTTPS",
        algorithm=ALGORITHMS.get(attributes.get("load_balancing.algorithm.type", ""), "roundrobin"),
        deregistration_seconds=int(attributes.get("deregistration_delay.timeout_seconds", 300)),
        problem=next(_problems(given, attributes), ""),
    )


def _check(given: Any) -> HealthCheck:  # noqa: ANN401 - moto's own type
    port = str(given.health_check_port or "traffic-port")
    return HealthCheck(
        path=given.health_check_path or "/",
        statuses=_statuses(given) or ((200, 200),),
        port=int(port) if port.isdigit() else None,
        is_tls=given.health_check_protocol == "HTTPS",
        interval_seconds=int(given.health_check_interval_seconds),
        timeout_seconds=int(given.health_check_timeout_seconds),
        healthy_threshold=int(given.healthy_threshold_count),
        unhealthy_threshold=int(given.unhealthy_threshold_count),
    )


def _statuses(given: Any) -> tuple[tuple[int, int], ...]:  # noqa: ANN401 - moto's own type
    """Return the ranges of a matcher; none where it is none."""
    parts = str((given.matcher or {}).get("HttpCode") or "200").split(",")
    found = [STATUS_RANGE.fullmatch(part.strip()) for part in parts]
    if not all(found):
        return ()
    return tuple((int(each[1]), int(each[2] or each[1])) for each in found if each)


def _problems(given: Any, attributes: Mapping[str, str]) -> Iterator[str]:  # noqa: ANN401 - as above
    """Yield what is not carried of a group; the first is what is told."""
    if given.target_type not in ("instance", "ip"):
        yield f"a target group of type {given.target_type}"
        return
    if given.protocol not in ("HTTP", "HTTPS"):
        yield f"a target group of protocol {given.protocol}"
    if given.protocol_version not in (None, "HTTP1"):
        yield f"a target group of protocol version {given.protocol_version}"
    yield from _check_problems(given)
    for name, plain in PLAIN_ATTRIBUTES.items():
        if attributes.get(name, plain[0]) not in plain:
            yield f"the attribute {name}={attributes[name]} of a target group"


def _check_problems(given: Any) -> Iterator[str]:  # noqa: ANN401 - moto's own type
    path = given.health_check_path or "/"
    if given.health_check_protocol not in ("HTTP", "HTTPS"):
        yield f"a health check of protocol {given.health_check_protocol}"
    elif not _statuses(given):
        yield f"the matcher {given.matcher} of a health check"
    elif PRINTABLE.fullmatch(path) is None or " " in path or not path.startswith("/"):
        yield f"the path {path!r} of a health check"


def read_targets(backend: Any, given: Any, address_of: AddressOf) -> Iterator[Target]:  # noqa: ANN401 - moto's own types
    """Yield what is registered with a target group.

    Args:
        backend: moto's backend.
        given: moto's target group.
        address_of: The addresses of instances.
    """
    for target in list(given.targets.values()):
        target_id, port = str(target["Id"]), int(target["Port"])
        if INSTANCE_ID.fullmatch(target_id):
            instance = backend.ec2_backend.get_instance_by_id(target_id)
            runs = instance is not None and instance.state in ("pending", "running")
            address = address_of(target_id) if runs else ""
            yield Target(target_id=target_id, port=port, address=address, is_running=runs)
        elif _is_ipv4(target_id):
            yield Target(target_id=target_id, port=port, address=target_id)
        else:
            yield Target(target_id=target_id, port=port, is_running=False)


def _is_ipv4(text: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(text)) == text
    except ValueError:
        return False
