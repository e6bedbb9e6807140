"""``AWS::EC2::LaunchTemplate``: every change of its content is a new version."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.ec2 import TaggedEc2Resource
from cdinfra.local.resources.service import Target

CONTENT = ("LaunchTemplateData", "VersionDescription")


class LaunchTemplate(TaggedEc2Resource):
    """A launch template with its versions."""

    type_name = "AWS::EC2::LaunchTemplate"
    carried = frozenset({*CONTENT, "LaunchTemplateName", "TagSpecifications"})
    shown: ClassVar[tuple[str, ...]] = ("LaunchTemplateName",)

    def make(self, request: Request, client: Client) -> str:
        """Make the template with its first version."""
        properties = request.properties
        name = properties.get("LaunchTemplateName") or request.generated_name(limit=128)
        parameters = {"LaunchTemplateName": name, **_content(properties)}
        found = invoke(client.create_launch_template, parameters)
        return str(found["LaunchTemplate"]["LaunchTemplateId"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Add a version, and set the tags of the template itself."""
        super().configure(_tagged(target), previous)

    def change(self, target: Target, previous: Properties) -> None:
        """Add a version where the content is another one."""
        if not target.is_new and _content(previous) != _content(target.properties):
            parameters = {"LaunchTemplateId": target.physical_id, **_content(target.properties)}
            invoke(target.client.create_launch_template_version, parameters)

    def attributes(self, target: Target) -> Properties:
        """Return the numbers of the latest and of the default version."""
        found = self.describe(target) or {}
        return {
            "LaunchTemplateId": target.physical_id,
            "LatestVersionNumber": str(found.get("LatestVersionNumber", "")),
            "DefaultVersionNumber": str(found.get("DefaultVersionNumber", "")),
        }

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the template as the API has it."""
        found = target.client.describe_launch_templates(LaunchTemplateIds=[target.physical_id])
        return found["LaunchTemplates"][0] if found["LaunchTemplates"] else None

    def described(self, target: Target, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the template's name and the content of its latest version."""
        versions = target.client.describe_launch_template_versions(
            LaunchTemplateId=target.physical_id, Versions=["$Latest"]
        )["LaunchTemplateVersions"]
        filters = [{"Name": "resource-id", "Values": [target.physical_id]}]
        # The description shows the tags of its making; the tags themselves are right.
        tagged = {**found, "Tags": target.client.describe_tags(Filters=filters)["Tags"]}
        shown = super().described(_tagged(target), tagged)
        tags = shown.pop("Tags")
        return {
            **shown,
            **{name: versions[0].get(name) for name in CONTENT},
            "TagSpecifications": tags and [{"ResourceType": "launch-template", "Tags": tags}],
        }

    def remove(self, target: Target) -> None:
        """Delete the template with all its versions."""
        target.client.delete_launch_template(LaunchTemplateId=target.physical_id)


def _content(properties: Properties) -> dict[str, Any]:
    return {name: properties[name] for name in CONTENT if properties.get(name)}


def _tagged(target: Target) -> Target:
    """Return the target with its template's tags where other types have them."""
    tags = [
        tag
        for specification in target.properties.get("TagSpecifications") or ()
        if specification.get("ResourceType") == "launch-template"
        for tag in specification.get("Tags", ())
    ]
    properties = {**target.properties, "Tags": tags}
    return replace(target, request=replace(target.request, properties=properties))
