"""Route tables, their routes and the subnets that use them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.ec2 import Ec2Resource, TaggedEc2Resource
from cdinfra.local.resources.service import Target, present

DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
ROUTE_TARGETS = (
    "GatewayId",
    "InstanceId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
)


class RouteTable(TaggedEc2Resource):
    """A route table."""

    type_name = "AWS::EC2::RouteTable"
    carried = frozenset({"Tags", "VpcId"})
    shown: ClassVar[tuple[str, ...]] = ("VpcId",)

    def make(self, request: Request, client: Client) -> str:
        """Make the table."""
        found = client.create_route_table(VpcId=request.properties["VpcId"])
        return str(found["RouteTable"]["RouteTableId"])

    def attributes(self, target: Target) -> Properties:
        """Return the table's id."""
        return {"RouteTableId": target.physical_id}

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the table as the API has it."""
        return _table(target, target.physical_id)

    def remove(self, target: Target) -> None:
        """Delete the table."""
        target.client.delete_route_table(RouteTableId=target.physical_id)


class Route(Ec2Resource):
    """One route of a table."""

    type_name = "AWS::EC2::Route"
    carried = frozenset({"RouteTableId", *DESTINATIONS, *ROUTE_TARGETS})

    def make(self, request: Request, client: Client) -> str:
        """Make the route."""
        invoke(client.create_route, request.properties)
        return f"{request.properties['RouteTableId']}|{_destination(request.properties)}"

    def configure(self, target: Target, previous: Properties) -> None:
        """Send the route's traffic elsewhere."""
        if not target.is_new and previous != target.properties:
            invoke(target.client.replace_route, target.properties)

    def attributes(self, target: Target) -> Properties:
        """Return the destination."""
        return {"CidrBlock": target.physical_id.split("|")[-1]}

    def observe(self, target: Target) -> Properties | None:
        """Return the route to the same destination."""
        table_id, destination = target.physical_id.split("|")
        table = _table(target, table_id)
        for route in table["Routes"] if table else ():
            if _destination(route) == destination:
                names = (*DESTINATIONS, *ROUTE_TARGETS)
                return present(
                    {"RouteTableId": table_id, **{name: route.get(name) for name in names}}
                )
        return None

    def remove(self, target: Target) -> None:
        """Delete the route."""
        found = self.observe(target)
        if found:
            destination = {name: found[name] for name in DESTINATIONS if name in found}
            target.client.delete_route(RouteTableId=found["RouteTableId"], **destination)


def _destination(properties: Mapping[str, Any]) -> str:
    return str(next((properties[name] for name in DESTINATIONS if properties.get(name)), ""))


def _table(target: Target, table_id: str) -> Mapping[str, Any] | None:
    found = target.client.describe_route_tables(RouteTableIds=[table_id])["RouteTables"]
    return found[0] if found else None


class SubnetRouteTableAssociation(Ec2Resource):
    """The use of a route table by a subnet."""

    type_name = "AWS::EC2::SubnetRouteTableAssociation"
    carried = frozenset({"RouteTableId", "SubnetId"})

    def make(self, request: Request, client: Client) -> str:
        """Associate the table with the subnet."""
        return str(invoke(client.associate_route_table, request.properties)["AssociationId"])

    def attributes(self, target: Target) -> Properties:
        """Return the association's id."""
        return {"Id": target.physical_id}

    def observe(self, target: Target) -> Properties | None:
        """Return the table and the subnet of the association."""
        filters = [
            {"Name": "association.route-table-association-id", "Values": [target.physical_id]}
        ]
        for table in target.client.describe_route_tables(Filters=filters)["RouteTables"]:
            for association in table["Associations"]:
                if association["RouteTableAssociationId"] == target.physical_id:
                    return {
                        "RouteTableId": table["RouteTableId"],
                        "SubnetId": association.get("SubnetId"),
                    }
        return None

    def remove(self, target: Target) -> None:
        """Take the association away."""
        target.client.disassociate_route_table(AssociationId=target.physical_id)
