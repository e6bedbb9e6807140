"""``AWS::EC2::VPC``, its subnets and its internet gateway."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke, truth
from cdinfra.local.resources.contract import Properties, Request, ResourceError
from cdinfra.local.resources.ec2 import Ec2Resource, TaggedEc2Resource, balancers_in
from cdinfra.local.resources.service import Target, chosen, present

VPC_ATTRIBUTES = {
    "EnableDnsSupport": ("enableDnsSupport", True),
    "EnableDnsHostnames": ("enableDnsHostnames", False),
}
"""The API's name of each VPC attribute, and its value where the template is silent.
Source: EC2 API reference, ModifyVpcAttribute."""


class Vpc(TaggedEc2Resource):
    """A VPC with one IPv4 block."""

    type_name = "AWS::EC2::VPC"
    carried = frozenset(
        {"CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags"}
    )
    shown: ClassVar[tuple[str, ...]] = ("CidrBlock", "InstanceTenancy")

    def make(self, request: Request, client: Client) -> str:
        """Make the VPC."""
        parameters = chosen(request.properties, "CidrBlock", "InstanceTenancy")
        return str(invoke(client.create_vpc, parameters)["Vpc"]["VpcId"])

    def change(self, target: Target, previous: Properties) -> None:
        """Set the DNS attributes."""
        for name, (_, default) in VPC_ATTRIBUTES.items():
            value = truth(target.properties.get(name, default), name)
            if target.is_new or truth(previous.get(name, default), name) != value:
                target.client.modify_vpc_attribute(
                    VpcId=target.physical_id, **{name: {"Value": value}}
                )

    def attributes(self, target: Target) -> Properties:
        """Return the ids that came with the VPC."""
        found = self.describe(target) or {}
        filters = [{"Name": "vpc-id", "Values": [target.physical_id]}]
        groups = target.client.describe_security_groups(
            Filters=[*filters, {"Name": "group-name", "Values": ["default"]}]
        )["SecurityGroups"]
        acls = target.client.describe_network_acls(
            Filters=[*filters, {"Name": "default", "Values": ["true"]}]
        )["NetworkAcls"]
        blocks = found.get("CidrBlockAssociationSet", [])
        return {
            "VpcId": target.physical_id,
            "CidrBlock": found.get("CidrBlock"),
            "CidrBlockAssociations": [block["AssociationId"] for block in blocks],
            "Ipv6CidrBlocks": [],
            "DefaultSecurityGroup": next((group["GroupId"] for group in groups), ""),
            "DefaultNetworkAcl": next((acl["NetworkAclId"] for acl in acls), ""),
        }

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the VPC as the API has it."""
        found = target.client.describe_vpcs(VpcIds=[target.physical_id])["Vpcs"]
        return found[0] if found else None

    def described(self, target: Target, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the VPC's properties, the DNS attributes among them."""
        attributes = {}
        for name, (api_name, _) in VPC_ATTRIBUTES.items():
            answer = target.client.describe_vpc_attribute(
                VpcId=target.physical_id, Attribute=api_name
            )
            attributes[name] = answer[name]["Value"]
        return {**super().described(target, found), **attributes}

    def remove(self, target: Target) -> None:
        """Delete the VPC."""
        target.client.delete_vpc(VpcId=target.physical_id)


class Subnet(TaggedEc2Resource):
    """A subnet in one zone."""

    type_name = "AWS::EC2::Subnet"
    carried = frozenset({"AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"})
    shown: ClassVar[tuple[str, ...]] = (
        "AvailabilityZone",
        "CidrBlock",
        "MapPublicIpOnLaunch",
        "VpcId",
    )

    def make(self, request: Request, client: Client) -> str:
        """Make the subnet."""
        parameters = chosen(request.properties, "AvailabilityZone", "CidrBlock", "VpcId")
        return str(invoke(client.create_subnet, parameters)["Subnet"]["SubnetId"])

    def change(self, target: Target, previous: Properties) -> None:
        """Set whether hosts get a public address."""
        value = truth(target.properties.get("MapPublicIpOnLaunch", False), "MapPublicIpOnLaunch")
        if truth(previous.get("MapPublicIpOnLaunch", False)) != value:
            target.client.modify_subnet_attribute(
                SubnetId=target.physical_id, MapPublicIpOnLaunch={"Value": value}
            )

    def attributes(self, target: Target) -> Properties:
        """Return the subnet's id, zone and network ACL association."""
        found = self.describe(target) or {}
        return {
            "SubnetId": target.physical_id,
            "AvailabilityZone": found.get("AvailabilityZone"),
            "AvailabilityZoneId": found.get("AvailabilityZoneId"),
            "CidrBlock": found.get("CidrBlock"),
            "VpcId": found.get("VpcId"),
            "Ipv6CidrBlocks": [],
            "NetworkAclAssociationId": _acl_association(target),
        }

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the subnet as the API has it."""
        found = target.client.describe_subnets(SubnetIds=[target.physical_id])["Subnets"]
        return found[0] if found else None

    def remove(self, target: Target) -> None:
        """Delete the subnet, which nothing may use any more."""
        filters = [{"Name": "subnet-id", "Values": [target.physical_id]}]
        interfaces = target.client.describe_network_interfaces(Filters=filters)
        used = [item["NetworkInterfaceId"] for item in interfaces["NetworkInterfaces"]]
        used += balancers_in(target.request, subnet_id=target.physical_id)
        if used:
            raise ResourceError(
                f"The subnet '{target.physical_id}' has dependencies and cannot be deleted "
                f"({', '.join(used)})"
            )
        target.client.delete_subnet(SubnetId=target.physical_id)


def _acl_association(target: Target) -> str:
    filters = [{"Name": "association.subnet-id", "Values": [target.physical_id]}]
    for acl in target.client.describe_network_acls(Filters=filters)["NetworkAcls"]:
        for association in acl["Associations"]:
            if association["SubnetId"] == target.physical_id:
                return str(association["NetworkAclAssociationId"])
    return ""


class InternetGateway(TaggedEc2Resource):
    """An internet gateway."""

    type_name = "AWS::EC2::InternetGateway"
    carried = frozenset({"Tags"})

    def make(self, request: Request, client: Client) -> str:  # noqa: ARG002 - it has tags only
        """Make the gateway."""
        return str(client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])

    def attributes(self, target: Target) -> Properties:
        """Return the gateway's id."""
        return {"InternetGatewayId": target.physical_id}

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the gateway as the API has it."""
        found = target.client.describe_internet_gateways(InternetGatewayIds=[target.physical_id])
        gateways = found["InternetGateways"]
        return gateways[0] if gateways else None

    def remove(self, target: Target) -> None:
        """Delete the gateway."""
        target.client.delete_internet_gateway(InternetGatewayId=target.physical_id)


class VpcGatewayAttachment(Ec2Resource):
    """The attachment of an internet gateway to a VPC."""

    type_name = "AWS::EC2::VPCGatewayAttachment"
    carried = frozenset({"InternetGatewayId", "VpcId"})

    def make(self, request: Request, client: Client) -> str:
        """Attach the gateway."""
        invoke(client.attach_internet_gateway, request.properties)
        return f"IGW|{request.properties['VpcId']}"

    def configure(self, target: Target, previous: Properties) -> None:  # noqa: ARG002 - the actual one
        """Attach another gateway in place of the one that is there."""
        new, vpc_id = target.properties["InternetGatewayId"], target.properties["VpcId"]
        old = (self.observe(target) or {}).get("InternetGatewayId")
        if old == new:
            return
        if old:
            target.client.detach_internet_gateway(InternetGatewayId=old, VpcId=vpc_id)
        target.client.attach_internet_gateway(InternetGatewayId=new, VpcId=vpc_id)

    def attributes(self, target: Target) -> Properties:  # noqa: ARG002 - the same for each
        """Return the kind of attachment."""
        return {"AttachmentType": "IGW"}

    def observe(self, target: Target) -> Properties | None:
        """Return the gateway that is attached."""
        vpc_id = target.physical_id.split("|")[-1]
        filters = [{"Name": "attachment.vpc-id", "Values": [vpc_id]}]
        found = target.client.describe_internet_gateways(Filters=filters)["InternetGateways"]
        if not found:
            return None
        return present({"InternetGatewayId": found[0]["InternetGatewayId"], "VpcId": vpc_id})

    def remove(self, target: Target) -> None:
        """Detach whichever gateway is attached."""
        if found := self.observe(target):
            target.client.detach_internet_gateway(**found)
