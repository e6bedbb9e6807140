"""Who may open connections to whom: security groups' ingress rules, and listeners.

An arrow needs a rule that lets the connection in; what a group lets out is not looked at.
Where a load balancer forwards, the protocol of its listener or target group is named
instead of plain TCP.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdinfra.graph.nodes import LOAD_BALANCER, VPC
from cdinfra.graph.picture import Edge, Kind, Node, Relation
from cdinfra.graph.resources import LAUNCH_TEMPLATE, Key, Resources

SECURITY_GROUP = "AWS::EC2::SecurityGroup"
INGRESS = "AWS::EC2::SecurityGroupIngress"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"

EVERYWHERE = ("0.0.0.0/0", "::/0")
INTERNET = Node(key="internet", kind=Kind.INTERNET)

ALL_PROTOCOLS = "-1"
PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
"""Source: CloudFormation template reference, SecurityGroup Ingress, IpProtocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """One ingress rule: who may reach a security group, and where."""

    stack: str
    group: Key
    rule: Mapping[str, Any]


def _is_mapping(value: object) -> bool:
    return isinstance(value, dict)


def alternatives(value: object) -> Iterator[Any]:
    """Yield the entries of a list, those of both branches of each condition."""
    match value:
        case {"Fn::If": [_, *branches]}:
            for each in branches:
                yield from alternatives(each)
        case list():
            for each in value:
                yield from alternatives(each)
        case _:
            yield value


class Traffic:
    """The traffic of an app.

    Args:
        resources: All its resources.
        shown: Those that the picture shows.
    """

    def __init__(self, resources: Resources, shown: Iterable[Key]) -> None:
        self._resources = resources
        self._shown = tuple(shown)
        self._members: dict[Key, list[Key]] = {}
        for key in self._shown:
            for group in self._groups_of(key):
                self._members.setdefault(group, []).append(key)
        self.outside: dict[str, Node] = {}

    def edges(self) -> tuple[Edge, ...]:
        """Return one arrow for each pair, with all that may pass between them."""
        labels: dict[tuple[str, str], dict[str, None]] = {}
        for source, target, label in (*self._allowed(), *self._unguarded()):
            if source != target:
                labels.setdefault((source, target), {})[label] = None
        return tuple(
            Edge(source=source, target=target, relation=Relation.TRAFFIC, label=", ".join(names))
            for (source, target), names in labels.items()
        )

    def _groups_of(self, key: Key) -> set[Key]:
        """Return the security groups of a resource: its own, or those of its launch template."""
        own = self._resources.referred(key.stack, self._resources.properties(key))
        found = set(own)
        for each in own:
            if self._resources.type_of(each) == LAUNCH_TEMPLATE:
                properties = self._resources.properties(each)
                found |= {*self._resources.referred(each.stack, properties)}
        return {each for each in found if self._resources.type_of(each) == SECURITY_GROUP}

    def _openings(self) -> Iterator[_Opening]:
        for key in self._resources.of_type(SECURITY_GROUP):
            rules = self._resources.properties(key).get("SecurityGroupIngress", ())
            for rule in filter(_is_mapping, alternatives(rules)):
                yield _Opening(stack=key.stack, group=key, rule=rule)
        for key in self._resources.of_type(INGRESS):
            rule = self._resources.properties(key)
            for group in self._resources.referred(key.stack, rule.get("GroupId")):
                yield _Opening(stack=key.stack, group=group, rule=rule)

    def _allowed(self) -> Iterator[tuple[str, str, str]]:
        for opening in self._openings():
            sources = tuple(self._sources(opening))
            for target in self._members.get(opening.group, ()):
                for source in sources:
                    yield str(source), str(target), self._label(opening, source, target)

    def _sources(self, opening: _Opening) -> Iterator[Key | str]:
        """Yield who is let in: nodes of the picture, or keys of those outside."""
        rule, stack = opening.rule, opening.stack
        for group in self._resources.referred(stack, rule.get("SourceSecurityGroupId")):
            yield from self._members.get(group, ())
        for name in ("CidrIp", "CidrIpv6", "SourcePrefixListId"):
            if (value := rule.get(name)) is not None:
                yield self._outside(stack, value)

    def _outside(self, stack: str, value: object) -> Key | str:
        for each in self._resources.referred(stack, value):
            if self._resources.type_of(each) == VPC:
                return each
        addresses = self._resources.text(stack, value) or "addresses of a parameter"
        node = INTERNET
        if addresses not in EVERYWHERE:
            node = Node(key=f"addresses.{addresses}", kind=Kind.ADDRESSES, detail=addresses)
        self.outside.setdefault(node.key, node)
        return node.key

    def _label(self, opening: _Opening, source: Key | str, target: Key) -> str:
        rule, stack = opening.rule, opening.stack
        given = self._resources.text(stack, rule.get("IpProtocol"))
        protocol = PROTOCOLS.get(given, given)
        first, last = (
            self._resources.text(stack, rule.get(name)) for name in ("FromPort", "ToPort")
        )
        if protocol == ALL_PROTOCOLS:
            return "everything"
        if protocol.startswith("icmp"):
            return protocol.upper().replace("V6", "v6")
        ports = first if first == last else f"{first}-{last}"
        spoken = self._spoken(source, target).get(ports, protocol.upper())
        return " ".join(filter(None, (spoken, ports)))

    def _spoken(self, source: Key | str, target: Key) -> Mapping[str, str]:
        """Return what is spoken at which port of a target, as far as a load balancer says it."""
        if self._resources.type_of(target) == LOAD_BALANCER:
            return self._protocols(LISTENER, target)
        if isinstance(source, Key) and self._resources.type_of(source) == LOAD_BALANCER:
            groups = self._resources.referred(target.stack, self._resources.properties(target))
            return self._protocols(TARGET_GROUP, *groups)
        return {}

    def _protocols(self, resource_type: str, *keys: Key) -> Mapping[str, str]:
        found = {}
        for each in self._resources.of_type(resource_type):
            properties = self._resources.properties(each)
            named = self._resources.referred(each.stack, properties.get("LoadBalancerArn"))
            if each in keys or not set(keys).isdisjoint(named):
                port, protocol = (
                    self._resources.text(each.stack, properties.get(name))
                    for name in ("Port", "Protocol")
                )
                found[port] = protocol
        return found

    def _unguarded(self) -> Iterator[tuple[str, str, str]]:
        """Yield what reaches load balancers without a security group: whoever finds them."""
        guarded = {key for members in self._members.values() for key in members}
        for key in self._shown:
            is_balancer = self._resources.type_of(key) == LOAD_BALANCER
            properties = self._resources.properties(key)
            if is_balancer and key not in guarded and properties.get("Scheme") != "internal":
                for port, protocol in self._protocols(LISTENER, key).items():
                    self.outside.setdefault(INTERNET.key, INTERNET)
                    yield INTERNET.key, str(key), f"{protocol} {port}"
