"""``AWS::IAM::Role`` and ``AWS::IAM::InstanceProfile``."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.iam_documents import policy_text
from cdinfra.local.resources.service import ServiceResource, Target, chosen, present
from cdinfra.local.resources.tags import (
    shown_tags,
    stale_tags,
    tag_list,
    tag_mapping,
    wanted_tags,
)

NAME_LIMIT = 64
"""Longest name of a role.
Source: IAM user guide, "IAM and AWS STS quotas", name length limits."""
PROFILE_NAME_LIMIT = 128
DEFAULT_SESSION_SECONDS = 3600


class Role(ServiceResource):
    """A role with its inline and its attached policies."""

    type_name = "AWS::IAM::Role"
    service: ClassVar[str] = "iam"
    carried = frozenset(
        {
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        }
    )

    def make(self, request: Request, client: Client) -> str:
        """Make the role."""
        properties = request.properties
        name = properties.get("RoleName") or request.generated_name(limit=NAME_LIMIT)
        parameters = {
            "RoleName": name,
            "AssumeRolePolicyDocument": policy_text(properties["AssumeRolePolicyDocument"]),
            **chosen(properties, "Path", "PermissionsBoundary"),
        }
        invoke(client.create_role, parameters)
        return str(name)

    def configure(self, target: Target, previous: Properties) -> None:
        """Bring trust, settings, policies and tags to what is asked for."""
        client, name, properties = target.client, target.physical_id, target.properties
        settings = {
            "RoleName": name,
            "Description": properties.get("Description", ""),
            "MaxSessionDuration": properties.get("MaxSessionDuration", DEFAULT_SESSION_SECONDS),
        }
        invoke(client.update_role, settings)
        if not target.is_new:
            document = policy_text(properties["AssumeRolePolicyDocument"])
            client.update_assume_role_policy(RoleName=name, PolicyDocument=document)
            _bound(target, previous)
        _inline_policies(target, previous)
        _attached_policies(target, previous)
        _tag_role(target)

    def attributes(self, target: Target) -> Properties:
        """Return the role's ARN and unique id."""
        role = target.client.get_role(RoleName=target.physical_id)["Role"]
        return {"Arn": role["Arn"], "RoleId": role["RoleId"]}

    def observe(self, target: Target) -> Properties | None:
        """Return the role; of its policies those that the template names.

        Other resources may add policies to the role.
        """
        client, name = target.client, target.physical_id
        role = client.get_role(RoleName=name)["Role"]
        tags = client.list_role_tags(RoleName=name)["Tags"]
        asked = target.properties.get("ManagedPolicyArns") or ()
        listed = client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        attached = {policy["PolicyArn"] for policy in listed}
        return present(
            {
                **chosen(role, "RoleName", "Path", "MaxSessionDuration", "Description"),
                "AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"],
                "PermissionsBoundary": role.get("PermissionsBoundary", {}).get(
                    "PermissionsBoundaryArn"
                ),
                "ManagedPolicyArns": [arn for arn in asked if arn in attached],
                "Policies": _named_policies(target),
                "Tags": tag_list(shown_tags(target.request, tag_mapping(tags))),
            }
        )

    def remove(self, target: Target) -> None:
        """Take the role's policies away, then delete it."""
        client, name = target.client, target.physical_id
        for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
            client.delete_role_policy(RoleName=name, PolicyName=policy)
        for policy in client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            client.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        client.delete_role(RoleName=name)


def _bound(target: Target, previous: Properties) -> None:
    old, new = previous.get("PermissionsBoundary"), target.properties.get("PermissionsBoundary")
    if old == new:
        return
    if new:
        target.client.put_role_permissions_boundary(
            RoleName=target.physical_id, PermissionsBoundary=new
        )
    else:
        target.client.delete_role_permissions_boundary(RoleName=target.physical_id)


def _inline_policies(target: Target, previous: Properties) -> None:
    wanted = _by_name(target.properties)
    listed = target.client.list_role_policies(RoleName=target.physical_id)["PolicyNames"]
    for name in (_by_name(previous).keys() - wanted.keys()) & set(listed):
        target.client.delete_role_policy(RoleName=target.physical_id, PolicyName=name)
    for name, document in wanted.items():
        target.client.put_role_policy(
            RoleName=target.physical_id, PolicyName=name, PolicyDocument=document
        )


def _by_name(properties: Properties) -> dict[str, str]:
    return {
        policy["PolicyName"]: policy_text(policy["PolicyDocument"])
        for policy in properties.get("Policies") or ()
    }


def _named_policies(target: Target) -> list[dict[str, Any]]:
    there = target.client.list_role_policies(RoleName=target.physical_id)["PolicyNames"]
    return [
        {
            "PolicyName": name,
            "PolicyDocument": target.client.get_role_policy(
                RoleName=target.physical_id, PolicyName=name
            )["PolicyDocument"],
        }
        for name in _by_name(target.properties)
        if name in there
    ]


def _attached_policies(target: Target, previous: Properties) -> None:
    old = set(previous.get("ManagedPolicyArns") or ())
    new = set(target.properties.get("ManagedPolicyArns") or ())
    found = target.client.list_attached_role_policies(RoleName=target.physical_id)
    there = {policy["PolicyArn"] for policy in found["AttachedPolicies"]}
    for arn in sorted((old - new) & there):
        target.client.detach_role_policy(RoleName=target.physical_id, PolicyArn=arn)
    for arn in sorted(new - there):
        target.client.attach_role_policy(RoleName=target.physical_id, PolicyArn=arn)


def _tag_role(target: Target) -> None:
    name, wanted = target.physical_id, wanted_tags(target.request)
    actual = tag_mapping(target.client.list_role_tags(RoleName=name)["Tags"])
    if stale := stale_tags(wanted, actual):
        target.client.untag_role(RoleName=name, TagKeys=stale)
    if wanted and wanted != actual:
        target.client.tag_role(RoleName=name, Tags=tag_list(wanted))


class InstanceProfile(ServiceResource):
    """An instance profile with its role."""

    type_name = "AWS::IAM::InstanceProfile"
    service: ClassVar[str] = "iam"
    carried = frozenset({"InstanceProfileName", "Path", "Roles"})

    def make(self, request: Request, client: Client) -> str:
        """Make the profile."""
        name = request.properties.get("InstanceProfileName")
        name = name or request.generated_name(limit=PROFILE_NAME_LIMIT)
        parameters = {"InstanceProfileName": name, **chosen(request.properties, "Path")}
        invoke(client.create_instance_profile, parameters)
        return str(name)

    def configure(self, target: Target, previous: Properties) -> None:  # noqa: ARG002 - the actual one
        """Exchange the role: a profile has room for one."""
        old = [role["RoleName"] for role in self._profile(target)["Roles"]]
        new = target.properties.get("Roles") or ()
        for role in old:
            if role not in new:
                _remove_role(target, role)
        for role in new:
            if role not in old:
                target.client.add_role_to_instance_profile(
                    InstanceProfileName=target.physical_id, RoleName=role
                )

    def attributes(self, target: Target) -> Properties:
        """Return the profile's ARN."""
        return {"Arn": self._profile(target)["Arn"]}

    def _profile(self, target: Target) -> Mapping[str, Any]:
        found = target.client.get_instance_profile(InstanceProfileName=target.physical_id)
        profile: Mapping[str, Any] = found["InstanceProfile"]
        return profile

    def observe(self, target: Target) -> Properties | None:
        """Return the profile and its roles."""
        profile = self._profile(target)
        return {
            **chosen(profile, "InstanceProfileName", "Path"),
            "Roles": [role["RoleName"] for role in profile["Roles"]],
        }

    def remove(self, target: Target) -> None:
        """Take the role out, then delete the profile."""
        for role in self._profile(target)["Roles"]:
            _remove_role(target, role["RoleName"])
        target.client.delete_instance_profile(InstanceProfileName=target.physical_id)


def _remove_role(target: Target, role: str) -> None:
    target.client.remove_role_from_instance_profile(
        InstanceProfileName=target.physical_id, RoleName=role
    )
