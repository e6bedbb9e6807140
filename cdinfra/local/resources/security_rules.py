"""Rules of a security group: as a template writes them, and as the API takes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cdinfra.local.resources.contract import ResourceError

PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
"""Names of protocol numbers, as the API shows them.
Source: EC2 API reference, IpPermission."""

ALL_PROTOCOLS = "-1"


class Direction(StrEnum):
    """Which way the traffic of a rule goes."""

    INGRESS = "ingress"
    EGRESS = "egress"


PEERS = {
    Direction.INGRESS: ("CidrIp", "CidrIpv6", "SourceSecurityGroupId", "SourcePrefixListId"),
    Direction.EGRESS: (
        "CidrIp",
        "CidrIpv6",
        "DestinationSecurityGroupId",
        "DestinationPrefixListId",
    ),
}
"""The property that names the other side, by kind of peer."""

API_PEERS = (
    ("IpRanges", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6"),
    ("UserIdGroupPairs", "GroupId"),
    ("PrefixListIds", "PrefixListId"),
)
"""The API's list and field of each kind of peer, in the order of ``PEERS``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule with one peer.

    Attributes:
        protocol: ``tcp``, ``udp``, ``icmp``, a number, or ``-1`` for all.
        from_port: First port; None for all protocols.
        to_port: Last port; None for all protocols.
        kind: Which kind of peer: an index of ``API_PEERS``.
        peer: The address block, group or prefix list.
        description: For people.
    """

    protocol: str
    from_port: int | None
    to_port: int | None
    kind: int
    peer: str
    description: str = ""

    def permission(self) -> dict[str, Any]:
        """Return the rule in the API's form."""
        peers, name = API_PEERS[self.kind]
        described = {"Description": self.description} if self.description else {}
        ports = {"FromPort": self.from_port, "ToPort": self.to_port}
        return {
            "IpProtocol": self.protocol,
            **{key: port for key, port in ports.items() if port is not None},
            peers: [{name: self.peer, **described}],
        }

    def properties(self, direction: Direction) -> dict[str, Any]:
        """Return the rule as a template writes it."""
        shown = {
            "IpProtocol": self.protocol,
            "FromPort": self.from_port,
            "ToPort": self.to_port,
            PEERS[direction][self.kind]: self.peer,
            "Description": self.description,
        }
        return {name: value for name, value in shown.items() if value not in (None, "")}


ALLOW_ALL = Rule(protocol=ALL_PROTOCOLS, from_port=None, to_port=None, kind=0, peer="0.0.0.0/0")
"""The egress rule that a group has where its template gives none."""


def rule_properties(direction: Direction) -> frozenset[str]:
    """Return the properties that a rule may have."""
    return frozenset({"IpProtocol", "FromPort", "ToPort", "Description", *PEERS[direction]})


def parse_rule(direction: Direction, properties: Mapping[str, Any]) -> Rule:
    """Return the rule that a template writes.

    Raises:
        ResourceError: A field is not carried, or there is not exactly one peer.
    """
    for name in properties:
        if name not in rule_properties(direction):
            raise ResourceError(f"the local cloud does not carry {name} in a security group's rule")
    named = [(kind, name) for kind, name in enumerate(PEERS[direction]) if properties.get(name)]
    if len(named) != 1:
        raise ResourceError(f"A rule needs exactly one of {', '.join(PEERS[direction])}")
    kind, name = named[0]
    given = str(properties["IpProtocol"]).lower()
    protocol = PROTOCOLS.get(given, given)
    return Rule(
        protocol=protocol,
        from_port=_port(protocol, properties.get("FromPort")),
        to_port=_port(protocol, properties.get("ToPort")),
        kind=kind,
        peer=str(properties[name]),
        description=str(properties.get("Description", "")),
    )


def _port(protocol: str, value: Any) -> int | None:  # noqa: ANN401 - as a template has it
    if protocol == ALL_PROTOCOLS:
        return None
    if value is None:
        raise ResourceError(f"Invalid value 'null' for the port range of protocol {protocol}")
    return int(value)


def rule_of(listed: Mapping[str, Any]) -> Rule:
    """Return the rule that DescribeSecurityGroupRules lists."""
    protocol = str(listed["IpProtocol"])
    ported = protocol != ALL_PROTOCOLS
    peers = (
        listed.get("CidrIpv4"),
        listed.get("CidrIpv6"),
        listed.get("ReferencedGroupInfo", {}).get("GroupId"),
        listed.get("PrefixListId"),
    )
    kind, peer = next((kind, peer) for kind, peer in enumerate(peers) if peer)
    return Rule(
        protocol=protocol,
        from_port=listed["FromPort"] if ported else None,
        to_port=listed["ToPort"] if ported else None,
        kind=kind,
        peer=str(peer),
        description=str(listed.get("Description", "")),
    )
