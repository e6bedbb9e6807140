"""Hosts: the instances that carry an app's tags."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling, error_code
from cdinfra.errors import CloudError

APP_TAG = "cdinfra:app"
ENV_TAG = "cdinfra:env"
RELEASE_TAG = "cdinfra:release"
GENERATION_TAG = "cdinfra:generation"
DEPLOY_GROUP_TAG = "DeployGroup"
STACK_NAME_TAG = "aws:cloudformation:stack-name"
GROUP_TAG = "aws:autoscaling:groupName"

LIVE_STATES = ("pending", "running", "shutting-down", "stopping", "stopped")
"""Every state but ``terminated``, which EC2 goes on to show for about an hour.

Source: EC2 user guide, "Instance lifecycle".
"""

MOST_TAGGED = 1000
"""Resources in one call. Source: EC2 API reference, CreateTags, ResourceId.N."""


_MISSING = frozenset({"InvalidID", "InvalidInstanceID.NotFound"})
"""CreateTags says the one, most other calls the other. Source: as below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """An instance with the tags that say what it is for.

    Attributes:
        instance_id: For example ``i-0abc``.
        state: For example ``running``.
        instance_type: For example ``t3.micro``.
        private_address: IPv4 address inside the VPC; empty where it has none.
        public_address: Public IPv4 address; empty where it has none.
        zone: Availability Zone.
        deploy_group: Its ``DeployGroup`` tag.
        release: The release it should run, its ``cdinfra:release`` tag.
        stack_name: CloudFormation name of the stack that made it; empty where none did.
        launched_at: When it was launched.
        scaling_group: Name of the Auto Scaling group that launched it; empty where none did.
        part_ids: Ids of its volumes and network interfaces.
        tags: All its tags.
        architecture: Of its processor, as EC2 spells it: ``x86_64``, ``arm64``; empty where it
            does not say.
    """

    instance_id: str
    state: str
    instance_type: str
    private_address: str
    public_address: str
    zone: str
    deploy_group: str
    release: str
    stack_name: str
    launched_at: datetime
    scaling_group: str = ""
    part_ids: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    architecture: str = ""


class Hosts:
    """Reads hosts from EC2, and tags them."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def describe_hosts(self, app: str, env: str) -> tuple[Host, ...]:
        """Return the hosts of an app in one environment, by deploy group and launch.

        Raises:
            CloudError: EC2 cannot be asked.
        """
        filters = [
            {"Name": f"tag:{APP_TAG}", "Values": [app]},
            {"Name": f"tag:{ENV_TAG}", "Values": [env]},
            {"Name": "instance-state-name", "Values": list(LIVE_STATES)},
        ]
        with calling(self._clients, "ec2", f"describe the hosts of {app} in {env}") as client:
            pages = client.get_paginator("describe_instances")
            hosts = [
                _host(instance)
                for page in pages.paginate(Filters=filters)
                for reservation in page["Reservations"]
                for instance in reservation["Instances"]
            ]
        return tuple(sorted(hosts, key=by_group))

    def create_tags(self, instance_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        """Give tags to instances, in place of those of the same name.

        An instance that is gone by now is left out: EC2 would refuse the whole.

        Args:
            instance_ids: Any number of them; a thousand take one call.
            tags: The tags.

        Raises:
            CloudError: EC2 refuses, or cannot be asked.
        """
        pairs = [{"Key": name, "Value": value} for name, value in tags.items()]
        for start in range(0, len(instance_ids), MOST_TAGGED):
            left = list(instance_ids[start : start + MOST_TAGGED])
            while left:
                try:
                    with calling(self._clients, "ec2", "tag the hosts") as client:
                        client.create_tags(Resources=left, Tags=pairs)
                    break
                except CloudError as error:
                    left = _without_missing(error, left)


def by_group(host: Host) -> tuple[str, datetime, str]:
    """Return what hosts are sorted by: deploy group, then launch."""
    return (host.deploy_group, host.launched_at, host.instance_id)


def _host(instance: Mapping[str, Any]) -> Host:
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", ())}
    return Host(
        instance_id=instance["InstanceId"],
        state=instance["State"]["Name"],
        instance_type=instance["InstanceType"],
        private_address=instance.get("PrivateIpAddress") or "",
        public_address=instance.get("PublicIpAddress") or "",
        zone=instance.get("Placement", {}).get("AvailabilityZone", ""),
        deploy_group=tags.get(DEPLOY_GROUP_TAG, ""),
        release=tags.get(RELEASE_TAG, ""),
        stack_name=tags.get(STACK_NAME_TAG, ""),
        launched_at=instance["LaunchTime"],
        scaling_group=tags.get(GROUP_TAG, ""),
        part_ids=tuple(_part_ids(instance)),
        tags=tags,
        architecture=instance.get("Architecture") or "",
    )


def _without_missing(error: CloudError, instance_ids: Sequence[str]) -> list[str]:
    """Return the instances that a refusal does not name as missing.

    The refusal reads ``The instance IDs 'i-0abc, i-0def' do not exist``.
    Source: EC2 API reference, "Error codes", InvalidInstanceID.NotFound; the text as it is.

    Raises:
        CloudError: It is another refusal.
    """
    named = set(re.findall(r"i-[0-9a-f]+", error.message))
    left = [each for each in instance_ids if each not in named]
    if error_code(error.__cause__) not in _MISSING or len(left) == len(instance_ids):
        raise error
    return left


def _part_ids(instance: Mapping[str, Any]) -> Iterator[str]:
    for device in instance.get("BlockDeviceMappings", ()):
        yield device["Ebs"]["VolumeId"]
    for interface in instance.get("NetworkInterfaces", ()):
        yield interface["NetworkInterfaceId"]
