"""Rules about who can reach what."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv6Network, ip_network
from typing import Any, Final

from cdinfra.lint.finding import Severity
from cdinfra.lint.rule import Hit, Rule
from cdinfra.lint.template import Resource, Template
from cdinfra.lint.values import choices, is_function, listed, mapping, reaches

SECURITY_GROUP: Final = "AWS::EC2::SecurityGroup"
INGRESS: Final = "AWS::EC2::SecurityGroupIngress"
BALANCER: Final = "AWS::ElasticLoadBalancingV2::LoadBalancer"
CLASSIC_BALANCER: Final = "AWS::ElasticLoadBalancing::LoadBalancer"
LISTENER: Final = "AWS::ElasticLoadBalancingV2::Listener"

WEB_PORTS: Final = frozenset({80, 443})
"""Ports that a public load balancer is there to open to everybody."""

WORLD: Final = {4: 8, 6: 16}
"""Shortest prefix, by version of IP, that is still somebody's and not the world's.

The largest block that one organisation holds is a /8; all public IPv6 is 2000::/3.
Source: IANA, "IPv4 Address Space Registry" and "IPv6 Global Unicast Address Assignments".
"""

UNIQUE_LOCAL: Final = IPv6Network("fc00::/7")
"""Source: RFC 4193, "Unique Local IPv6 Unicast Addresses"."""

Rules = Iterator[tuple[Resource, tuple[str | int, ...], Mapping[str, Any]]]


def _ingress(template: Template) -> Rules:
    """Yield each rule that lets in, with the resource and the path where it stands."""
    for group in template.resources(SECURITY_GROUP):
        for index, entry in listed(group.properties.get("SecurityGroupIngress")):
            yield group, ("Properties", "SecurityGroupIngress", index), mapping(entry)
    for rule in template.resources(INGRESS):
        yield rule, ("Properties",), rule.properties


def _open_to_world(template: Template) -> Iterator[Hit]:
    public = _groups_of_balancers(template)
    for resource, path, entry in _ingress(template):
        source = "" if _is_icmp(entry) else _world_in(entry)
        if source and not (_is_web(entry) and _group(resource) in public):
            yield resource.hit(f"opens {_ports(entry)} to the world ({source})", *path)


def _world_in(entry: Mapping[str, Any]) -> str:
    for key in ("CidrIp", "CidrIpv6"):
        for value in choices(entry.get(key)):
            try:
                network = ip_network(value, strict=False) if isinstance(value, str) else None
            except ValueError:
                continue
            # Unique local addresses are as private as 10.0.0.0/8 is.
            private = isinstance(network, IPv6Network) and network.subnet_of(UNIQUE_LOCAL)
            if network and not private and network.prefixlen < WORLD[network.version]:
                return str(value)
    return ""


def _is_icmp(entry: Mapping[str, Any]) -> bool:
    """Whether a rule is about ICMP, whose ports are a type and a code."""
    return str(entry.get("IpProtocol")).lower() in {"icmp", "icmpv6", "1", "58"}


def _group(resource: Resource) -> str:
    if resource.type == SECURITY_GROUP:
        return resource.logical_id
    group = resource.properties.get("GroupId")
    return _referred(group)


def _referred(value: object) -> str:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return name
        case {"Fn::GetAtt": str(name)}:
            return name.partition(".")[0]
        case _:
            return ""


def _groups_of_balancers(template: Template) -> frozenset[str]:
    return frozenset(
        _referred(group)
        for balancer in template.resources(BALANCER, CLASSIC_BALANCER)
        for _, group in listed(balancer.properties.get("SecurityGroups"))
    )


def _is_web(entry: Mapping[str, Any]) -> bool:
    ports = {str(entry.get("FromPort")), str(entry.get("ToPort"))}
    return entry.get("IpProtocol") in ("tcp", "6", 6) and (
        len(ports) == 1 and ports <= {str(port) for port in WEB_PORTS}
    )


def _ports(entry: Mapping[str, Any]) -> str:
    first, last = entry.get("FromPort"), entry.get("ToPort")
    if entry.get("IpProtocol") in ("-1", -1) or first is None:
        return "every port"
    if is_function(first) or is_function(last):
        return "a port"
    return f"port {first}" if first == last else f"ports {first} to {last}"


def _without_description(template: Template) -> Iterator[Hit]:
    for resource, path, entry in _ingress(template):
        if not entry.get("Description"):
            yield resource.hit(f"does not say what {_ports(entry)} is open for", *path)


def _plain_http(template: Template) -> Iterator[Hit]:
    internal = {
        each.logical_id
        for each in template.resources(BALANCER)
        if each.properties.get("Scheme") == "internal" or each.properties.get("Type") == "network"
    }
    for listener in template.resources(LISTENER):
        if listener.properties.get("Protocol") != "HTTP":
            continue
        if _referred(listener.properties.get("LoadBalancerArn")) in internal:
            continue
        actions = [mapping(each) for _, each in listed(listener.properties.get("DefaultActions"))]
        if not any(_answers_itself(action) for action in actions):
            yield listener.hit("serves plain HTTP instead of redirecting to HTTPS", "Properties")


def _answers_itself(action: Mapping[str, Any]) -> bool:
    if action.get("Type") == "redirect":
        protocol = reaches(action, "RedirectConfig", "Protocol")
        return protocol == "HTTPS" or is_function(protocol)
    return action.get("Type") == "fixed-response"


RULES: Final = (
    Rule(
        id="CD301",
        severity=Severity.ERROR,
        title="A security group is open to the world.",
        reason="Everything behind the port is attacked within minutes. Ports 80 and 443 of a load "
        "balancer in the same template are left out: a public one is there to serve them.",
        source="Security Hub user guide, controls EC2.18 and EC2.19",
        check=_open_to_world,
    ),
    Rule(
        id="CD302",
        severity=Severity.INFO,
        title="A rule of a security group has no description.",
        reason="Nobody dares to close a port that nobody knows the use of.",
        source="EC2 user guide, Security group rules",
        check=_without_description,
    ),
    Rule(
        id="CD303",
        severity=Severity.WARNING,
        title="A public listener serves plain HTTP.",
        reason="What people send and read can be seen and changed on the way.",
        source="Security Hub user guide, control ELB.1",
        check=_plain_http,
    ),
)
