"""``AWS::EC2::SecurityGroup`` with its inline rules."""

from collections.abc import Mapping
from typing import Any

from cdinfra.local.resources.calls import Client
from cdinfra.local.resources.contract import Properties, Request, ResourceError
from cdinfra.local.resources.ec2 import TaggedEc2Resource
from cdinfra.local.resources.security_group_rules import authorize, revoke
from cdinfra.local.resources.security_rules import (
    ALLOW_ALL,
    Direction,
    Rule,
    parse_rule,
    rules_of,
)
from cdinfra.local.resources.service import Target

STANDALONE_MARK = "aws:cloudformation:logical-id"
"""Tag of a rule that is a resource of its own, and so none of its group's properties."""

RULES = {
    Direction.INGRESS: ("SecurityGroupIngress", "IpPermissions"),
    Direction.EGRESS: ("SecurityGroupEgress", "IpPermissionsEgress"),
}


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
        found = self._group(target)
        for direction in Direction:
            actual = self._inline(target, found, direction)
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

    def _inline(
        self, target: Target, found: Mapping[str, Any], direction: Direction
    ) -> tuple[Rule, ...]:
        """Return the rules that are not resources of their own."""
        filters = [{"Name": "group-id", "Values": [target.physical_id]}]
        listed = target.client.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        egress = direction is Direction.EGRESS
        standalone = {
            _identity(rule)
            for rule in listed
            if rule["IsEgress"] is egress
            and any(tag["Key"] == STANDALONE_MARK for tag in rule.get("Tags", ()))
        }
        rules = rules_of(found[RULES[direction][1]])
        return tuple(rule for rule in rules if _identity(rule.permission()) not in standalone)

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
            actual = self._inline(target, found, direction)
            if actual != _wanted({}, direction):
                name = RULES[direction][0]
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
    given = properties.get(RULES[direction][0]) or ()
    rules = tuple(dict.fromkeys(parse_rule(direction, rule) for rule in given))
    return rules or ((ALLOW_ALL,) if direction is Direction.EGRESS else ())


def _beside(rules: tuple[Rule, ...], others: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule not in others)


def _identity(rule: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what makes a rule one of its kind, from either of the API's two forms."""
    protocol = str(rule["IpProtocol"])
    ports = (None, None) if protocol == "-1" else (rule.get("FromPort"), rule.get("ToPort"))
    peers = [peer.peer for peer in rules_of([rule])]
    listed = (
        rule.get("CidrIpv4"),
        rule.get("CidrIpv6"),
        rule.get("ReferencedGroupInfo", {}).get("GroupId"),
        rule.get("PrefixListId"),
    )
    return (protocol, *ports, *(peers or [peer for peer in listed if peer]))


def _users(target: Target) -> list[str]:
    """Return the interfaces and the other groups that name this one."""
    own = target.physical_id
    filters = [{"Name": "group-id", "Values": [own]}]
    interfaces = target.client.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    groups = target.client.describe_security_groups()["SecurityGroups"]
    naming = [
        group["GroupId"]
        for group in groups
        for rule in rules_of([*group["IpPermissions"], *group["IpPermissionsEgress"]])
        if rule.peer == own and group["GroupId"] != own
    ]
    return [*(item["NetworkInterfaceId"] for item in interfaces), *naming]
