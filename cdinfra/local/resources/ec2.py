"""What the EC2 types share: their tags, and the look at one resource by its id."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.service import ServiceResource, Target, present
from cdinfra.local.resources.tags import (
    shown_tags,
    stale_tags,
    tag_list,
    tag_mapping,
    wanted_tags,
)


class Ec2Resource(ServiceResource):
    """An EC2 resource without tags."""

    service: ClassVar[str] = "ec2"


class TaggedEc2Resource(Ec2Resource):
    """An EC2 resource with tags, found by one describe call.

    Attributes:
        shown: The properties whose values the describe call shows under the same name.
    """

    shown: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the API's description of the resource, None where it is gone."""

    def configure(self, target: Target, previous: Properties) -> None:
        """Change the settings, then the tags."""
        self.change(target, previous)
        tag_resource(target, self.tagged_id(target))

    def change(self, target: Target, previous: Properties) -> None:
        """Bring the settings other than tags to what is asked for."""

    def tagged_id(self, target: Target) -> str:
        """Return the id that carries the tags."""
        return target.physical_id

    def observe(self, target: Target) -> Properties | None:
        """Return what the describe call shows."""
        found = self.describe(target)
        return None if found is None else present(self.described(target, found))

    def described(self, target: Target, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties that a description shows."""
        shown = {name: found.get(name) for name in self.shown}
        return {**shown, "Tags": ec2_tags(target.request, found.get("Tags", []))}


def tag_resource(target: Target, resource_id: str) -> None:
    """Bring the tags of an EC2 resource to what is asked for."""
    wanted = wanted_tags(target.request)
    filters = [{"Name": "resource-id", "Values": [resource_id]}]
    found = target.client.describe_tags(Filters=filters)["Tags"]
    actual = tag_mapping(found)
    if stale := stale_tags(wanted, actual):
        tags = [{"Key": key} for key in stale]
        target.client.delete_tags(Resources=[resource_id], Tags=tags)
    if changed := {key: value for key, value in wanted.items() if actual.get(key) != value}:
        target.client.create_tags(Resources=[resource_id], Tags=tag_list(changed))


def ec2_tags(request: Request, tags: list[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the tags that belong to the properties, as CloudFormation shows them."""
    return tag_list(shown_tags(request, tag_mapping(tags)))


def tag_specification(request: Request, resource_type: str) -> list[dict[str, Any]] | None:
    """Return the tags in the form that a creating call takes."""
    tags = tag_list(wanted_tags(request))
    return [{"ResourceType": resource_type, "Tags": tags}] if tags else None


def balancers_in(request: Request, *, subnet_id: str = "", group_id: str = "") -> list[str]:
    """Return the load balancers that a subnet or a security group holds.

    In an account their network interfaces do; the local balancers have none.
    """
    found = request.clients.client("elbv2").describe_load_balancers()["LoadBalancers"]
    return [
        balancer["LoadBalancerArn"]
        for balancer in found
        if subnet_id in {zone["SubnetId"] for zone in balancer.get("AvailabilityZones", ())}
        or group_id in balancer.get("SecurityGroups", ())
    ]
