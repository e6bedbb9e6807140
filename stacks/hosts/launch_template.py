"""The launch template: the machine that every host of a group is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from troposphere import GetAtt, Ref, Tags, ec2

from cdinfra.stacks.hosts.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a launch template is made from.

    Attributes:
        image_id: The image: an id or a reference.
        instance_type: The instance type.
        root_device: Name of the image's root device.
        user_data: Base64.
        public: Whether a host gets a public address.
        kms_key: What encrypts the volumes: a KMS key's ARN, or None for the account's key.
        attachments: Tags that name what a host takes over. Here rather than among the
            group's tags, since only a changed launch template replaces a host whose data
            volume is replaced.
    """

    image_id: Any
    instance_type: str
    root_device: str
    user_data: str
    public: bool
    kms_key: Any = None
    attachments: Mapping[str, Any] = field(default_factory=dict)


def build_launch_template(
    launch: Launch, instance: Instance, tags: Mapping[str, str]
) -> ec2.LaunchTemplate:
    """Build the launch template.

    The metadata service wants a token and answers one hop only, so that no container on
    Docker's bridge reaches it; it shows the tags, by which a host knows its release.

    Hosts have their tags from the group; volumes and network interfaces have them here.
    """
    all_tags = {"volume": tags, "network-interface": tags, "instance": launch.attachments}
    data = ec2.LaunchTemplateData(
        BlockDeviceMappings=[_root_volume(launch, instance)],
        IamInstanceProfile=ec2.IamInstanceProfile(Arn=GetAtt("InstanceProfile", "Arn")),
        ImageId=launch.image_id,
        InstanceType=launch.instance_type,
        MetadataOptions=ec2.MetadataOptions(
            HttpEndpoint="enabled",
            HttpPutResponseHopLimit=1,
            HttpTokens="required",
            InstanceMetadataTags="enabled",
        ),
        Monitoring=ec2.Monitoring(Enabled=instance.detailed_monitoring),
        NetworkInterfaces=[
            ec2.NetworkInterfaces(
                AssociatePublicIpAddress=launch.public,
                DeleteOnTermination=True,
                DeviceIndex=0,
                Groups=[Ref("SecurityGroup")],
            )
        ],
        TagSpecifications=[
            ec2.TagSpecifications(ResourceType=kind, Tags=Tags(**tags))
            for kind, tags in all_tags.items()
            if tags
        ],
        UserData=launch.user_data,
    )
    return ec2.LaunchTemplate("LaunchTemplate", LaunchTemplateData=data)


def _root_volume(launch: Launch, instance: Instance) -> ec2.LaunchTemplateBlockDeviceMapping:
    volume = ec2.EBSBlockDevice(
        DeleteOnTermination=True,
        Encrypted=True,
        VolumeSize=instance.root_gibibytes,
        VolumeType="gp3",
    )
    if launch.kms_key is not None:
        volume.KmsKeyId = launch.kms_key
    return ec2.LaunchTemplateBlockDeviceMapping(DeviceName=launch.root_device, Ebs=volume)
