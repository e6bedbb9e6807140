"""The parts that every zone of a network has."""

from troposphere import GetAtt, GetAZs, Ref, Select, Tags, ec2

from cdinfra.stacks.builder import TemplateBuilder


def build_subnet(builder: TemplateBuilder, vpc: ec2.VPC, logical_id: str, block: str) -> ec2.Subnet:
    """Build ``PublicSubnet1`` and its like: the number is the zone's, counted from 1."""
    kind, number = logical_id.split("Subnet")
    return ec2.Subnet(
        logical_id,
        AvailabilityZone=Select(int(number) - 1, GetAZs("")),
        CidrBlock=block,
        MapPublicIpOnLaunch=False,
        Tags=Tags(Name=f"{builder.context.stack_name(builder.name)}-{kind.lower()}-{number}"),
        VpcId=Ref(vpc),
    )


def build_route_table(builder: TemplateBuilder, vpc: ec2.VPC, logical_id: str) -> ec2.RouteTable:
    """Build a route table, named after the stack."""
    suffix = logical_id.replace("RouteTable", "-").rstrip("-").lower()
    name = f"{builder.context.stack_name(builder.name)}-{suffix}"
    return ec2.RouteTable(logical_id, Tags=Tags(Name=name), VpcId=Ref(vpc))


def build_association(subnet: ec2.Subnet, table: ec2.RouteTable) -> ec2.SubnetRouteTableAssociation:
    """Build what gives a subnet its route table."""
    return ec2.SubnetRouteTableAssociation(
        f"{subnet.title}RouteTableAssociation", RouteTableId=Ref(table), SubnetId=Ref(subnet)
    )


def add_nat_gateway(builder: TemplateBuilder, number: int) -> None:
    """Add a zone's NAT gateway and the address that its hosts are seen with."""
    address = builder.add(
        ec2.EIP(f"NatAddress{number}", Domain="vpc", DependsOn="InternetGatewayAttachment")
    )
    builder.add(
        ec2.NatGateway(
            f"NatGateway{number}",
            AllocationId=GetAtt(address, "AllocationId"),
            SubnetId=Ref(f"PublicSubnet{number}"),
            DependsOn="PublicRoute",
        )
    )
