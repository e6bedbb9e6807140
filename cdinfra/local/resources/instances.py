"""``AWS::EC2::Instance``."""

import base64
from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke, truth
from cdinfra.local.resources.contract import Properties, Request, ResourceError
from cdinfra.local.resources.ec2 import TaggedEc2Resource, tag_specification
from cdinfra.local.resources.service import Target, as_asked, chosen

LAUNCH = (
    "BlockDeviceMappings",
    "DisableApiTermination",
    "EbsOptimized",
    "ImageId",
    "InstanceInitiatedShutdownBehavior",
    "InstanceType",
    "KeyName",
    "LaunchTemplate",
    "MetadataOptions",
    "PrivateIpAddress",
    "SecurityGroupIds",
    "SubnetId",
    "UserData",
)
"""What a launch takes under the same name."""

STOPPED = ("InstanceType", "UserData", "EbsOptimized")
"""What can change only while the instance is stopped."""

GONE_STATES = frozenset({"terminated", "shutting-down"})


class Instance(TaggedEc2Resource):
    """One instance."""

    type_name = "AWS::EC2::Instance"
    carried = frozenset(
        {
            *LAUNCH,
            "AvailabilityZone",
            "IamInstanceProfile",
            "Monitoring",
            "PropagateTagsToVolumeOnCreation",
            "SourceDestCheck",
            "Tags",
        }
    )
    shown: ClassVar[tuple[str, ...]] = (
        "EbsOptimized",
        "ImageId",
        "InstanceType",
        "KeyName",
        "SubnetId",
    )

    def must_replace(self, properties: Properties, previous: Properties) -> bool:
        """Return whether the volumes change: the only condition that means replacement.

        Its root volume being EBS, the instance changes type and user data by a stop.
        """
        name = "BlockDeviceMappings"
        return bool(properties.get(name) != previous.get(name))

    def make(self, request: Request, client: Client) -> str:
        """Launch the instance with its tags: the host may read them when it boots."""
        properties = request.properties
        tags = tag_specification(request, "instance") or []
        if truth(properties.get("PropagateTagsToVolumeOnCreation", False)):
            tags += tag_specification(request, "volume") or []
        profile, zone = properties.get("IamInstanceProfile"), properties.get("AvailabilityZone")
        parameters = {
            **chosen(properties, *LAUNCH),
            "MinCount": 1,
            "MaxCount": 1,
            "IamInstanceProfile": {"Name": profile} if profile else None,
            "Placement": {"AvailabilityZone": zone} if zone else None,
            "Monitoring": {"Enabled": properties["Monitoring"]}
            if "Monitoring" in properties
            else None,
            "TagSpecifications": tags or None,
        }
        parameters.pop("UserData", None)
        user_data = _decoded(properties.get("UserData"))
        found = invoke(client.run_instances, {**parameters, "UserData": user_data})
        return str(found["Instances"][0]["InstanceId"])

    def change(self, target: Target, previous: Properties) -> None:
        """Change what can change in place, stopping the instance where that must be."""
        if target.is_new:
            self._settle(target)
            return
        changed = {
            name for name in self.carried if previous.get(name) != target.properties.get(name)
        }
        if changed & set(STOPPED):
            self._restart_with(target, changed & set(STOPPED))
        _change_running(target, changed)

    def _settle(self, target: Target) -> None:
        """Set after the launch what a launch does not take."""
        asked = target.properties
        _change_running(target, {"SourceDestCheck", "DisableApiTermination"} & asked.keys())

    def _restart_with(self, target: Target, changed: set[str]) -> None:
        client, instance_id, properties = target.client, target.physical_id, target.properties
        client.stop_instances(InstanceIds=[instance_id])
        for name in sorted(changed):
            if properties.get(name) is None:
                raise ResourceError(f"the local cloud cannot take {name} from an instance")
            value = properties[name]
            if name == "UserData":
                # boto3 encodes a launch's user data, moto decodes it once more than this one's.
                value = str(value).encode()
            elif name == "EbsOptimized":
                value = truth(value, name)
            client.modify_instance_attribute(InstanceId=instance_id, **{name: {"Value": value}})
        client.start_instances(InstanceIds=[instance_id])

    def attributes(self, target: Target) -> Properties:
        """Return the instance's addresses and place."""
        found = self.describe(target) or {}
        return {
            "AvailabilityZone": found.get("Placement", {}).get("AvailabilityZone", ""),
            "InstanceId": target.physical_id,
            "PrivateDnsName": found.get("PrivateDnsName", ""),
            "PrivateIp": found.get("PrivateIpAddress", ""),
            "PublicDnsName": found.get("PublicDnsName", ""),
            "PublicIp": found.get("PublicIpAddress", ""),
            "State": found.get("State", {}),
            "VpcId": found.get("VpcId", ""),
        }

    def describe(self, target: Target) -> Mapping[str, Any] | None:
        """Return the instance as the API has it, unless it is a terminated one."""
        found = target.client.describe_instances(InstanceIds=[target.physical_id])
        instances = [one for item in found["Reservations"] for one in item["Instances"]]
        living = [one for one in instances if one["State"]["Name"] not in GONE_STATES]
        return living[0] if living else None

    def described(self, target: Target, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the instance's properties."""
        asked = target.properties
        shown = super().described(target, found)
        profile = found.get("IamInstanceProfile", {}).get("Arn", "")
        extra = {
            "AvailabilityZone": found["Placement"]["AvailabilityZone"],
            "IamInstanceProfile": profile.rpartition("/")[2],
            "MetadataOptions": as_asked(asked.get("MetadataOptions"), found["MetadataOptions"]),
            "Monitoring": found["Monitoring"]["State"] == "enabled",
            "SecurityGroupIds": [group["GroupId"] for group in found["SecurityGroups"]],
            "SourceDestCheck": found.get("SourceDestCheck"),
            "PrivateIpAddress": found.get("PrivateIpAddress"),
            "LaunchTemplate": _launched_from(asked, found),
            "BlockDeviceMappings": _mappings(target, found),
        }
        return {**shown, **extra, **_attributes(target)}

    def remove(self, target: Target) -> None:
        """Terminate the instance."""
        if self.describe(target) is not None:
            target.client.terminate_instances(InstanceIds=[target.physical_id])


def _decoded(user_data: str | None) -> bytes | None:
    """Return user data as boto3 takes it, which encodes it again."""
    return None if user_data is None else base64.b64decode(user_data)


def _change_running(target: Target, changed: set[str]) -> None:
    client, instance_id, properties = target.client, target.physical_id, target.properties
    if "SecurityGroupIds" in changed:
        groups = list(properties.get("SecurityGroupIds") or ())
        client.modify_instance_attribute(InstanceId=instance_id, Groups=groups)
    for name, default in (("DisableApiTermination", False), ("SourceDestCheck", True)):
        if name in changed:
            value = truth(properties.get(name, default), name)
            client.modify_instance_attribute(InstanceId=instance_id, **{name: {"Value": value}})
    if "MetadataOptions" in changed:
        options = properties.get("MetadataOptions") or {}
        invoke(client.modify_instance_metadata_options, {"InstanceId": instance_id, **options})
    if "Monitoring" in changed:
        raise ResourceError("the local cloud cannot change Monitoring of an instance")
    if "InstanceInitiatedShutdownBehavior" in changed:
        behavior = properties.get("InstanceInitiatedShutdownBehavior", "stop")
        client.modify_instance_attribute(
            InstanceId=instance_id,
            Attribute="instanceInitiatedShutdownBehavior",
            Value=behavior,
        )
    if "IamInstanceProfile" in changed:
        _exchange_profile(target)


def _exchange_profile(target: Target) -> None:
    client, instance_id = target.client, target.physical_id
    found = client.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [instance_id]}]
    )["IamInstanceProfileAssociations"]
    for association in found:
        client.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    if name := target.properties.get("IamInstanceProfile"):
        client.associate_iam_instance_profile(
            InstanceId=instance_id, IamInstanceProfile={"Name": name}
        )


def _launched_from(asked: Properties, found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the launch template that the instance's tags name."""
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())}
    if "LaunchTemplate" not in asked or "aws:ec2launchtemplate:id" not in tags:
        return None
    return {
        "LaunchTemplateId": tags["aws:ec2launchtemplate:id"],
        "Version": tags["aws:ec2launchtemplate:version"],
    }


def _mappings(target: Target, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return those of the volumes that the template asks for."""
    actual = {item["DeviceName"]: item["Ebs"] for item in found.get("BlockDeviceMappings", ())}
    shown = []
    for mapping in target.properties.get("BlockDeviceMappings") or ():
        attached = actual.get(mapping["DeviceName"])
        if attached is None:
            continue
        volume = target.client.describe_volumes(VolumeIds=[attached["VolumeId"]])["Volumes"][0]
        ebs = {
            **chosen(volume, "Encrypted", "Iops", "KmsKeyId", "SnapshotId", "Throughput"),
            "DeleteOnTermination": attached.get("DeleteOnTermination"),
            "VolumeSize": volume["Size"],
            "VolumeType": volume["VolumeType"],
        }
        shown.append(as_asked(mapping, {"DeviceName": mapping["DeviceName"], "Ebs": ebs}))
    return shown


def _attributes(target: Target) -> dict[str, Any]:
    """Return the properties that are attributes of their own."""
    shown = {}
    for name, attribute, field in (
        ("UserData", "userData", "UserData"),
        ("DisableApiTermination", "disableApiTermination", "DisableApiTermination"),
        (
            "InstanceInitiatedShutdownBehavior",
            "instanceInitiatedShutdownBehavior",
            "InstanceInitiatedShutdownBehavior",
        ),
    ):
        if name in target.properties:
            found = target.client.describe_instance_attribute(
                InstanceId=target.physical_id, Attribute=attribute
            )
            shown[name] = found.get(field, {}).get("Value")
    return shown
