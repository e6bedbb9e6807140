"""How a VPC's addresses are divided.

The division does not depend on the number of zones: a zone more adds subnets and
renumbers none, so that no subnet is ever replaced for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from cdinfra.errors import Problem
from cdinfra.stacks.validation import cidr_problems, parse_cidr

MAXIMUM_ZONES = 6
"""Most zones that a region has. Source: AWS regions and availability zones, us-east-1."""

BLOCKS = 16
"""Into how many subnets the VPC is cut: eight public, eight private, six of each usable."""

WIDEST_PREFIX = 16
"""Source: VPC user guide, "VPC CIDR blocks": between /16 and /28."""

NARROWEST_PREFIX = 23
"""The VPC's sixteenth is then a /27, the smallest subnet that a load balancer takes.

Source: Elastic Load Balancing user guide, "Subnets for your load balancer".
"""

DOCKER_BRIDGE = IPv4Network("172.17.0.0/16")
"""Docker's own bridge on every host; a VPC there could not be reached from a container.

Source: Docker manuals, dockerd, option --bip and default address pools.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetAddresses:
    """The addresses of the subnets, one entry a zone.

    Attributes:
        public: Blocks of the public subnets.
        private: Blocks of the private subnets.
    """

    public: tuple[str, ...]
    private: tuple[str, ...]


def divide_addresses(cidr: str, zones: int) -> SubnetAddresses:
    """Return the blocks of the subnets.

    >>> divide_addresses("10.0.0.0/16", 2).private
    ('10.0.128.0/20', '10.0.144.0/20')
    """
    bits = BLOCKS.bit_length() - 1
    blocks = tuple(str(block) for block in IPv4Network(cidr).subnets(prefixlen_diff=bits))
    half = BLOCKS // 2
    return SubnetAddresses(public=blocks[:zones], private=blocks[half : half + zones])


def address_problems(path: str, cidr: object) -> Iterator[Problem]:
    """Check a VPC's block of addresses."""
    network = parse_cidr(cidr)
    if network is None:
        yield from cidr_problems(path, cidr)
        return
    if not WIDEST_PREFIX <= network.prefixlen <= NARROWEST_PREFIX:
        hint = f"from /{WIDEST_PREFIX} to /{NARROWEST_PREFIX}"
        yield Problem(path=path, message=f"{cidr!r} has a prefix that is not usable", hint=hint)
    if network.is_loopback or network.is_link_local or network.is_multicast or network.is_reserved:
        yield Problem(path=path, message=f"{cidr!r} is reserved", hint="for example 10.0.0.0/16")
    if network.overlaps(DOCKER_BRIDGE):
        hint = f"anything outside of {DOCKER_BRIDGE}"
        yield Problem(path=path, message=f"{cidr!r} meets Docker's own bridge", hint=hint)
