"""``AWS::SecretsManager::Secret``."""

import json
from typing import ClassVar

from cdinfra.local.resources.calls import Client, invoke
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.service import ServiceResource, Target, chosen, present
from cdinfra.local.resources.tags import (
    shown_tags,
    stale_tags,
    tag_list,
    tag_mapping,
    wanted_tags,
)

CONTENT = ("GenerateSecretString", "SecretString")
GENERATION = ("GenerateStringKey", "SecretStringTemplate")


class Secret(ServiceResource):
    """A secret, given or generated."""

    type_name = "AWS::SecretsManager::Secret"
    service: ClassVar[str] = "secretsmanager"
    carried = frozenset({*CONTENT, "Description", "KmsKeyId", "Name", "Tags"})

    def make(self, request: Request, client: Client) -> str:
        """Make the secret."""
        properties = request.properties
        name = properties.get("Name") or f"{request.logical_id}-{request.token}"
        given = {
            "Name": name,
            **chosen(properties, "Description", "KmsKeyId"),
            "SecretString": _content(client, properties),
        }
        return str(invoke(client.create_secret, given)["ARN"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Change description, key, content and tags; a new value is generated on change only."""
        client, arn, properties = target.client, target.physical_id, target.properties
        watched = (*CONTENT, "Description", "KmsKeyId")
        if not target.is_new and chosen(properties, *watched) != chosen(previous, *watched):
            same_content = chosen(properties, *CONTENT) == chosen(previous, *CONTENT)
            content = None if same_content else _content(client, properties)
            given = {
                "SecretId": arn,
                "Description": properties.get("Description", ""),
                "KmsKeyId": properties.get("KmsKeyId"),
                "SecretString": content,
            }
            invoke(client.update_secret, given)
        wanted = wanted_tags(target.request)
        actual = tag_mapping(client.describe_secret(SecretId=arn).get("Tags", ()))
        if stale := stale_tags(wanted, actual):
            client.untag_resource(SecretId=arn, TagKeys=stale)
        if wanted and wanted != actual:
            client.tag_resource(SecretId=arn, Tags=tag_list(wanted))

    def attributes(self, target: Target) -> Properties:
        """Return the secret's ARN."""
        return {"Id": target.physical_id}

    def observe(self, target: Target) -> Properties | None:
        """Return the secret without its content."""
        found = target.client.describe_secret(SecretId=target.physical_id)
        if "DeletedDate" in found:
            return None
        tags = tag_mapping(found.get("Tags", ()))
        return present(
            {
                **chosen(found, "Description", "KmsKeyId", "Name"),
                "Tags": tag_list(shown_tags(target.request, tags)),
            }
        )

    def remove(self, target: Target) -> None:
        """Delete the secret for good, so that its name is free again."""
        target.client.delete_secret(SecretId=target.physical_id, ForceDeleteWithoutRecovery=True)


def _content(client: Client, properties: Properties) -> str | None:
    """Return the secret's value: as given, or generated, alone or within a template's object."""
    generation = properties.get("GenerateSecretString")
    if generation is None:
        value: str | None = properties.get("SecretString")
        return value
    options = {name: value for name, value in generation.items() if name not in GENERATION}
    password = str(invoke(client.get_random_password, options)["RandomPassword"])
    key = generation.get("GenerateStringKey")
    if key is None:
        return password
    whole = json.loads(generation.get("SecretStringTemplate") or "{}")
    return json.dumps({**whole, key: password})
