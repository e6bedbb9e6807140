"""Rules of a security group that stand as resources of their own."""

from dataclasses import replace
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.ec2 import Ec2Resource, tag_specification
from cdinfra.local.resources.security_rules import (
    Direction,
    Rule,
    parse_rule,
    rule_of,
    rule_properties,
)
from cdinfra.local.resources.service import Target, chosen


def authorize(
    client: Client,
    direction: Direction,
    group_id: str,
    rule: Rule,
    tags: list[dict[str, Any]] | None = None,
) -> str:
    """Add a rule to a group and return the rule's id."""
    call = (
        client.authorize_security_group_ingress
        if direction is Direction.INGRESS
        else client.authorize_security_group_egress
    )
    tagged = {"TagSpecifications": tags} if tags else {}
    found = call(GroupId=group_id, IpPermissions=[rule.permission()], **tagged)
    return str(found["SecurityGroupRules"][-1]["SecurityGroupRuleId"])


def revoke(client: Client, direction: Direction, group_id: str, rule: Rule) -> None:
    """Take a rule out of a group."""
    permissions = [rule.permission()]
    if direction is Direction.INGRESS:
        client.revoke_security_group_ingress(GroupId=group_id, IpPermissions=permissions)
    else:
        client.revoke_security_group_egress(GroupId=group_id, IpPermissions=permissions)


STANDALONE_MARK = "aws:cloudformation:logical-id"
"""Tag of a rule that is a resource of its own, and so none of its group's properties."""


def listed_rules(client: Client, group_id: str, direction: Direction) -> list[tuple[Rule, bool]]:
    """Return a group's rules, each with whether it is a resource of its own."""
    filters = [{"Name": "group-id", "Values": [group_id]}]
    found = client.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    egress = direction is Direction.EGRESS
    return [
        (rule_of(item), any(tag["Key"] == STANDALONE_MARK for tag in item.get("Tags", ())))
        for item in found
        if item["IsEgress"] is egress
    ]


class StandaloneRule(Ec2Resource):
    """One rule of a group that is made elsewhere.

    Attributes:
        direction: Which way its traffic goes.
    """

    direction: ClassVar[Direction]

    def make(self, request: Request, client: Client) -> str:
        """Add the rule, marked as a resource of its own."""
        tags = tag_specification(request, "security-group-rule")
        group_id = request.properties["GroupId"]
        return authorize(client, self.direction, group_id, self._rule(request.properties), tags)

    def configure(self, target: Target, previous: Properties) -> None:
        """Change the description, by taking the rule out and adding it again.

        The local EC2 cannot describe a rule for another group anew. The rule keeps the
        physical id under which it was made.
        """
        if target.is_new or previous.get("Description") == target.properties.get("Description"):
            return
        self.remove(target)
        self.make(target.request, target.client)

    def attributes(self, target: Target) -> Properties:
        """Return the rule's id."""
        return {"Id": target.physical_id}

    def observe(self, target: Target) -> Properties | None:
        """Return the rule as its group has it."""
        found = self._found(target)
        if found is None:
            return None
        return {"GroupId": target.properties["GroupId"], **found.properties(self.direction)}

    def remove(self, target: Target) -> None:
        """Take the rule out of its group."""
        found = self._found(target)
        if found is not None:
            revoke(target.client, self.direction, target.properties["GroupId"], found)

    def _found(self, target: Target) -> Rule | None:
        asked = replace(self._rule(target.properties), description="")
        group_id = target.properties["GroupId"]
        rules = [rule for rule, _ in listed_rules(target.client, group_id, self.direction)]
        return next((rule for rule in rules if replace(rule, description="") == asked), None)

    def _rule(self, properties: Properties) -> Rule:
        return parse_rule(self.direction, chosen(properties, *rule_properties(self.direction)))


class SecurityGroupIngress(StandaloneRule):
    """A rule for traffic into a group."""

    type_name = "AWS::EC2::SecurityGroupIngress"
    carried = frozenset({"GroupId", *rule_properties(Direction.INGRESS)})
    direction = Direction.INGRESS


class SecurityGroupEgress(StandaloneRule):
    """A rule for traffic out of a group."""

    type_name = "AWS::EC2::SecurityGroupEgress"
    carried = frozenset({"GroupId", *rule_properties(Direction.EGRESS)})
    direction = Direction.EGRESS
