"""A single fixed host: always one, with the same data volume and the same address."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from awacs.aws import Statement
from troposphere import GetAtt, Ref, Select, ec2

from cdinfra.cloudinit import DataVolume
from cdinfra.errors import Problem
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.hosts.capacity import LONGEST_WAIT_MINUTES, Capacity, RollingUpdate
from cdinfra.stacks.hosts.data_disk import (
    DATA_VOLUME_TAG,
    ELASTIC_IP_TAG,
    DataDisk,
    address_statements,
    attach_statements,
    build_data_volume,
)
from cdinfra.stacks.hosts.host_group import HostGroup
from cdinfra.stacks.hosts.instance import Placement
from cdinfra.stacks.validation import integer_problems, type_problems


@dataclass(kw_only=True, eq=False)
class DockerHost(HostGroup):
    """One host that keeps what it has: a data volume, an Elastic IP.

    It is an Auto Scaling group of one, in one zone, so that a host that dies is replaced
    like any other. The volume and the address belong to the stack; a host attaches them to
    itself when it boots, and may attach nothing else. An update that needs another host
    ends the old one first, since a volume has one host at a time: the service is away
    meanwhile.

    Its settings are those of :class:`DockerHosts` without capacity, scaling and spot, and
    those below.

    Example:
        >>> DockerHost(
        ...     "jenkins",
        ...     network=network,
        ...     container=Container(
        ...         volumes=(
        ...             Volume(host_path="/srv/data/home", container_path="/var/jenkins_home"),
        ...         ),
        ...         swap=SwapOrder.STOP_FIRST,
        ...     ),
        ...     data=DataDisk(mount_point="/srv/data", gibibytes=100),
        ...     elastic_ip=True,
        ... )  # doctest: +SKIP

    Args:
        data: The data volume, if any.
        elastic_ip: Whether it has an Elastic IP; it then stands in a public subnet.
        zone: In which of the network's zones it stands, counted from 1. A change moves it;
            with a data volume, which cannot move, the update fails.
        timeout_minutes: How long a new host may take to signal that it is ready. It waits up
            to 10 minutes for the old host to let go of the data volume.

    Raises:
        InvalidInputError: A setting is not valid.
    """

    description: ClassVar[str] = "Docker host: a single fixed host"

    data: DataDisk | None = None
    elastic_ip: bool = False
    zone: int = 1
    timeout_minutes: int = 15

    @property
    def public(self) -> bool:
        """Whether the host stands in a public subnet."""
        automatic = self.instance.placement is Placement.AUTOMATIC
        return (self.elastic_ip and automatic) or super().public

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings."""
        common = tuple(super().problems(path))
        yield from common
        yield from type_problems(f"{path}/data", self.data, DataDisk, type(None))
        yield from type_problems(f"{path}/elastic_ip", self.elastic_ip, bool)
        yield from integer_problems(
            f"{path}/timeout_minutes", self.timeout_minutes, 1, LONGEST_WAIT_MINUTES
        )
        if isinstance(self.data, DataDisk):
            yield from self.data.problems(f"{path}/data")
        if not common:
            yield from self._network_problems(path)

    def add_resources(self, builder: TemplateBuilder) -> None:
        """Add everything."""
        if self.data is not None:
            builder.add(self.build_data_volume(builder, self.data))
            builder.output("DataVolumeId", Ref("DataVolume"), "Id of the data volume")
        if self.elastic_ip:
            builder.add(self.build_elastic_ip())
            builder.output("PublicAddress", Ref("ElasticIp"), "The host's Elastic IP")
        super().add_resources(builder)

    def build_data_volume(self, builder: TemplateBuilder, disk: DataDisk) -> ec2.Volume:
        """Build the data volume."""
        zones = builder.value(self.network.zone_names)
        return build_data_volume(
            disk,
            zone=Select(self.zone - 1, zones),
            kms_key=None if disk.kms_key is None else builder.value(disk.kms_key),
            snapshot_id=None if disk.snapshot_id is None else builder.value(disk.snapshot_id),
        )

    def build_elastic_ip(self) -> ec2.EIP:
        """Build the Elastic IP."""
        return ec2.EIP("ElasticIp", Domain="vpc")

    def build_role_statements(self, builder: TemplateBuilder) -> list[Statement]:
        """Build what the host may do."""
        group = self.deploy_group_in(builder.context)
        statements = super().build_role_statements(builder)
        if self.data is not None:
            key = self.data.kms_key
            statements += attach_statements(group, None if key is None else builder.value(key))
        if self.elastic_ip:
            statements += address_statements(group)
        return statements

    def subnets(self, builder: TemplateBuilder) -> list[Any]:
        """Return the one subnet that the host stands in."""
        return [Select(self.zone - 1, super().subnets(builder))]

    def attachment_tags(self) -> dict[str, Any]:
        """Return the tags that name the data volume and the address."""
        tags: dict[str, Any] = {}
        if self.data is not None:
            tags[DATA_VOLUME_TAG] = Ref("DataVolume")
        if self.elastic_ip:
            tags[ELASTIC_IP_TAG] = GetAtt("ElasticIp", "AllocationId")
        return tags

    def capacity_of_group(self) -> Capacity:
        """Return how many hosts there are: one."""
        return Capacity(minimum=1, maximum=1)

    def update_of_group(self) -> RollingUpdate:
        """Return how the host is replaced: the old one goes first."""
        return RollingUpdate(in_service=0, timeout_minutes=self.timeout_minutes)

    def data_volume(self) -> DataVolume | None:
        """Return what the host's user data says of the data volume."""
        return None if self.data is None else self.data.volume()

    def _network_problems(self, path: str) -> Iterator[Problem]:
        network = self.network
        zones = network.public_zones if self.public else network.private_zones
        yield from integer_problems(f"{path}/zone", self.zone, 1, zones)
        if self.elastic_ip and not self.public:
            hint = "leave the placement out"
            message = "needs a public subnet"
            yield Problem(path=f"{path}/elastic_ip", message=message, hint=hint)
        if self.data is not None and not network.knows_zones:
            message = f"needs the zones of {network.name!r}, which are not known"
            hint = "adopt it with its zone_names: ExistingVpc(…)"
            yield Problem(path=f"{path}/data", message=message, hint=hint)
