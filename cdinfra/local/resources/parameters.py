"""``AWS::SSM::Parameter``."""

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

FIELDS = ("AllowedPattern", "DataType", "Description", "Policies", "Tier", "Type", "Value")


class Parameter(ServiceResource):
    """A parameter of Parameter Store."""

    type_name = "AWS::SSM::Parameter"
    service: ClassVar[str] = "ssm"
    carried = frozenset({*FIELDS, "Name", "Tags"})

    def make(self, request: Request, client: Client) -> str:
        """Put the parameter, which must be new."""
        name = request.properties.get("Name") or f"CFN-{request.logical_id}-{request.token}"
        invoke(client.put_parameter, {"Name": name, **chosen(request.properties, *FIELDS)})
        return str(name)

    def configure(self, target: Target, previous: Properties) -> None:
        """Put a new version where something has changed."""
        client, name = target.client, target.physical_id
        given = chosen(target.properties, *FIELDS)
        if not target.is_new and given != chosen(previous, *FIELDS):
            invoke(client.put_parameter, {"Name": name, **given, "Overwrite": True})
        wanted = wanted_tags(target.request)
        actual = self._tags(target)
        kind = {"ResourceType": "Parameter", "ResourceId": name}
        if stale := stale_tags(wanted, actual):
            client.remove_tags_from_resource(**kind, TagKeys=stale)
        if wanted and wanted != actual:
            client.add_tags_to_resource(**kind, Tags=tag_list(wanted))

    def _tags(self, target: Target) -> dict[str, str]:
        found = target.client.list_tags_for_resource(
            ResourceType="Parameter", ResourceId=target.physical_id
        )
        return tag_mapping(found["TagList"])

    def attributes(self, target: Target) -> Properties:
        """Return the parameter's type, value and ARN."""
        found = target.client.get_parameter(Name=target.physical_id)["Parameter"]
        return {"Type": found["Type"], "Value": found["Value"], "Arn": found["ARN"]}

    def observe(self, target: Target) -> Properties | None:
        """Return the parameter."""
        name = target.physical_id
        found = target.client.get_parameter(Name=name)["Parameter"]
        filters = [{"Key": "Name", "Values": [name]}]
        listed = target.client.describe_parameters(ParameterFilters=filters)["Parameters"]
        more = listed[0] if listed else {}
        return present(
            {
                **chosen(found, "DataType", "Name", "Type", "Value"),
                **chosen(more, "AllowedPattern", "Description"),
                "Tags": shown_tags(target.request, self._tags(target)),
            }
        )

    def remove(self, target: Target) -> None:
        """Delete the parameter."""
        target.client.delete_parameter(Name=target.physical_id)
