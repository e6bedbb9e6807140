from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.hosts import Hosts
from cdinfra.aws.tagged_resources import TaggedResource, TaggedResources
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script

ASKED = {
    "TagFilters": [
        {"Key": "cdinfra:app", "Values": ["shop"]},
        {"Key": "cdinfra:env", "Values": ["dev"]},
    ],
    "ResourcesPerPage": 100,
}


def mapping(arn: str) -> dict[str, Any]:
    return {"ResourceARN": arn, "Tags": [{"Key": "cdinfra:app", "Value": "shop"}]}


def test_tagged_resources_are_read_over_all_pages_and_sorted(
    script: Callable[..., Script],
) -> None:
    cloud = script("resourcegroupstaggingapi")
    first = {"PaginationToken": "2", "ResourceTagMappingList": [mapping("arn:b")]}
    last = {"PaginationToken": "", "ResourceTagMappingList": [mapping("arn:a")]}
    cloud.answer("get_resources", first, ASKED)
    cloud.answer("get_resources", last, {**ASKED, "PaginationToken": "2"})
    assert TaggedResources(cloud.clients).describe_tagged("shop", "dev") == (
        TaggedResource(arn="arn:a", tags={"cdinfra:app": "shop"}),
        TaggedResource(arn="arn:b", tags={"cdinfra:app": "shop"}),
    )


def test_a_refusal_names_what_was_asked(script: Callable[..., Script]) -> None:
    cloud = script("resourcegroupstaggingapi")
    cloud.refuse("get_resources", "AccessDeniedException", status=403)
    with pytest.raises(CloudError, match="cannot find what carries the tags of shop in dev"):
        TaggedResources(cloud.clients).describe_tagged("shop", "dev")


def test_a_host_knows_its_group_and_its_parts(script: Callable[..., Script]) -> None:
    cloud = script("ec2")
    instance = {
        "InstanceId": "i-1",
        "InstanceType": "t3.micro",
        "State": {"Name": "running"},
        "LaunchTime": 0,
        "Tags": [{"Key": "aws:autoscaling:groupName", "Value": "web"}],
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-1"}}],
        "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1"}],
    }
    cloud.answer("describe_instances", {"Reservations": [{"Instances": [instance]}]})
    (host,) = Hosts(cloud.clients).describe_hosts("shop", "dev")
    assert (host.scaling_group, host.part_ids) == ("web", ("vol-1", "eni-1"))
