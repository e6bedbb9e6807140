"""A VPC that exists already: the stack passes its ids on, and changes nothing in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from troposphere import Join
from troposphere.cloudformation import WaitConditionHandle

from cdinfra.errors import Problem
from cdinfra.model import Value
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.network.flow_logs import FlowLogs, add_flow_logs
from cdinfra.stacks.network.references import NetworkReferences
from cdinfra.stacks.validation import (
    cidr_problems,
    duplicate_problems,
    raise_problems,
    tuple_problems,
    type_problems,
    value_problems,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingVpc:
    """A VPC that somebody else made.

    Attributes:
        vpc_id: Its id.
        public_subnet_ids: Subnets with a route to an internet gateway, one a zone.
        private_subnet_ids: Subnets that the internet cannot reach, one a zone.
        cidr: Its addresses; needed where something is opened to the whole VPC.
        zone_names: Names of the zones, in the order of the subnets; needed by a host
            with a data volume.
        private_subnets_reach_out: Whether the private subnets have a way to the internet
            (NAT, a proxy, endpoints), which hosts need to install Docker and to pull.
    """

    vpc_id: Value
    public_subnet_ids: tuple[Value, ...] = ()
    private_subnet_ids: tuple[Value, ...] = ()
    cidr: str | None = None
    zone_names: tuple[str, ...] = ()
    private_subnets_reach_out: bool = True

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings."""
        yield from value_problems(
            f"{path}/vpc_id", self.vpc_id, "vpc-([0-9a-f]{8}|[0-9a-f]{17})", "vpc-0a1b2c3d4e5f67890"
        )
        if not self.public_subnet_ids and not self.private_subnet_ids:
            yield Problem(path=path, message="names no subnet")
        yield from _subnet_problems(f"{path}/public_subnet_ids", self.public_subnet_ids)
        yield from _subnet_problems(f"{path}/private_subnet_ids", self.private_subnet_ids)
        if self.cidr is not None:
            yield from cidr_problems(f"{path}/cidr", self.cidr)
        yield from _zone_problems(f"{path}/zone_names", self)


@dataclass(kw_only=True, eq=False)
class AdoptedNetwork(NetworkReferences):
    """An existing VPC as a stack of the app; :meth:`Network.adopt` is the short way.

    Its outputs are those of a :class:`Network`, so that stacks which stand on it cannot
    tell the difference. A stack must have a resource: this one has a wait condition
    handle, which is nothing but a name and costs nothing.

    Args:
        name: Name within the app.
        vpc: The VPC and its subnets.
        flow_logs: Flow logs for it; by default none, since it is not ours.

    Raises:
        InvalidInputError: A setting is not valid.
    """

    description: ClassVar[str] = "An existing network, adopted"

    name: str = field(kw_only=False)
    vpc: ExistingVpc
    flow_logs: FlowLogs | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__init__(self.name)
        path = f"stacks/{self.name}"
        problems = list(type_problems(f"{path}/vpc", self.vpc, ExistingVpc)) or list(
            self.vpc.problems(path)
        )
        problems += type_problems(f"{path}/flow_logs", self.flow_logs, FlowLogs, type(None))
        if isinstance(self.flow_logs, FlowLogs):
            problems += self.flow_logs.problems(f"{path}/flow_logs")
        raise_problems(problems)

    @property
    def public_zones(self) -> int:
        """How many zones have a public subnet."""
        return len(self.vpc.public_subnet_ids)

    @property
    def private_zones(self) -> int:
        """How many zones have a private subnet."""
        return len(self.vpc.private_subnet_ids)

    @property
    def private_subnets_reach_out(self) -> bool:
        """Whether hosts in the private subnets can reach the internet."""
        return self.vpc.private_subnets_reach_out

    @property
    def knows_addresses(self) -> bool:
        """Whether the VPC's addresses were given."""
        return self.vpc.cidr is not None

    @property
    def knows_zones(self) -> bool:
        """Whether the names of the zones were given."""
        return bool(self.vpc.zone_names)

    def add_resources(self, builder: TemplateBuilder) -> None:
        """Add the outputs that stand for the VPC."""
        builder.add(WaitConditionHandle("Nothing"))
        if self.flow_logs is not None:
            add_flow_logs(builder, builder.value(self.vpc.vpc_id), self.flow_logs)
        builder.output("VpcId", builder.value(self.vpc.vpc_id), "Id of the VPC")
        _add_list(builder, "PublicSubnetIds", self.vpc.public_subnet_ids, "Public subnets")
        _add_list(builder, "PrivateSubnetIds", self.vpc.private_subnet_ids, "Private subnets")
        _add_list(builder, "ZoneNames", self.vpc.zone_names, "Zones, in the order of the subnets")
        if self.vpc.cidr is not None:
            builder.output("VpcCidr", self.vpc.cidr, "Addresses of the VPC")


def _add_list(
    builder: TemplateBuilder, key: str, values: tuple[Value, ...], description: str
) -> None:
    resolved = [builder.value(value) for value in values]
    if not resolved:
        return
    literal = all(isinstance(value, str) for value in resolved)
    builder.output(key, ",".join(resolved) if literal else Join(",", resolved), description)


def _subnet_problems(path: str, subnets: tuple[Value, ...]) -> Iterator[Problem]:
    shape_problems = tuple(tuple_problems(path, subnets, object))
    if shape_problems:
        yield from shape_problems
        return
    for index, subnet in enumerate(subnets):
        pattern = "subnet-([0-9a-f]{8}|[0-9a-f]{17})"
        yield from value_problems(f"{path}/{index}", subnet, pattern, "subnet-0a1b2c3d4e5f67890")
    yield from duplicate_problems(path, subnets)


def _zone_problems(path: str, vpc: ExistingVpc) -> Iterator[Problem]:
    if shape_problems := tuple(tuple_problems(path, vpc.zone_names, str)):
        yield from shape_problems
        return
    lists = (vpc.public_subnet_ids, vpc.private_subnet_ids)
    counts = {len(ids) for ids in lists if ids and isinstance(ids, tuple | list)}
    if vpc.zone_names and counts != {len(vpc.zone_names)}:
        hint = "one name for each public, and for each private subnet"
        yield Problem(path=path, message=f"names {len(vpc.zone_names)} zones", hint=hint)
