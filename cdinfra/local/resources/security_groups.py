"""``AWS::EC2::SecurityGroup`` with its inline rules."""

from collections.abc import Mapping
from typing import Any

from cdinfra.local.resources.calls import Client
from cdinfra.local.resources.contract import Properties, Request, ResourceError
from cdinfra.local.resources.ec2 import TaggedEc2Resource, balancers_in
from cdinfra.local.resources.security_group_rules import authorize, listed_rules, revoke
from cdinfra.local.resources.security_rules import (
    ALLOW_ALL,
    Direction,
    Rule,
    parse_rule,
)
from cdinfra.local.resources.service import Target

RULES = {
    Direction.INGRESS: "SecurityGroupIngress",
    Direction.EGRESS: "SecurityGroupEgress",
}
"""The property that holds a group's rules of each direction."""


class SecurityGroup(TaggedEc2Resource):
    """A security group with its inline rules."""

    type_name = "AWS::EC2::SecurityGroup"
    carried = frozenset(
        {
            "GroupDescription",
            "GroupName",
            "SecurityGroupEgress",
            "SecurityGroupIngress",
            "Tags",
            "VpcId",
        }
    )

    def make(self, request: Request, client: Client) -> str:
        """Make the group, with the rules that EC2 gives it."""
        properties = request.properties
        found = client.create_security_group(
            GroupName=properties.get("GroupName") or request.generated_name(),
            Description=properties["GroupDescription"],
            **({"VpcId": properties["VpcId"]} if "VpcId" in properties else {}),
        )
        return str(found["GroupId"])

    def change(self, target: Target, previous: Properties) -> None:  # noqa: ARG002 - see below
        """Bring the rules from what they are, not from what they were meant to be."""
        for direction in Direction:
            actual = self._inline(target, direction)
            wanted = _wanted(target.properties, direction)
            for rule in _beside(actual, wanted):
                revoke(target.client, direction, target.physical_id, rule)
            for rule in _beside(wanted, actual):
                authorize(target.client, direction, target.physical_id, rule)

    def _group(self, target: Target) -> Mapping[str, Any]:
        found = self.describe(target)
        if found is None:
            raise ResourceError(f"The security group '{target.physical_id}' does not exist")
        return found

    def _inline(self, target: Target, direction: Direction) -> tuple[Rule, ...]:
        """Return the rules that are not resources of their own."""
        listed = listed_rules(target.client, target.physical_id, direction)
        return tuple(rule for rule, standalone in listed if not standalone)

    def attributes(self, target: Target) -> Properties:
        """Return the group's id and VPC."""
        vpc_id = self._group(target).get("VpcId", "")
        return {"Id": target.physical_id, "GroupId": target.physical_id, "VpcId": vpc_id}

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the group as the API has it."""
        found = target.client.describe_security_groups(GroupIds=[target.physical_id])
        return found["SecurityGroups"][0] if found["SecurityGroups"] else None

    def described(self, target: Target, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the group's properties and rules."""
        shown = {
            **super().described(target, found),
            "GroupDescription": found["Description"],
            "GroupName": found["GroupName"],
            "VpcId": found.get("VpcId"),
        }
        for direction in Direction:
            wanted = _wanted(target.properties, direction)
            actual = self._inline(target, direction)
            if actual != _wanted({}, direction):
                name = RULES[direction]
                rules = (*(rule for rule in wanted if rule in actual), *_beside(actual, wanted))
                shown[name] = [rule.properties(direction) for rule in rules]
        return shown

    def remove(self, target: Target) -> None:
        """Delete the group, which nothing may use any more."""
        for user in _users(target):
            raise ResourceError(
                f"resource {target.physical_id} has a dependent object ({user}) "
                "(Service: Ec2, Status Code: 400, Error Code: DependencyViolation)"
            )
        target.client.delete_security_group(GroupId=target.physical_id)


def _wanted(properties: Properties, direction: Direction) -> tuple[Rule, ...]:
    given = properties.get(RULES[direction]) or ()
    rules = tuple(dict.fromkeys(parse_rule(direction, rule) for rule in given))
    return rules or ((ALLOW_ALL,) if direction is Direction.EGRESS else ())


def _beside(rules: tuple[Rule, ...], others: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule not in others)


def _users(target: Target) -> list[str]:
    """Return the interfaces, the other groups and the balancers that name this one."""
    own = target.physical_id
    filters = [{"Name": "group-id", "Values": [own]}]
    interfaces = target.client.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    rules = target.client.describe_security_group_rules()["SecurityGroupRules"]
    naming = [
        rule["GroupId"]
        for rule in rules
        if rule.get("ReferencedGroupInfo", {}).get("GroupId") == own and rule["GroupId"] != own
    ]
    balancers = balancers_in(target.request, group_id=own)
    return [*(item["NetworkInterfaceId"] for item in interfaces), *naming, *balancers]
