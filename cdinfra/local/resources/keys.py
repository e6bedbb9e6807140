"""``AWS::KMS::Key`` and ``AWS::KMS::Alias``."""

from typing import ClassVar

from cdinfra.local.resources.calls import Client, invoke, truth
from cdinfra.local.resources.contract import Properties, Request, ResourceError
from cdinfra.local.resources.iam_documents import policy_document, policy_text
from cdinfra.local.resources.service import ServiceResource, Target, chosen, present
from cdinfra.local.resources.tags import shown_tags, stale_tags, wanted_tags

FIXED = ("KeySpec", "KeyUsage", "MultiRegion")
POLICY_NAME = "default"
SHORTEST_WINDOW_DAYS = 7
"""Source: AWS KMS API reference, ScheduleKeyDeletion."""


class Key(ServiceResource):
    """A key."""

    type_name = "AWS::KMS::Key"
    service: ClassVar[str] = "kms"
    carried = frozenset(
        {
            *FIXED,
            "Description",
            "EnableKeyRotation",
            "Enabled",
            "KeyPolicy",
            "PendingWindowInDays",
            "Tags",
        }
    )
    carried_as_configuration: ClassVar[dict[str, str]] = {
        "PendingWindowInDays": "it is used when the key is deleted"
    }

    def make(self, request: Request, client: Client) -> str:
        """Make the key."""
        given = chosen(request.properties, *FIXED, "Description")
        if "KeyPolicy" in request.properties:
            given["Policy"] = policy_text(request.properties["KeyPolicy"])
        return str(invoke(client.create_key, given)["KeyMetadata"]["KeyId"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Set description, policy, rotation, state and tags."""
        client, key, properties = target.client, target.physical_id, target.properties
        if not target.is_new and chosen(previous, *FIXED) != chosen(properties, *FIXED):
            raise ResourceError(f"Update of {', '.join(FIXED)} is not supported for AWS::KMS::Key")
        if not target.is_new:
            client.update_key_description(KeyId=key, Description=properties.get("Description", ""))
            if "KeyPolicy" in properties:
                text = policy_text(properties["KeyPolicy"])
                client.put_key_policy(KeyId=key, PolicyName=POLICY_NAME, Policy=text)
        if previous.get("EnableKeyRotation") != properties.get("EnableKeyRotation"):
            rotate = truth(properties.get("EnableKeyRotation", False), "EnableKeyRotation")
            (client.enable_key_rotation if rotate else client.disable_key_rotation)(KeyId=key)
        if previous.get("Enabled") != properties.get("Enabled"):
            enabled = truth(properties.get("Enabled", True), "Enabled")
            (client.enable_key if enabled else client.disable_key)(KeyId=key)
        self._tag(target)

    def _tag(self, target: Target) -> None:
        client, key, wanted = target.client, target.physical_id, wanted_tags(target.request)
        actual = self._tags(target)
        if stale := stale_tags(wanted, actual):
            client.untag_resource(KeyId=key, TagKeys=stale)
        if wanted and wanted != actual:
            tags = [{"TagKey": name, "TagValue": value} for name, value in wanted.items()]
            client.tag_resource(KeyId=key, Tags=tags)

    def _tags(self, target: Target) -> dict[str, str]:
        found = target.client.list_resource_tags(KeyId=target.physical_id)["Tags"]
        return {tag["TagKey"]: tag["TagValue"] for tag in found}

    def attributes(self, target: Target) -> Properties:
        """Return the key's ARN and id."""
        found = target.client.describe_key(KeyId=target.physical_id)["KeyMetadata"]
        return {"Arn": found["Arn"], "KeyId": target.physical_id}

    def observe(self, target: Target) -> Properties | None:
        """Return the key, unless it waits for its deletion."""
        client, key = target.client, target.physical_id
        found = client.describe_key(KeyId=key)["KeyMetadata"]
        if found["KeyState"] == "PendingDeletion":
            return None
        policy = client.get_key_policy(KeyId=key, PolicyName=POLICY_NAME)["Policy"]
        tags = shown_tags(target.request, self._tags(target))
        return present(
            {
                **chosen(found, *FIXED, "Description", "Enabled"),
                "KeyPolicy": policy_document(policy),
                "EnableKeyRotation": client.get_key_rotation_status(KeyId=key)[
                    "KeyRotationEnabled"
                ],
                "Tags": [{"Key": name, "Value": value} for name, value in tags.items()],
            }
        )

    def remove(self, target: Target) -> None:
        """Schedule the key's deletion, which no key escapes."""
        if self.observe(target) is None:
            return
        days = int(target.properties.get("PendingWindowInDays", 30))
        target.client.schedule_key_deletion(
            KeyId=target.physical_id, PendingWindowInDays=max(days, SHORTEST_WINDOW_DAYS)
        )


class Alias(ServiceResource):
    """Another name of a key."""

    type_name = "AWS::KMS::Alias"
    service: ClassVar[str] = "kms"
    carried = frozenset({"AliasName", "TargetKeyId"})

    def make(self, request: Request, client: Client) -> str:
        """Make the alias."""
        invoke(client.create_alias, request.properties)
        return str(request.properties["AliasName"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Point the alias to another key."""
        if not target.is_new and previous["TargetKeyId"] != target.properties["TargetKeyId"]:
            invoke(target.client.update_alias, target.properties)

    def observe(self, target: Target) -> Properties | None:
        """Return the alias."""
        pages = target.client.get_paginator("list_aliases").paginate()
        for alias in (alias for page in pages for alias in page["Aliases"]):
            if alias["AliasName"] == target.physical_id:
                return {
                    "AliasName": alias["AliasName"],
                    "TargetKeyId": _as_given(target, alias["TargetKeyId"]),
                }
        return None

    def remove(self, target: Target) -> None:
        """Delete the alias."""
        target.client.delete_alias(AliasName=target.physical_id)


def _as_given(target: Target, key_id: str) -> str:
    """Return a key's id in the form in which the template names it: an id or an ARN."""
    given = str(target.properties.get("TargetKeyId", ""))
    return given if given.rpartition("/")[2] == key_id else key_id
