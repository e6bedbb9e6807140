"""Policies that stand as resources of their own: managed ones, and inline ones of principals."""

from collections.abc import Iterator
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.iam_documents import policy_document, policy_text
from cdinfra.local.resources.service import ServiceResource, Target, chosen, present

POLICY_NAME_LIMIT = 128
"""Source: IAM user guide, "IAM and AWS STS quotas", name length limits."""

PRINCIPALS = ("Roles", "Users", "Groups")


class ManagedPolicy(ServiceResource):
    """A customer managed policy, attached to principals."""

    type_name = "AWS::IAM::ManagedPolicy"
    service: ClassVar[str] = "iam"
    carried = frozenset({"Description", "ManagedPolicyName", "Path", "PolicyDocument", *PRINCIPALS})

    def make(self, request: Request, client: Client) -> str:
        """Make the policy."""
        properties = request.properties
        name = properties.get("ManagedPolicyName")
        parameters = {
            "PolicyName": name or request.generated_name(limit=POLICY_NAME_LIMIT),
            "PolicyDocument": policy_text(properties["PolicyDocument"]),
            **chosen(properties, "Description", "Path"),
        }
        return str(invoke(client.create_policy, parameters)["Policy"]["Arn"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Set a new version of the document, and attach the policy."""
        document = policy_text(target.properties["PolicyDocument"])
        if not target.is_new and policy_text(previous["PolicyDocument"]) != document:
            self._delete_versions(target)
            target.client.create_policy_version(
                PolicyArn=target.physical_id, PolicyDocument=document, SetAsDefault=True
            )
            self._delete_versions(target)
        having = self._having(target)
        for kind, name in _principals(previous, target.properties):
            if name not in having[kind]:
                continue
            _detach(target.client, kind, name, target.physical_id)
        for kind, name in _principals(target.properties, having):
            _attach(target.client, kind, name, target.physical_id)

    def _having(self, target: Target) -> dict[str, list[str]]:
        """Return the principals that the policy is attached to, by their kind."""
        entities = target.client.list_entities_for_policy(PolicyArn=target.physical_id)
        return {
            kind: [item[f"{kind[:-1]}Name"] for item in entities[f"Policy{kind}"]]
            for kind in PRINCIPALS
        }

    def _delete_versions(self, target: Target) -> None:
        """Delete all versions but the default one: a policy has at most five."""
        versions = target.client.list_policy_versions(PolicyArn=target.physical_id)["Versions"]
        for version in versions:
            if not version["IsDefaultVersion"]:
                target.client.delete_policy_version(
                    PolicyArn=target.physical_id, VersionId=version["VersionId"]
                )

    def attributes(self, target: Target) -> Properties:
        """Return what IAM knows of the policy."""
        policy = target.client.get_policy(PolicyArn=target.physical_id)["Policy"]
        return {
            "PolicyArn": policy["Arn"],
            **chosen(policy, "AttachmentCount", "DefaultVersionId", "IsAttachable", "PolicyId"),
            "PermissionsBoundaryUsageCount": policy.get("PermissionsBoundaryUsageCount", 0),
            "CreateDate": policy["CreateDate"].isoformat(),
            "UpdateDate": policy["UpdateDate"].isoformat(),
        }

    def observe(self, target: Target) -> Properties | None:
        """Return the policy and the principals of the template that have it."""
        client, arn = target.client, target.physical_id
        policy = client.get_policy(PolicyArn=arn)["Policy"]
        version = client.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
        having = self._having(target)
        return present(
            {
                "ManagedPolicyName": policy["PolicyName"],
                **chosen(policy, "Description", "Path"),
                "PolicyDocument": policy_document(version["PolicyVersion"]["Document"]),
                **{
                    kind: [name for name in target.properties.get(kind, ()) if name in names]
                    for kind, names in having.items()
                },
            }
        )

    def remove(self, target: Target) -> None:
        """Detach the policy from its principals, then delete it."""
        having = self._having(target)
        for kind, name in _principals(target.properties, {}):
            if name in having[kind]:
                _detach(target.client, kind, name, target.physical_id)
        self._delete_versions(target)
        target.client.delete_policy(PolicyArn=target.physical_id)


def _principals(properties: Properties, other: Properties) -> Iterator[tuple[str, str]]:
    """Yield the principals in ``properties`` that are not in ``other``."""
    for kind in PRINCIPALS:
        for name in properties.get(kind) or ():
            if name not in (other.get(kind) or ()):
                yield kind, name


def _attach(client: Client, kind: str, name: str, arn: str) -> None:
    match kind:
        case "Roles":
            client.attach_role_policy(RoleName=name, PolicyArn=arn)
        case "Users":
            client.attach_user_policy(UserName=name, PolicyArn=arn)
        case _:
            client.attach_group_policy(GroupName=name, PolicyArn=arn)


def _detach(client: Client, kind: str, name: str, arn: str) -> None:
    match kind:
        case "Roles":
            client.detach_role_policy(RoleName=name, PolicyArn=arn)
        case "Users":
            client.detach_user_policy(UserName=name, PolicyArn=arn)
        case _:
            client.detach_group_policy(GroupName=name, PolicyArn=arn)


class Policy(ServiceResource):
    """An inline policy of one or more principals."""

    type_name = "AWS::IAM::Policy"
    service: ClassVar[str] = "iam"
    carried = frozenset({"PolicyDocument", "PolicyName", *PRINCIPALS})

    def make(self, request: Request, client: Client) -> str:  # noqa: ARG002 - see configure
        """Name the resource; the policies are put by ``configure``."""
        return request.generated_name(limit=POLICY_NAME_LIMIT)

    def configure(self, target: Target, previous: Properties) -> None:
        """Put the policy to its principals and take it from the others."""
        properties = target.properties
        renamed = previous.get("PolicyName") != properties["PolicyName"]
        for kind, name in _principals(previous, {} if renamed else properties):
            _delete_inline(target, kind, name, previous["PolicyName"])
        document = policy_text(properties["PolicyDocument"])
        for kind, name in _principals(properties, {}):
            _put_inline(target.client, kind, name, (properties["PolicyName"], document))

    def attributes(self, target: Target) -> Properties:
        """Return the resource's id."""
        return {"Id": target.physical_id}

    def observe(self, target: Target) -> Properties | None:
        """Return the policy, and the principals that have it."""
        name = target.properties["PolicyName"]
        having: dict[str, list[str]] = {}
        document = None
        for kind, principal in _principals(target.properties, {}):
            found = _get_inline(target, kind, principal, name)
            if found is not None:
                having.setdefault(kind, []).append(principal)
                document = found
        if not having:
            return None
        return {"PolicyName": name, "PolicyDocument": policy_document(document), **having}

    def remove(self, target: Target) -> None:
        """Take the policy from its principals."""
        for kind, name in _principals(target.properties, {}):
            _delete_inline(target, kind, name, target.properties["PolicyName"])


def _put_inline(client: Client, kind: str, principal: str, policy: tuple[str, str]) -> None:
    name, document = policy
    match kind:
        case "Roles":
            client.put_role_policy(RoleName=principal, PolicyName=name, PolicyDocument=document)
        case "Users":
            client.put_user_policy(UserName=principal, PolicyName=name, PolicyDocument=document)
        case _:
            client.put_group_policy(GroupName=principal, PolicyName=name, PolicyDocument=document)


def _get_inline(target: Target, kind: str, principal: str, name: str) -> Any:  # noqa: ANN401 - a document
    client = target.client
    try:
        match kind:
            case "Roles":
                found = client.get_role_policy(RoleName=principal, PolicyName=name)
            case "Users":
                found = client.get_user_policy(UserName=principal, PolicyName=name)
            case _:
                found = client.get_group_policy(GroupName=principal, PolicyName=name)
    except client.exceptions.NoSuchEntityException:
        return None
    return found["PolicyDocument"]


def _delete_inline(target: Target, kind: str, principal: str, name: str) -> None:
    client = target.client
    try:
        match kind:
            case "Roles":
                client.delete_role_policy(RoleName=principal, PolicyName=name)
            case "Users":
                client.delete_user_policy(UserName=principal, PolicyName=name)
            case _:
                client.delete_group_policy(GroupName=principal, PolicyName=name)
    except client.exceptions.NoSuchEntityException:
        return


class RolePolicy(ServiceResource):
    """One inline policy of a role."""

    type_name = "AWS::IAM::RolePolicy"
    service: ClassVar[str] = "iam"
    carried = frozenset({"PolicyDocument", "PolicyName", "RoleName"})

    def make(self, request: Request, client: Client) -> str:  # noqa: ARG002 - see configure
        """Name the resource; the policy is put by ``configure``."""
        return f"{request.properties['PolicyName']}|{request.properties['RoleName']}"

    def configure(self, target: Target, previous: Properties) -> None:  # noqa: ARG002 - put either way
        """Put the policy."""
        properties = target.properties
        target.client.put_role_policy(
            RoleName=properties["RoleName"],
            PolicyName=properties["PolicyName"],
            PolicyDocument=policy_text(properties.get("PolicyDocument") or {}),
        )

    def observe(self, target: Target) -> Properties | None:
        """Return the policy."""
        found = target.client.get_role_policy(**chosen(target.properties, "RoleName", "PolicyName"))
        return chosen(found, "PolicyDocument", "PolicyName", "RoleName")

    def remove(self, target: Target) -> None:
        """Delete the policy."""
        target.client.delete_role_policy(**chosen(target.properties, "RoleName", "PolicyName"))
