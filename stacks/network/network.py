"""A VPC of its own, over several zones."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from troposphere import GetAtt, Join, Ref, Sub, Tags, ec2

from cdinfra.errors import Problem
from cdinfra.model import Value
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.network.addresses import MAXIMUM_ZONES, address_problems, divide_addresses
from cdinfra.stacks.network.adopted import AdoptedNetwork, ExistingVpc
from cdinfra.stacks.network.flow_logs import FlowLogs, add_flow_logs
from cdinfra.stacks.network.references import NetworkReferences
from cdinfra.stacks.network.s3_endpoint import build_s3_endpoint_policy
from cdinfra.stacks.network.subnets import (
    add_nat_gateway,
    build_association,
    build_route_table,
    build_subnet,
)
from cdinfra.stacks.validation import integer_problems, raise_problems, type_problems

ANYWHERE = "0.0.0.0/0"


class NatGateways(StrEnum):
    """How hosts in the private subnets reach the internet."""

    NONE = "none"
    ONE = "one"
    PER_ZONE = "per-zone"


@dataclass(kw_only=True, eq=False)
class Network(NetworkReferences):
    """A VPC with a public and a private subnet in each zone.

    Without NAT gateways, which cost money by the hour, the private subnets have no way
    out: hosts then live in the public subnets, with a public address each and closed
    security groups. With NAT they live in the private ones. No subnet hands out public
    addresses by itself; a launch template that wants one says so.

    The addresses are cut so that a zone more renumbers no subnet: the lower half of the
    VPC is public, the upper half private, each cut into eight.

    The default security group is not used.

    Example:
        >>> network = Network("network", zones=3, nat=NatGateways.ONE)
        >>> network.vpc_id.output
        'VpcId'

    Args:
        name: Name within the app.
        cidr: The VPC's block of addresses, from /16 to /23.
        zones: Number of availability zones.
        nat: NAT gateways: none, one (cheaper) or one a zone (a lost zone is lost alone).
        flow_logs: What to log of the traffic; None for nothing.

    Raises:
        InvalidInputError: A setting is not valid.
    """

    description: ClassVar[str] = "Network: a VPC with public and private subnets"

    name: str = field(kw_only=False)
    cidr: str = "10.0.0.0/16"
    zones: int = 2
    nat: NatGateways = NatGateways.NONE
    flow_logs: FlowLogs | None = field(default_factory=FlowLogs)

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__init__(self.name)
        raise_problems(self._problems(f"stacks/{self.name}"))

    @classmethod
    def adopt(
        cls,
        name: str,
        *,
        vpc_id: Value,
        public_subnet_ids: tuple[Value, ...],
        private_subnet_ids: tuple[Value, ...] = (),
        cidr: str | None = None,
    ) -> AdoptedNetwork:
        """Take an existing VPC instead; :class:`AdoptedNetwork` has further settings.

        Raises:
            InvalidInputError: An id is not valid.
        """
        vpc = ExistingVpc(
            vpc_id=vpc_id,
            public_subnet_ids=public_subnet_ids,
            private_subnet_ids=private_subnet_ids,
            cidr=cidr,
        )
        return AdoptedNetwork(name, vpc=vpc)

    @property
    def public_zones(self) -> int:
        """How many zones have a public subnet."""
        return self.zones

    @property
    def private_zones(self) -> int:
        """How many zones have a private subnet."""
        return self.zones

    @property
    def private_subnets_reach_out(self) -> bool:
        """Whether hosts in the private subnets can reach the internet."""
        return self.nat is not NatGateways.NONE

    @property
    def knows_addresses(self) -> bool:
        """Whether there is an output with the VPC's addresses: always."""
        return True

    @property
    def knows_zones(self) -> bool:
        """Whether there is an output with the names of the zones: always."""
        return True

    def add_resources(self, builder: TemplateBuilder) -> None:
        """Add the VPC and what is in it."""
        vpc = builder.add(self.build_vpc(builder))
        public = self._add_public_subnets(builder, vpc)
        private = self._add_private_subnets(builder, vpc)
        self._add_nat_gateways(builder)
        builder.add(self.build_s3_endpoint(vpc))
        if self.flow_logs is not None:
            add_flow_logs(builder, Ref(vpc), self.flow_logs)
        _add_outputs(builder, vpc, public, private)

    def build_vpc(self, builder: TemplateBuilder) -> ec2.VPC:
        """Build the VPC."""
        return ec2.VPC(
            "Vpc",
            CidrBlock=self.cidr,
            EnableDnsHostnames=True,
            EnableDnsSupport=True,
            Tags=Tags(Name=builder.context.stack_name(self.name)),
        )

    def build_public_subnet(
        self, builder: TemplateBuilder, vpc: ec2.VPC, number: int
    ) -> ec2.Subnet:
        """Build the public subnet of a zone; zones are numbered from 1."""
        block = divide_addresses(self.cidr, self.zones).public[number - 1]
        return build_subnet(builder, vpc, f"PublicSubnet{number}", block)

    def build_private_subnet(
        self, builder: TemplateBuilder, vpc: ec2.VPC, number: int
    ) -> ec2.Subnet:
        """Build the private subnet of a zone; zones are numbered from 1."""
        block = divide_addresses(self.cidr, self.zones).private[number - 1]
        return build_subnet(builder, vpc, f"PrivateSubnet{number}", block)

    def build_s3_endpoint(self, vpc: ec2.VPC) -> ec2.VPCEndpoint:
        """Build the endpoint by which hosts reach S3 for free, without NAT.

        Through it anything may be read (distributions keep their packages in S3, and ECR
        its layers), but only the account's own buckets may be written.
        """
        tables = ["PublicRouteTable", *(f"PrivateRouteTable{n}" for n in self._zone_numbers())]
        return ec2.VPCEndpoint(
            "S3Endpoint",
            PolicyDocument=build_s3_endpoint_policy(),
            RouteTableIds=[Ref(table) for table in tables],
            ServiceName=Sub("com.amazonaws.${AWS::Region}.s3"),
            VpcEndpointType="Gateway",
            VpcId=Ref(vpc),
        )

    def _add_public_subnets(self, builder: TemplateBuilder, vpc: ec2.VPC) -> list[ec2.Subnet]:
        gateway = builder.add(ec2.InternetGateway("InternetGateway"))
        attachment = builder.add(
            ec2.VPCGatewayAttachment(
                "InternetGatewayAttachment", InternetGatewayId=Ref(gateway), VpcId=Ref(vpc)
            )
        )
        table = builder.add(build_route_table(builder, vpc, "PublicRouteTable"))
        builder.add(
            ec2.Route(
                "PublicRoute",
                DestinationCidrBlock=ANYWHERE,
                GatewayId=Ref(gateway),
                RouteTableId=Ref(table),
                DependsOn=attachment.title,
            )
        )
        subnets = [self.build_public_subnet(builder, vpc, n) for n in self._zone_numbers()]
        for subnet in subnets:
            builder.add(subnet)
            builder.add(build_association(subnet, table))
        return subnets

    def _add_private_subnets(self, builder: TemplateBuilder, vpc: ec2.VPC) -> list[ec2.Subnet]:
        # A table for each zone even without NAT, so that adding NAT later moves no subnet.
        subnets = []
        for number in self._zone_numbers():
            subnet = builder.add(self.build_private_subnet(builder, vpc, number))
            table = builder.add(build_route_table(builder, vpc, f"PrivateRouteTable{number}"))
            builder.add(build_association(subnet, table))
            subnets.append(subnet)
        return subnets

    def _add_nat_gateways(self, builder: TemplateBuilder) -> None:
        gateways = {NatGateways.NONE: 0, NatGateways.ONE: 1, NatGateways.PER_ZONE: self.zones}
        count = gateways[self.nat]
        for number in range(1, count + 1):
            add_nat_gateway(builder, number)
        for number in self._zone_numbers() if count else ():
            builder.add(
                ec2.Route(
                    f"PrivateRoute{number}",
                    DestinationCidrBlock=ANYWHERE,
                    NatGatewayId=Ref(f"NatGateway{min(number, count)}"),
                    RouteTableId=Ref(f"PrivateRouteTable{number}"),
                )
            )

    def _zone_numbers(self) -> range:
        return range(1, self.zones + 1)

    def _problems(self, path: str) -> Iterator[Problem]:
        yield from address_problems(f"{path}/cidr", self.cidr)
        yield from integer_problems(f"{path}/zones", self.zones, 1, MAXIMUM_ZONES)
        yield from type_problems(f"{path}/nat", self.nat, NatGateways)
        yield from type_problems(f"{path}/flow_logs", self.flow_logs, FlowLogs, type(None))
        if isinstance(self.flow_logs, FlowLogs):
            yield from self.flow_logs.problems(f"{path}/flow_logs")


def _add_outputs(
    builder: TemplateBuilder, vpc: ec2.VPC, public: list[ec2.Subnet], private: list[ec2.Subnet]
) -> None:
    zones = Join(",", [GetAtt(subnet, "AvailabilityZone") for subnet in public])
    builder.output("VpcId", Ref(vpc), "Id of the VPC")
    builder.output("VpcCidr", GetAtt(vpc, "CidrBlock"), "Addresses of the VPC")
    builder.output(
        "PublicSubnetIds", Join(",", [Ref(subnet) for subnet in public]), "Public subnets"
    )
    builder.output(
        "PrivateSubnetIds", Join(",", [Ref(subnet) for subnet in private]), "Private subnets"
    )
    builder.output("ZoneNames", zones, "Zones, in the order of the subnets")
