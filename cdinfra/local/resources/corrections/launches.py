"""A launch takes everything from its launch template that the call does not give itself."""

from collections.abc import Mapping
from typing import Any

from moto.core.types import Base64EncodedString
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.utils import filter_iam_instance_profiles, parse_user_data

ROOT_VOLUME_GIB = 8
"""Size of a root volume where neither image nor template names one."""

_run_instances = InstanceBackend.run_instances
_create_version = LaunchTemplate.create_version

Backend = Any
"""moto's EC2 backend of one account and region."""

Instance = Any
"""moto's instance."""


def install() -> None:
    """Replace moto's launch, and its making of a template's version, by those below."""
    InstanceBackend.run_instances = run_instances
    LaunchTemplate.create_version = create_version


def create_version(self: Any, data: dict[str, Any], description: str) -> Any:  # noqa: ANN401 - moto's own types
    """Add a version whose user data is decoded, as that of the first one is."""
    user_data = data.get("UserData")
    if user_data is not None and not isinstance(user_data, Base64EncodedString):
        data = {**data, "UserData": parse_user_data(user_data)}
    return _create_version(self, data, description)


def run_instances(
    self: Backend,
    image_id: str,
    count: int,
    user_data: Any,  # noqa: ANN401 - moto's own string type
    security_group_names: list[str],
    **options: Any,  # noqa: ANN401 - moto's signature
) -> Any:  # noqa: ANN401 - moto's reservation
    """Launch instances as EC2 does from a launch template."""
    data = template_data(self, options)
    profile = _profile(self, data, options)
    complete(self, image_id or data.get("ImageId", ""), data, options)
    reservation = _run_instances(self, image_id, count, user_data, security_group_names, **options)
    for instance in reservation.instances:
        _finish(self, instance, data, options)
        if profile is not None:
            self.associate_iam_instance_profile(
                instance_id=instance.id, iam_instance_profile_arn=profile.arn
            )
    return reservation


def template_data(backend: Backend, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content of the launch template's version that a call names."""
    reference = options.get("launch_template")
    if not reference:
        return {}
    data: Mapping[str, Any] = backend._get_template_from_args(reference).data  # noqa: SLF001 - moto's own lookup
    return data


def _profile(backend: Backend, data: Mapping[str, Any], options: Mapping[str, Any]) -> Any:  # noqa: ANN401 - moto's profile
    """Return the template's instance profile; a profile in the call is associated by moto."""
    given = options.get("iam_instance_profile_name") or options.get("iam_instance_profile_arn")
    named = data.get("IamInstanceProfile") or {}
    if given or not named:
        return None
    return filter_iam_instance_profiles(
        backend.account_id,
        partition=backend.partition,
        iam_instance_profile_arn=named.get("Arn"),
        iam_instance_profile_name=named.get("Name"),
    )


def complete(
    backend: Backend, image_id: str, data: Mapping[str, Any], options: dict[str, Any]
) -> None:
    """Fill the options of a launch from a template, where the call is silent."""
    _interface(data, options)
    options["metadata_options"] = {
        **data.get("MetadataOptions", {}),
        **(options.get("metadata_options") or {}),
    }
    if (data.get("Monitoring") or {}).get("Enabled"):
        options["monitoring_state"] = "enabled"
    for name, field in (
        ("ebs_optimized", "EbsOptimized"),
        ("disable_api_termination", "DisableApiTermination"),
        ("disable_api_stop", "DisableApiStop"),
        ("instance_initiated_shutdown_behavior", "InstanceInitiatedShutdownBehavior"),
        ("hibernation_options", "HibernationOptions"),
        ("key_name", "KeyName"),
    ):
        options[name] = options.get(name) or data.get(field)
    if market := (data.get("InstanceMarketOptions") or {}).get("MarketType"):
        options["instance_market_options"] = options.get("instance_market_options") or market
    if not options.get("block_device_mappings") and data.get("BlockDeviceMappings"):
        options["block_device_mappings"] = _volumes(backend, image_id, data)
    tags = dict(options.get("tags") or {})
    tags["volume"] = {**_template_tags(data, "volume"), **tags.get("volume", {})}
    options["tags"] = tags


def _interface(data: Mapping[str, Any], options: dict[str, Any]) -> None:
    """Take groups and public address from the template's first network interface."""
    interfaces = data.get("NetworkInterfaces") or ()
    if not interfaces or options.get("nics"):
        return
    first = interfaces[0]
    options["security_group_ids"] = options.get("security_group_ids") or list(
        first.get("Groups", ())
    )
    options["subnet_id"] = options.get("subnet_id") or first.get("SubnetId")
    if options.get("associate_public_ip") is None:
        options["associate_public_ip"] = first.get("AssociatePublicIpAddress")


def _volumes(backend: Backend, image_id: str, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the template's volumes, and the image's root volume where it names none."""
    images = backend.describe_images(filters={"image-id": image_id})
    root = images[0].root_device_name if images else None
    mappings = [
        {**mapping, "Ebs": {"DeleteOnTermination": True, **_sized(mapping["Ebs"])}}
        for mapping in data["BlockDeviceMappings"]
        if mapping.get("Ebs")
    ]
    if root and root not in {mapping["DeviceName"] for mapping in mappings}:
        ebs = {"VolumeSize": ROOT_VOLUME_GIB, "DeleteOnTermination": True}
        mappings.insert(0, {"DeviceName": root, "Ebs": ebs})
    return mappings


def _sized(ebs: Mapping[str, Any]) -> dict[str, Any]:
    if ebs.get("SnapshotId"):
        return dict(ebs)
    return {"VolumeSize": ROOT_VOLUME_GIB, **ebs}


def _template_tags(data: Mapping[str, Any], resource_type: str) -> dict[str, str]:
    return {
        tag["Key"]: tag.get("Value", "")
        for specification in data.get("TagSpecifications") or ()
        if specification.get("ResourceType") == resource_type
        for tag in specification.get("Tags", ())
    }


def _finish(
    backend: Backend, instance: Instance, data: Mapping[str, Any], options: Mapping[str, Any]
) -> None:
    """Set what moto's instance does not take when it is made."""
    reference = options.get("launch_template")
    if reference:
        version = backend._get_template_from_args(reference)  # noqa: SLF001 - moto's own lookup
        instance.launched_from = {
            "LaunchTemplateId": version.template.id,
            "LaunchTemplateName": version.template.name,
            "Version": str(version.number),
        }
    for interface in instance.nics.values():
        interface.delete_on_termination = True
        interface.add_tags(_template_tags(data, "network-interface"))
    for mapping in options.get("block_device_mappings") or ():
        attached = instance.block_device_mapping.get(mapping.get("DeviceName"))
        if attached is not None:
            _tune(backend, attached.volume_id, mapping.get("Ebs") or {})


def _tune(backend: Backend, volume_id: str, ebs: Mapping[str, Any]) -> None:
    volume = backend.get_volume(volume_id)
    volume.iops = ebs.get("Iops") or volume.iops
    volume.throughput = ebs.get("Throughput") or volume.throughput
