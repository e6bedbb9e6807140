"""``AWS::EC2::Volume`` and ``AWS::EC2::VolumeAttachment``."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke, same
from cdinfra.local.resources.contract import Properties, Request, ResourceError
from cdinfra.local.resources.ec2 import Ec2Resource, TaggedEc2Resource
from cdinfra.local.resources.service import Target, chosen

FIXED = ("AvailabilityZone", "Encrypted", "KmsKeyId", "MultiAttachEnabled", "SnapshotId")
CHANGEABLE = ("Iops", "Size", "Throughput", "VolumeType")


class Volume(TaggedEc2Resource):
    """A volume of block storage."""

    type_name = "AWS::EC2::Volume"
    carried = frozenset({*FIXED, *CHANGEABLE, "Tags"})
    shown: ClassVar[tuple[str, ...]] = (*FIXED, *CHANGEABLE)

    def make(self, request: Request, client: Client) -> str:
        """Make the volume."""
        given = chosen(request.properties, *FIXED, *CHANGEABLE)
        return str(invoke(client.create_volume, given)["VolumeId"])

    def change(self, target: Target, previous: Properties) -> None:
        """Change size, kind and speed; EC2 can change nothing else of a volume."""
        properties = target.properties
        if target.is_new:
            return
        for name in FIXED:
            if not same(previous.get(name), properties.get(name)):
                raise ResourceError(f"Update of {name} is not supported for AWS::EC2::Volume")
        if chosen(previous, *CHANGEABLE) != chosen(properties, *CHANGEABLE):
            given = chosen(properties, *CHANGEABLE)
            if int(given.get("Size", 0)) < int(previous.get("Size", 0)):
                raise ResourceError("New size cannot be smaller than existing size")
            invoke(target.client.modify_volume, {"VolumeId": target.physical_id, **given})

    def attributes(self, target: Target) -> Properties:
        """Return the volume's id."""
        return {"VolumeId": target.physical_id}

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the volume as the API has it."""
        found = target.client.describe_volumes(VolumeIds=[target.physical_id])["Volumes"]
        return found[0] if found else None

    def remove(self, target: Target) -> None:
        """Delete the volume, which must be attached nowhere."""
        target.client.delete_volume(VolumeId=target.physical_id)


class VolumeAttachment(Ec2Resource):
    """A volume at an instance."""

    type_name = "AWS::EC2::VolumeAttachment"
    gone = frozenset({"InvalidAttachment.NotFound", "IncorrectState"})
    carried = frozenset({"Device", "InstanceId", "VolumeId"})

    def make(self, request: Request, client: Client) -> str:
        """Attach the volume, which must be free and in the instance's zone."""
        volume_id, instance_id = request.properties["VolumeId"], request.properties["InstanceId"]
        volume = client.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]
        if volume.get("Attachments"):
            raise ResourceError(f"{volume_id} is already attached to an instance")
        found = client.describe_instances(InstanceIds=[instance_id])["Reservations"]
        zone = found[0]["Instances"][0]["Placement"]["AvailabilityZone"]
        if zone != volume["AvailabilityZone"]:
            raise ResourceError(
                f"The volume '{volume_id}' is not in the same availability zone as instance "
                f"'{instance_id}'"
            )
        invoke(client.attach_volume, request.properties)
        return f"{volume_id}|{instance_id}"

    def observe(self, target: Target) -> Properties | None:
        """Return where the volume is attached."""
        volume_id, instance_id = target.physical_id.split("|")
        found = target.client.describe_volumes(VolumeIds=[volume_id])["Volumes"]
        for attachment in found[0].get("Attachments", ()) if found else ():
            if attachment["InstanceId"] == instance_id:
                return chosen(attachment, "Device", "InstanceId", "VolumeId")
        return None

    def remove(self, target: Target) -> None:
        """Detach the volume."""
        if found := self.observe(target):
            target.client.detach_volume(**found)
