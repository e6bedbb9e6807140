"""The volume that outlives a host, and the right of the host to take it over."""

from collections.abc import Iterator
from dataclasses import dataclass

from awacs import ec2 as ec2_actions
from awacs import kms
from awacs.aws import Allow, Bool, Condition, Statement, StringEquals
from troposphere import Ref, Select, Sub, ec2

from cdinfra.cloudinit import DataVolume
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import Value
from cdinfra.stacks.arns import regional_arn
from cdinfra.stacks.hosts.tags import DEPLOY_GROUP_TAG
from cdinfra.stacks.validation import arn_problems, integer_problems, value_problems

DATA_VOLUME_TAG = "cdinfra:data-volume"
"""Tag by which a host knows the id of the volume to attach."""

ELASTIC_IP_TAG = "cdinfra:elastic-ip"
"""Tag by which a host knows the allocation id of the address to take."""

MINIMUM_IOPS = 3000
IOPS_PER_GIBIBYTE = 500
IOPS_PER_MEBIBYTE = 4
"""Source: EBS user guide, "General Purpose SSD volumes"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDisk:
    """An encrypted gp3 volume that is mounted before Docker starts.

    It is never deleted without a snapshot. CloudFormation changes neither key, snapshot nor
    zone of a volume and fails such an update: another host with ``snapshot_id`` takes the
    data over (CloudFormation template reference, AWS::EC2::Volume, "Updates are not
    supported").

    Example:
        >>> DataDisk(mount_point="/var/lib/jenkins", gibibytes=100).filesystem
        'ext4'

    Attributes:
        mount_point: Folder of the host where it is mounted.
        gibibytes: Size; it can grow, and the filesystem with it, but not shrink.
        filesystem: ``ext4`` or ``xfs``; made only if the volume holds nothing.
        kms_key: ARN of a KMS key; by default the account's EBS key. Not to be changed later.
        snapshot_id: Snapshot to start from. Not to be changed later.
        iops: Operations a second.
        mebibytes_per_second: Throughput.
    """

    mount_point: str
    gibibytes: int = 20
    filesystem: str = "ext4"
    kms_key: Value | None = None
    snapshot_id: Value | None = None
    iops: int = 3000
    mebibytes_per_second: int = 125

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings.

        Source of the ranges: EBS user guide, "General Purpose SSD volumes".
        """
        yield from integer_problems(f"{path}/gibibytes", self.gibibytes, 1, 16384)
        yield from integer_problems(f"{path}/iops", self.iops, MINIMUM_IOPS, 16000)
        throughput = self.mebibytes_per_second
        yield from integer_problems(f"{path}/mebibytes_per_second", throughput, 125, 1000)
        yield from self._ratio_problems(path)
        if self.kms_key is not None:
            yield from arn_problems(f"{path}/kms_key", self.kms_key, "kms")
        if self.snapshot_id is not None:
            pattern = "snap-([0-9a-f]{8}|[0-9a-f]{17})"
            yield from value_problems(
                f"{path}/snapshot_id", self.snapshot_id, pattern, "snap-0a1b2c3d4e5f67890"
            )
        try:
            self.volume()
        except InvalidInputError as error:
            for problem in error.problems:
                where = problem.path.rpartition("/")[2]
                yield Problem(path=f"{path}/{where}", message=problem.message, hint=problem.hint)

    def _ratio_problems(self, path: str) -> Iterator[Problem]:
        """Check the settings against each other, as far as each is a number."""
        numbers = (self.gibibytes, self.iops, self.mebibytes_per_second)
        if not all(type(number) is int for number in numbers):
            return
        if self.iops > max(MINIMUM_IOPS, IOPS_PER_GIBIBYTE * self.gibibytes):
            hint = f"at most {IOPS_PER_GIBIBYTE} for each GiB of the volume"
            yield Problem(path=f"{path}/iops", message=f"is {self.iops}", hint=hint)
        if self.mebibytes_per_second * IOPS_PER_MEBIBYTE > self.iops:
            hint = f"at least {IOPS_PER_MEBIBYTE} iops for each MiB a second"
            message = f"is {self.mebibytes_per_second}, with {self.iops} iops"
            yield Problem(path=f"{path}/mebibytes_per_second", message=message, hint=hint)

    def volume(self) -> DataVolume:
        """Return what the host's user data says of it.

        Raises:
            InvalidInputError: The folder or the filesystem is not valid.
        """
        return DataVolume(mount_point=self.mount_point, filesystem=self.filesystem)


def build_data_volume(
    disk: DataDisk, *, zone: Select, kms_key: str | Ref | None, snapshot_id: str | Ref | None
) -> ec2.Volume:
    """Build the volume."""
    volume = ec2.Volume(
        "DataVolume",
        AvailabilityZone=zone,
        Encrypted=True,
        Iops=disk.iops,
        Size=disk.gibibytes,
        Throughput=disk.mebibytes_per_second,
        VolumeType="gp3",
        DeletionPolicy="Snapshot",
        UpdateReplacePolicy="Snapshot",
    )
    if kms_key is not None:
        volume.KmsKeyId = kms_key
    if snapshot_id is not None:
        volume.SnapshotId = snapshot_id
    return volume


def attach_statements(deploy_group: str, kms_key: str | Ref | None) -> list[Statement]:
    """Allow a host to attach the data volume to a host of its own group."""
    statements = [
        Statement(
            Sid="AttachDataVolume",
            Effect=Allow,
            Action=[ec2_actions.AttachVolume],
            Resource=[regional_arn("ec2", "volume/${DataVolume}")],
        ),
        _on_own_hosts("AttachToOwnHosts", [ec2_actions.AttachVolume], deploy_group, "instance/*"),
    ]
    if kms_key is not None:
        for_ec2 = Bool("kms:GrantIsForAWSResource", "true")
        statements.append(_use_key("DecryptDataVolume", kms.Decrypt, kms_key))
        statements.append(_use_key("LendKeyToEc2", kms.CreateGrant, kms_key, for_ec2))
    return statements


def address_statements(deploy_group: str) -> list[Statement]:
    """Allow a host to give the Elastic IP to a host of its own group."""
    return [
        Statement(
            Sid="TakeElasticIp",
            Effect=Allow,
            Action=[ec2_actions.AssociateAddress],
            Resource=[regional_arn("ec2", "elastic-ip/${ElasticIp.AllocationId}")],
        ),
        _on_own_hosts(
            "AddressOwnHosts",
            [ec2_actions.AssociateAddress],
            deploy_group,
            "instance/*",
            "network-interface/*",
        ),
    ]


def _on_own_hosts(sid: str, actions: list[object], deploy_group: str, *resources: str) -> Statement:
    return Statement(
        Sid=sid,
        Effect=Allow,
        Action=actions,
        Resource=[regional_arn("ec2", resource) for resource in resources],
        Condition=Condition(StringEquals(f"aws:ResourceTag/{DEPLOY_GROUP_TAG}", deploy_group)),
    )


def _use_key(sid: str, action: object, kms_key: str | Ref, *conditions: object) -> Statement:
    """Allow EC2, on the host's behalf, to use the volume's key.

    Source: EBS user guide, "Requirements for Amazon EBS encryption".
    """
    via_ec2 = StringEquals("kms:ViaService", Sub("ec2.${AWS::Region}.amazonaws.com"))
    return Statement(
        Sid=sid,
        Effect=Allow,
        Action=[action],
        Resource=[kms_key],
        Condition=Condition([via_ec2, *conditions]),
    )
