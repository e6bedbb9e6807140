"""What can be wrong with a group of hosts: each setting alone, then one against another."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cdinfra.cloudinit import Container, Part, Sidecar
from cdinfra.errors import Problem
from cdinfra.model.names import tag_problems
from cdinfra.stacks.hosts.alarms import Alarms
from cdinfra.stacks.hosts.image import Image
from cdinfra.stacks.hosts.instance import Instance, Placement, architecture_problems
from cdinfra.stacks.hosts.load_balancer import LoadBalancer
from cdinfra.stacks.hosts.sources import source_problems
from cdinfra.stacks.network import NetworkReferences
from cdinfra.stacks.registry import Repository
from cdinfra.stacks.validation import (
    arn_problems,
    retention_problems,
    tuple_problems,
    type_problems,
)

if TYPE_CHECKING:
    from cdinfra.stacks.hosts.host_group import HostGroup

DEPLOY_GROUP_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

ZONES_OF_A_LOAD_BALANCER = 2
"""Source: Application Load Balancers user guide, "Subnets for your load balancer"."""


def group_problems(stack: "HostGroup", path: str) -> Iterator[Problem]:
    """Return everything that is wrong with a group of hosts."""
    wrong_types = (
        *_types(stack, path),
        *tuple_problems(f"{path}/sidecars", stack.sidecars, Sidecar),
    )
    yield from wrong_types
    yield from _lists(stack, path)
    if wrong_types:
        return
    yield from stack.instance.problems(f"{path}/instance")
    yield from stack.image.problems(f"{path}/image")
    if stack.alarms is not None:
        yield from stack.alarms.problems(f"{path}/alarms")
    yield from _placement(stack, f"{path}/instance/placement")
    yield from _architecture(stack, f"{path}/instance/type")
    if stack.load_balancer is not None:
        yield from stack.load_balancer.problems(f"{path}/load_balancer", stack.containers)
        yield from _load_balancer(stack, stack.load_balancer, path)


def _types(stack: "HostGroup", path: str) -> Iterator[Problem]:
    optional = type(None)
    yield from type_problems(f"{path}/network", stack.network, NetworkReferences)
    yield from type_problems(f"{path}/container", stack.container, Container)
    yield from type_problems(f"{path}/instance", stack.instance, Instance)
    yield from type_problems(f"{path}/image", stack.image, Image)
    yield from type_problems(f"{path}/alarms", stack.alarms, Alarms, optional)
    yield from type_problems(f"{path}/load_balancer", stack.load_balancer, LoadBalancer, optional)


def _lists(stack: "HostGroup", path: str) -> Iterator[Problem]:
    yield from tuple_problems(f"{path}/user_data_parts", stack.user_data_parts, Part)
    yield from tuple_problems(f"{path}/packages", stack.packages, str)
    yield from source_problems(f"{path}/open_to", stack.open_to)
    yield from retention_problems(f"{path}/log_retention_days", stack.log_retention_days)
    wrong_tags = tuple(type_problems(f"{path}/tags", stack.tags, Mapping))
    yield from wrong_tags or tag_problems(f"{path}/tags", stack.tags)
    yield from _repositories(stack, f"{path}/repositories")
    where = f"{path}/managed_policy_arns"
    wrong_shape = tuple(tuple_problems(where, stack.managed_policy_arns, object))
    yield from wrong_shape
    for index, arn in enumerate(() if wrong_shape else stack.managed_policy_arns):
        yield from arn_problems(f"{where}/{index}", arn, "iam")
    name = stack.deploy_group
    if name is not None and (not isinstance(name, str) or not DEPLOY_GROUP_PATTERN.fullmatch(name)):
        hint = "letters, digits and . _ -, at most 128"
        message = f"{name!r} is no name of a deploy group"
        yield Problem(path=f"{path}/deploy_group", message=message, hint=hint)


def _repositories(stack: "HostGroup", path: str) -> Iterator[Problem]:
    if wrong_shape := tuple(tuple_problems(path, stack.repositories, Repository)):
        yield from wrong_shape
        return
    for index, repository in enumerate(stack.repositories):
        yield from repository.problems(f"{path}/{index}")


def _placement(stack: "HostGroup", path: str) -> Iterator[Problem]:
    network = stack.network
    match stack.instance.placement:
        case Placement.PRIVATE if not network.private_zones:
            yield Problem(path=path, message=f"{network.name!r} has no private subnet")
        case Placement.PRIVATE if not network.private_subnets_reach_out:
            message = f"hosts in private subnets of {network.name!r} could not install Docker"
            hint = "give the network NAT gateways: nat=NatGateways.ONE"
            yield Problem(path=path, message=message, hint=hint)
        case _ if stack.public and not network.public_zones:
            yield Problem(path=path, message=f"{network.name!r} has no public subnet")
        case _:
            return


def _architecture(stack: "HostGroup", path: str) -> Iterator[Problem]:
    architecture = stack.image.architecture
    if isinstance(stack.instance.type, str):
        yield from architecture_problems(path, stack.instance.type, architecture)


def _load_balancer(stack: "HostGroup", settings: LoadBalancer, path: str) -> Iterator[Problem]:
    network = stack.network
    zones = network.private_zones if settings.internal else network.public_zones
    if zones < ZONES_OF_A_LOAD_BALANCER:
        kind = "private" if settings.internal else "public"
        hint = f"it needs {ZONES_OF_A_LOAD_BALANCER}"
        message = f"{network.name!r} has {kind} subnets in {zones} zone(s)"
        yield Problem(path=f"{path}/load_balancer", message=message, hint=hint)
    if not settings.open_to and not network.knows_addresses:
        message = f"must be given, since the addresses of {network.name!r} are not known"
        hint = "or adopt the network with its cidr"
        yield Problem(path=f"{path}/load_balancer/open_to", message=message, hint=hint)
