"""Rules about what is stored: encrypted, kept, and not public."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cdinfra.lint.finding import Severity
from cdinfra.lint.rule import Hit, Rule
from cdinfra.lint.rules.hosts import INSTANCE, LAUNCH_CONFIGURATION, LAUNCH_TEMPLATE
from cdinfra.lint.template import Resource, Template
from cdinfra.lint.values import choices, is_false, is_function, listed, mapping, may_lack, reaches
from cdinfra.model.data_types import DATA_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """How a type is told to encrypt.

    Attributes:
        setting: Where the setting stands.
        inherits: Properties by which it takes the encryption of something else.
    """

    setting: tuple[str, ...]
    inherits: tuple[str, ...] = ()


ENCRYPTED: Final = {
    "AWS::DocDB::DBCluster": Encryption(
        setting=("StorageEncrypted",), inherits=("SnapshotIdentifier",)
    ),
    "AWS::EC2::Volume": Encryption(setting=("Encrypted",), inherits=("SnapshotId",)),
    "AWS::EFS::FileSystem": Encryption(setting=("Encrypted",)),
    "AWS::ElastiCache::ReplicationGroup": Encryption(
        setting=("AtRestEncryptionEnabled",), inherits=("SnapshotName",)
    ),
    "AWS::Neptune::DBCluster": Encryption(
        setting=("StorageEncrypted",),
        inherits=("DBSnapshotIdentifier", "SnapshotIdentifier", "SourceDBClusterIdentifier"),
    ),
    "AWS::OpenSearchService::Domain": Encryption(setting=("EncryptionAtRestOptions", "Enabled")),
    "AWS::RDS::DBCluster": Encryption(
        setting=("StorageEncrypted",),
        inherits=("SnapshotIdentifier", "SourceDBClusterIdentifier", "GlobalClusterIdentifier"),
    ),
    "AWS::RDS::DBInstance": Encryption(
        setting=("StorageEncrypted",),
        inherits=(
            "DBClusterIdentifier",
            "DBClusterSnapshotIdentifier",
            "DBSnapshotIdentifier",
            "SourceDBInstanceIdentifier",
        ),
    ),
}
"""Types that are not encrypted unless they are told to be. Buckets, queues, tables, log groups
and Redshift clusters are not among them: those always are.

Source: CloudFormation template reference, each type's property of that name.
"""

ALWAYS_ENCRYPTED_ENGINE: Final = "valkey"
"""Source: ElastiCache API reference, CreateReplicationGroup, parameter AtRestEncryptionEnabled."""

SNAPSHOT_BY_DEFAULT: Final = frozenset({"AWS::RDS::DBCluster", "AWS::RDS::DBInstance"})
"""Types whose deletion takes a snapshot without being told.

Source: CloudFormation user guide, "DeletionPolicy attribute".
"""

PUBLIC_ACLS: Final = frozenset({"PublicRead", "PublicReadWrite", "AuthenticatedRead"})
"""Source: S3 user guide, "Canned ACL"."""


def _unencrypted(template: Template) -> Iterator[Hit]:
    for resource in template.resources(*ENCRYPTED):
        how = ENCRYPTED[resource.type]
        inherits = any(name in resource.properties for name in how.inherits)
        always = resource.properties.get("Engine") == ALWAYS_ENCRYPTED_ENGINE
        if not inherits and not always and may_lack(reaches(resource.properties, *how.setting)):
            yield resource.hit("is not encrypted", "Properties", *how.setting)


def _unencrypted_disks(template: Template) -> Iterator[Hit]:
    for host in template.resources(LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION, INSTANCE):
        if host.type == INSTANCE and "LaunchTemplate" in host.properties:
            continue
        keys = ("LaunchTemplateData",) if host.type == LAUNCH_TEMPLATE else ()
        path = ("Properties", *keys, "BlockDeviceMappings")
        devices = reaches(host.definition, *path)
        if devices is None:
            yield host.hit("leaves its root disk as the image has it, not encrypted", *path[:-1])
        for index, device in listed(devices):
            ebs = mapping(device).get("Ebs")
            if isinstance(ebs, dict) and not is_function(ebs) and may_lack(ebs.get("Encrypted")):
                name = mapping(device).get("DeviceName", "")
                yield host.hit(f"its disk {name} is not encrypted", *path, index)


def _public_buckets(template: Template) -> Iterator[Hit]:
    for bucket in template.resources("AWS::S3::Bucket"):
        for acl in choices(bucket.properties.get("AccessControl")):
            if isinstance(acl, str) and acl in PUBLIC_ACLS:
                yield bucket.hit(f"is public: {acl}", "Properties", "AccessControl")
        block = bucket.properties.get("PublicAccessBlockConfiguration")
        for name, value in mapping(block).items():
            if any(is_false(each) for each in choices(value)):
                path = ("Properties", "PublicAccessBlockConfiguration", name)
                yield bucket.hit(f"switches {name} off", *path)


def _endless_logs(template: Template) -> Iterator[Hit]:
    for group in template.resources("AWS::Logs::LogGroup"):
        if any(each is None for each in choices(group.properties.get("RetentionInDays"))):
            yield group.hit("keeps its events for ever", "Properties", "RetentionInDays")


def _undecided(template: Template) -> Iterator[Hit]:
    for resource in template.resources(*DATA_TYPES):
        if "DBClusterIdentifier" in resource.properties:
            # The data is the cluster's.
            continue
        wanted = ["UpdateReplacePolicy"]
        if resource.type not in SNAPSHOT_BY_DEFAULT:
            wanted.insert(0, "DeletionPolicy")
        missing = [policy for policy in wanted if policy not in resource.definition]
        if missing:
            yield resource.hit(f"holds data and has no {' and no '.join(missing)}")


def _mutable_images(template: Template) -> Iterator[Hit]:
    for repository in template.resources("AWS::ECR::Repository"):
        value = repository.properties.get("ImageTagMutability")
        if not is_function(value) and not str(value or "").startswith("IMMUTABLE"):
            message = "lets a tag move to another image"
            yield repository.hit(message, "Properties", "ImageTagMutability")


def _fixed_keys(template: Template) -> Iterator[Hit]:
    for key in template.resources("AWS::KMS::Key"):
        if _can_rotate(key) and may_lack(key.properties.get("EnableKeyRotation")):
            yield key.hit("is never rotated", "Properties", "EnableKeyRotation")


def _can_rotate(key: Resource) -> bool:
    """Whether it is a symmetric key with material from KMS: only those rotate by themselves."""
    kind = (key.properties.get("KeySpec"), key.properties.get("Origin"))
    return kind[0] in (None, "SYMMETRIC_DEFAULT") and kind[1] in (None, "AWS_KMS")


RULES: Final = (
    Rule(
        id="CD401",
        severity=Severity.ERROR,
        title="A store is not encrypted.",
        reason="A copy of the disk, a snapshot or a backup can be read by whoever gets hold of it, "
        "and most stores cannot be encrypted later.",
        source="Security Hub user guide, controls RDS.3, EFS.1, EC2.3 and Opensearch.1",
        check=_unencrypted,
    ),
    Rule(
        id="CD402",
        severity=Severity.ERROR,
        title="A disk of a host is not encrypted.",
        reason="Unless the account encrypts by default, which a template cannot know, its "
        "snapshots can be read by whoever gets hold of one.",
        source="EC2 user guide, Amazon EBS encryption",
        check=_unencrypted_disks,
    ),
    Rule(
        id="CD403",
        severity=Severity.ERROR,
        title="A bucket is public, or may become so.",
        reason="New buckets block public access by themselves; this one is told not to.",
        source="S3 user guide, Blocking public access to your Amazon S3 storage",
        check=_public_buckets,
    ),
    Rule(
        id="CD404",
        severity=Severity.WARNING,
        title="A log group keeps its events for ever.",
        reason="The bill grows every month, and personal data in logs must end some day.",
        source="CloudWatch Logs user guide, Change log data retention",
        check=_endless_logs,
    ),
    Rule(
        id="CD405",
        severity=Severity.WARNING,
        title="Nobody decided what becomes of data.",
        reason="Without both policies, deleting or replacing the resource deletes what it holds. "
        "Delete is a decision, too.",
        source="CloudFormation user guide, DeletionPolicy and UpdateReplacePolicy attributes",
        check=_undecided,
    ),
    Rule(
        id="CD406",
        severity=Severity.WARNING,
        title="Tags of a repository can move.",
        reason="The image that was tested under a tag need not be the one that is pulled later.",
        source="ECR user guide, Preventing image tags from being overwritten",
        check=_mutable_images,
    ),
    Rule(
        id="CD407",
        severity=Severity.WARNING,
        title="A key is never rotated.",
        reason="Whoever once got its material could read everything, for ever.",
        source="KMS developer guide, Rotate AWS KMS keys",
        check=_fixed_keys,
    ),
)
