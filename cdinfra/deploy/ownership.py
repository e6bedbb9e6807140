"""Which resources the stacks own, and what hangs on those; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cdinfra.aws.hosts import GROUP_TAG, STACK_NAME_TAG, Host
from cdinfra.aws.stacks import STACK_TYPE, StackResource
from cdinfra.aws.tagged_resources import TaggedResource
from cdinfra.deploy.resource_kinds import KINDS, kind_of, parse_arn, spellings

STACK_ID_TAG = "aws:cloudformation:stack-id"
LOGICAL_ID_TAG = "aws:cloudformation:logical-id"
"""Source: CloudFormation user guide, "Resource tag"."""

INSTANCE_TYPE = "AWS::EC2::Instance"
GROUP_TYPE = "AWS::AutoScaling::AutoScalingGroup"

StackResources = Mapping[str, tuple[StackResource, ...] | None]
"""What each stack has, by the stack's ARN; None for a stack that is deleted."""

_KNOWN_TYPES = frozenset(kind.type_name for kind in KINDS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Everything by which it is known whether a stack owns a resource.

    Attributes:
        stacks: What each stack has.
        hosts: The app's instances that are not terminated.
    """

    stacks: StackResources
    hosts: tuple[Host, ...]

    def why_orphan(self, resource: TaggedResource) -> str:
        """Return why no stack owns a resource; empty where one does.

        A terminated instance is no orphan, though the tagging API shows it for a while.
        """
        arn = parse_arn(resource.arn)
        kind, identifier = kind_of(arn)
        if arn.service == "cloudformation" and arn.resource.startswith("stack/"):
            return ""
        by_tags = kind.by_logical_id and self._has_logical_id(resource, kind.type_name)
        if by_tags or self._is_owned(kind.type_name, set(spellings(arn, identifier))):
            return ""
        if kind.type_name == INSTANCE_TYPE:
            return self._why_orphan_host(resource, identifier)
        host = next((each for each in self.hosts if identifier in each.part_ids), None)
        if host is not None:
            return "" if self._owns_host(host) else f"is part of {host.instance_id}, an orphan too"
        return self._why_nobody(resource)

    def has_place(self, stack_name: str, logical_id: str) -> bool:
        """Whether a stack has no resource of that name yet, so that one can be imported there."""
        return not any(
            each.logical_id == logical_id
            for stack_id, resources in self.stacks.items()
            if f":stack/{stack_name}/" in stack_id
            for each in resources or ()
        )

    def _all(self) -> Iterable[StackResource]:
        return (each for resources in self.stacks.values() for each in resources or ())

    def _is_alive(self, stack_name: str) -> bool:
        return any(
            f":stack/{stack_name}/" in stack_id
            for stack_id, resources in self.stacks.items()
            if resources is not None
        )

    def _is_owned(self, type_name: str, ids: set[str]) -> bool:
        return any(
            each.physical_id in ids
            and (each.resource_type == type_name if type_name else self._is_unknown(each))
            for each in self._all()
        )

    @staticmethod
    def _is_unknown(resource: StackResource) -> bool:
        return resource.resource_type not in _KNOWN_TYPES | {STACK_TYPE}

    def _has_logical_id(self, resource: TaggedResource, type_name: str) -> bool:
        resources = self.stacks.get(resource.tags.get(STACK_ID_TAG, "")) or ()
        wanted = (resource.tags.get(LOGICAL_ID_TAG, ""), type_name)
        return any((each.logical_id, each.resource_type) == wanted for each in resources)

    def _owns_host(self, host: Host) -> bool:
        return self._is_owned(INSTANCE_TYPE, {host.instance_id}) or (
            bool(host.scaling_group) and self._is_owned(GROUP_TYPE, {host.scaling_group})
        )

    def _why_orphan_host(self, resource: TaggedResource, instance_id: str) -> str:
        host = next((each for each in self.hosts if each.instance_id == instance_id), None)
        if host is None or self._owns_host(host):
            return ""
        if group := resource.tags.get(GROUP_TAG, ""):
            return f"the Auto Scaling group {group}, which launched it, is in no stack"
        return self._why_nobody(resource)

    def _why_nobody(self, resource: TaggedResource) -> str:
        stack_id = resource.tags.get(STACK_ID_TAG, "")
        name = resource.tags.get(STACK_NAME_TAG, "") or stack_id
        if not stack_id:
            return "carries the app's tags, and no tag of a stack"
        if self.stacks.get(stack_id) is None:
            namesake = "an earlier " if self._is_alive(name) else "its "
            return f"{namesake}stack {name} is deleted"
        return f"its stack {name} let go of it"
