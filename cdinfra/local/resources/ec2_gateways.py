"""Addresses, NAT gateways, endpoints and flow logs of a VPC."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke
from cdinfra.local.resources.contract import Properties, Request, ResourceError
from cdinfra.local.resources.ec2 import Ec2Resource, TaggedEc2Resource
from cdinfra.local.resources.service import Target, chosen, present


class Eip(TaggedEc2Resource):
    """An Elastic IP address, attached to an instance where the template says so."""

    type_name = "AWS::EC2::EIP"
    carried = frozenset({"Domain", "InstanceId", "Tags"})

    def make(self, request: Request, client: Client) -> str:
        """Allocate an address."""
        return str(
            client.allocate_address(Domain=request.properties.get("Domain", "vpc"))["PublicIp"]
        )

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the address as the API has it."""
        filters = [{"Name": "public-ip", "Values": [target.physical_id]}]
        found = target.client.describe_addresses(Filters=filters)["Addresses"]
        return found[0] if found else None

    def tagged_id(self, target: Target) -> str:
        """Return the allocation's id, which carries the tags."""
        return str(self._address(target)["AllocationId"])

    def change(self, target: Target, previous: Properties) -> None:
        """Attach the address to the instance."""
        old, new = previous.get("InstanceId"), target.properties.get("InstanceId")
        if old == new:
            return
        address = self._address(target)
        if "AssociationId" in address:
            target.client.disassociate_address(AssociationId=address["AssociationId"])
        if new:
            target.client.associate_address(AllocationId=address["AllocationId"], InstanceId=new)

    def attributes(self, target: Target) -> Properties:
        """Return the allocation's id and the address."""
        return {
            "AllocationId": self._address(target)["AllocationId"],
            "PublicIp": target.physical_id,
        }

    def _address(self, target: Target) -> Mapping[str, Any]:
        found = self.describe(target)
        if found is None:
            raise ResourceError(f"Address '{target.physical_id}' not found.")
        return found

    def described(self, target: Target, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the address's properties."""
        shown = chosen(found, "Domain")
        if "InstanceId" in target.properties:
            shown["InstanceId"] = found.get("InstanceId")
        return {**super().described(target, found), **shown}

    def remove(self, target: Target) -> None:
        """Detach and release the address."""
        found = self.describe(target)
        if found is None:
            return
        if found.get("AssociationId"):
            target.client.disassociate_address(AssociationId=found["AssociationId"])
        target.client.release_address(AllocationId=found["AllocationId"])


class EipAssociation(Ec2Resource):
    """The attachment of an Elastic IP address to an instance or a network interface."""

    type_name = "AWS::EC2::EIPAssociation"
    carried = frozenset(
        {"AllocationId", "EIP", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress"}
    )

    def make(self, request: Request, client: Client) -> str:
        """Attach the address."""
        parameters = dict(request.properties)
        if "EIP" in parameters:
            parameters["PublicIp"] = parameters.pop("EIP")
        return str(invoke(client.associate_address, parameters)["AssociationId"])

    def attributes(self, target: Target) -> Properties:
        """Return the association's id."""
        return {"Id": target.physical_id}

    def observe(self, target: Target) -> Properties | None:
        """Return the address and what it is attached to."""
        filters = [{"Name": "association-id", "Values": [target.physical_id]}]
        found = target.client.describe_addresses(Filters=filters)["Addresses"]
        if not found:
            return None
        shown = {"EIP": found[0]["PublicIp"], **found[0]}
        return present(chosen(shown, *(name for name in self.carried if name in target.properties)))

    def remove(self, target: Target) -> None:
        """Detach the address."""
        if self.observe(target) is not None:
            target.client.disassociate_address(AssociationId=target.physical_id)


class NatGateway(TaggedEc2Resource):
    """A NAT gateway in one subnet."""

    type_name = "AWS::EC2::NatGateway"
    carried = frozenset({"AllocationId", "ConnectivityType", "SubnetId", "Tags"})
    shown: ClassVar[tuple[str, ...]] = ("ConnectivityType", "SubnetId")

    def make(self, request: Request, client: Client) -> str:
        """Make the gateway."""
        parameters = chosen(request.properties, "AllocationId", "ConnectivityType", "SubnetId")
        return str(invoke(client.create_nat_gateway, parameters)["NatGateway"]["NatGatewayId"])

    def attributes(self, target: Target) -> Properties:
        """Return the gateway's id and network interface."""
        addresses = (self.describe(target) or {}).get("NatGatewayAddresses", [])
        interface = addresses[0].get("NetworkInterfaceId", "") if addresses else ""
        return {"NatGatewayId": target.physical_id, "EniId": interface}

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the gateway as the API has it, unless it is a deleted one."""
        found = target.client.describe_nat_gateways(NatGatewayIds=[target.physical_id])
        living = [item for item in found["NatGateways"] if item["State"] != "deleted"]
        return living[0] if living else None

    def described(self, target: Target, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the gateway's properties."""
        addresses = found.get("NatGatewayAddresses", [])
        allocation = addresses[0].get("AllocationId") if addresses else None
        return {**super().described(target, found), "AllocationId": allocation}

    def remove(self, target: Target) -> None:
        """Delete the gateway, give its address back and take its interface away."""
        found = self.describe(target)
        if found is None:
            return
        target.client.delete_nat_gateway(NatGatewayId=target.physical_id)
        for address in found.get("NatGatewayAddresses", []):
            _free(target, address)


def _free(target: Target, address: Mapping[str, Any]) -> None:
    """Undo what a NAT gateway holds, which the local EC2 leaves behind."""
    if "AllocationId" in address:
        filters = [{"Name": "allocation-id", "Values": [address["AllocationId"]]}]
        for held in target.client.describe_addresses(Filters=filters)["Addresses"]:
            if held.get("AssociationId"):
                target.client.disassociate_address(AssociationId=held["AssociationId"])
    if interface := address.get("NetworkInterfaceId"):
        target.client.delete_network_interface(NetworkInterfaceId=interface)


class VpcEndpoint(TaggedEc2Resource):
    """An endpoint of a service in a VPC."""

    type_name = "AWS::EC2::VPCEndpoint"
    carried = frozenset(
        {
            "PolicyDocument",
            "PrivateDnsEnabled",
            "RouteTableIds",
            "SecurityGroupIds",
            "ServiceName",
            "SubnetIds",
            "Tags",
            "VpcEndpointType",
            "VpcId",
        }
    )
    shown: ClassVar[tuple[str, ...]] = (
        "RouteTableIds",
        "ServiceName",
        "SubnetIds",
        "VpcEndpointType",
        "VpcId",
    )
    changeable: ClassVar[tuple[str, ...]] = ("RouteTableIds", "SecurityGroupIds", "SubnetIds")

    def make(self, request: Request, client: Client) -> str:
        """Make the endpoint."""
        parameters = {name: value for name, value in request.properties.items() if name != "Tags"}
        parameters["PolicyDocument"] = _text(parameters.get("PolicyDocument"))
        found = invoke(client.create_vpc_endpoint, parameters)
        return str(found["VpcEndpoint"]["VpcEndpointId"])

    def change(self, target: Target, previous: Properties) -> None:
        """Change policy, route tables, subnets and groups."""
        if target.is_new:
            return
        changes: dict[str, Any] = {}
        actual = self.observe(target) or {}
        for name in self.changeable:
            old, new = set(actual.get(name, ())), set(target.properties.get(name, ()))
            changes[f"Add{name}"] = sorted(new - old) or None
            changes[f"Remove{name}"] = sorted(old - new) or None
        policy = target.properties.get("PolicyDocument")
        if policy != previous.get("PolicyDocument"):
            changes |= {"PolicyDocument": _text(policy), "ResetPolicy": None if policy else True}
        if "PrivateDnsEnabled" in target.properties:
            changes["PrivateDnsEnabled"] = target.properties["PrivateDnsEnabled"]
        invoke(target.client.modify_vpc_endpoint, {"VpcEndpointId": target.physical_id, **changes})

    def attributes(self, target: Target) -> Properties:
        """Return the endpoint's id, its interfaces and names."""
        found = self.describe(target) or {}
        names = found.get("DnsEntries", [])
        return {
            "Id": target.physical_id,
            "CreationTimestamp": str(found.get("CreationTimestamp", "")),
            "DnsEntries": [f"{name.get('HostedZoneId', '')}:{name['DnsName']}" for name in names],
            "NetworkInterfaceIds": found.get("NetworkInterfaceIds", []),
        }

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the endpoint as the API has it."""
        found = target.client.describe_vpc_endpoints(VpcEndpointIds=[target.physical_id])
        living = [item for item in found["VpcEndpoints"] if item["State"] != "deleted"]
        return living[0] if living else None

    def described(self, target: Target, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the endpoint's properties."""
        shown = super().described(target, found)
        if found.get("PolicyDocument"):
            shown["PolicyDocument"] = json.loads(found["PolicyDocument"])
        shown["SecurityGroupIds"] = [group["GroupId"] for group in found.get("Groups", [])]
        if found.get("VpcEndpointType") == "Interface":
            shown["PrivateDnsEnabled"] = found.get("PrivateDnsEnabled")
        return shown

    def remove(self, target: Target) -> None:
        """Delete the endpoint."""
        target.client.delete_vpc_endpoints(VpcEndpointIds=[target.physical_id])


def _text(policy: Any) -> str | None:  # noqa: ANN401 - as a template has it
    return None if policy is None else policy if isinstance(policy, str) else json.dumps(policy)


class FlowLog(TaggedEc2Resource):
    """The flow log of a VPC, a subnet or an interface."""

    type_name = "AWS::EC2::FlowLog"
    carried = frozenset(
        {
            "DeliverLogsPermissionArn",
            "LogDestination",
            "LogDestinationType",
            "LogFormat",
            "LogGroupName",
            "MaxAggregationInterval",
            "ResourceId",
            "ResourceType",
            "Tags",
            "TrafficType",
        }
    )
    carried_as_configuration: ClassVar[Mapping[str, str]] = {
        "ResourceType": "the id of the resource tells its type"
    }
    shown: ClassVar[tuple[str, ...]] = (
        "DeliverLogsPermissionArn",
        "LogDestination",
        "LogDestinationType",
        "LogFormat",
        "LogGroupName",
        "MaxAggregationInterval",
        "ResourceId",
        "TrafficType",
    )

    def make(self, request: Request, client: Client) -> str:
        """Make the flow log."""
        parameters = {name: value for name, value in request.properties.items() if name != "Tags"}
        parameters["ResourceIds"] = [parameters.pop("ResourceId")]
        found = invoke(client.create_flow_logs, parameters)
        for refused in found.get("Unsuccessful", []):
            raise ResourceError(refused["Error"]["Message"])
        return str(found["FlowLogIds"][0])

    def attributes(self, target: Target) -> Properties:
        """Return the flow log's id."""
        return {"Id": target.physical_id}

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the flow log as the API has it."""
        found = target.client.describe_flow_logs(FlowLogIds=[target.physical_id])["FlowLogs"]
        return found[0] if found else None

    def remove(self, target: Target) -> None:
        """Delete the flow log."""
        target.client.delete_flow_logs(FlowLogIds=[target.physical_id])
