import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from cdinfra.errors import InvalidInputError
from cdinfra.model import BuildContext, StackTemplate
from cdinfra.stacks import DataDisk, DockerHost, Instance, NatGateways, Network, Placement

DISK = DataDisk(mount_point="/srv/data")


@pytest.fixture
def jenkins(templates: Mapping[str, StackTemplate]) -> Mapping[str, Any]:
    resources: Mapping[str, Any] = json.loads(templates["docker-host"].body)["Resources"]
    return resources


def test_there_is_one_host_and_its_volume_is_free_before_the_next_one_comes(
    jenkins: Mapping[str, Any],
) -> None:
    group = jenkins["AutoScalingGroup"]
    assert (group["Properties"]["MinSize"], group["Properties"]["MaxSize"]) == ("1", "1")
    assert group["UpdatePolicy"]["AutoScalingRollingUpdate"]["MinInstancesInService"] == 0
    assert group["CreationPolicy"]["ResourceSignal"]["Count"] == 1


def test_the_data_volume_is_encrypted_and_never_lost_without_a_snapshot(
    jenkins: Mapping[str, Any],
) -> None:
    volume = jenkins["DataVolume"]
    assert volume["Properties"]["Encrypted"] is True
    assert (volume["DeletionPolicy"], volume["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")


def test_host_and_volume_stand_in_one_zone(jenkins: Mapping[str, Any]) -> None:
    zone = jenkins["DataVolume"]["Properties"]["AvailabilityZone"]["Fn::Select"]
    (subnet,) = jenkins["AutoScalingGroup"]["Properties"]["VPCZoneIdentifier"]
    assert zone == [1, {"Ref": "NetworkZoneNames"}]
    assert subnet["Fn::Select"] == [1, {"Ref": "NetworkPublicSubnetIds"}]


def test_the_host_learns_from_its_tags_what_to_take_over(jenkins: Mapping[str, Any]) -> None:
    assert instance_tags(jenkins) == {
        "cdinfra:data-volume": {"Ref": "DataVolume"},
        "cdinfra:elastic-ip": {"Fn::GetAtt": ["ElasticIp", "AllocationId"]},
    }


def test_a_replaced_volume_changes_the_launch_template_and_so_replaces_the_host(
    jenkins: Mapping[str, Any],
) -> None:
    """A changed tag of the group alone would leave the old host, and the old volume in use."""
    group = jenkins["AutoScalingGroup"]["Properties"]
    assert group["LaunchTemplate"]["Version"]["Fn::GetAtt"][0] == "LaunchTemplate"
    assert {"Ref": "DataVolume"} in instance_tags(jenkins).values()
    assert {"Ref": "DataVolume"} not in [tag["Value"] for tag in group["Tags"]]


def instance_tags(resources: Mapping[str, Any]) -> dict[str, Any]:
    data = resources["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
    (tags,) = [
        one["Tags"] for one in data["TagSpecifications"] if one["ResourceType"] == "instance"
    ]
    return {tag["Key"]: tag["Value"] for tag in tags}


def test_user_data_mounts_the_volume(network: Network, context: BuildContext) -> None:
    volume = DockerHost("box", network=network, data=DISK).host_config(context).data_volume
    assert volume is not None
    assert volume.mount_point == "/srv/data"


def test_a_host_with_an_elastic_ip_stands_in_a_public_subnet() -> None:
    network = Network("network", nat=NatGateways.ONE)
    assert DockerHost("box", network=network, elastic_ip=True).public
    assert not DockerHost("box", network=network).public


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"zone": 3}, "zone"),
        ({"zone": 0}, "zone"),
        ({"timeout_minutes": 61}, "timeout_minutes"),
        ({"data": "20"}, "data"),
        ({"data": replace(DISK, mount_point="srv")}, "data/mount_point"),
        ({"data": replace(DISK, filesystem="ntfs")}, "data/filesystem"),
        ({"data": replace(DISK, gibibytes=0)}, "data/gibibytes"),
        ({"data": replace(DISK, iops=2999)}, "data/iops"),
        ({"data": replace(DISK, gibibytes=10, iops=5001)}, "data/iops"),
        ({"data": replace(DISK, mebibytes_per_second=751)}, "data/mebibytes_per_second"),
        ({"data": replace(DISK, snapshot_id="snap")}, "data/snapshot_id"),
        ({"elastic_ip": True, "instance": Instance(placement=Placement.PRIVATE)}, "elastic_ip"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_path(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        DockerHost("box", network=Network("network", nat=NatGateways.ONE), **settings)
    assert {problem.path for problem in caught.value.problems} == {f"stacks/box/{path}"}


def test_a_data_volume_needs_to_know_its_zone() -> None:
    network = Network.adopt(
        "network", vpc_id="vpc-0a1b2c3d", public_subnet_ids=("subnet-0a1b2c3d",)
    )
    with pytest.raises(InvalidInputError, match="stacks/box/data: needs the zones"):
        DockerHost("box", network=network, data=DISK)
