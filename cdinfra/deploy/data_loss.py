"""Which changes lose data: the table of resources that hold some, and the policies that keep it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cdinfra.deploy.plan import ChangeAction, Replacement, ResourceChange

DATA_TYPES = frozenset(
    {
        "AWS::Backup::BackupVault",
        "AWS::DocDB::DBCluster",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Volume",
        "AWS::ECR::Repository",
        "AWS::EFS::FileSystem",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::FSx::FileSystem",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::Logs::LogGroup",
        "AWS::Neptune::DBCluster",
        "AWS::OpenSearchService::Domain",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
        "AWS::Timestream::Table",
    }
)
"""Resources whose deletion destroys what people stored in them.

A KMS key is one: without it, what it encrypted cannot be read.
"""

KEEPING_POLICIES = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})
"""Policies under which the data outlives the resource.

Source: CloudFormation user guide, "DeletionPolicy attribute".
"""


def mark_data_loss(
    change: ResourceChange, before: Mapping[str, Any], after: Mapping[str, Any]
) -> ResourceChange:
    """Return the change with ``loses_data`` set.

    Args:
        change: What happens to a resource.
        before: The deployed template: its policy decides about a removal.
        after: The template then: its policy decides about a replacement.
    """
    if change.resource_type not in DATA_TYPES:
        return change
    if change.action is ChangeAction.REMOVE:
        return replace(change, loses_data=not _keeps(before, change.logical_id, "DeletionPolicy"))
    if change.replacement is Replacement.NEVER:
        return change
    keeps = _keeps(after, change.logical_id, "UpdateReplacePolicy")
    return replace(change, loses_data=not keeps)


def _keeps(template: Mapping[str, Any], logical_id: str, policy: str) -> bool:
    definition = template.get("Resources", {}).get(logical_id, {})
    return definition.get(policy) in KEEPING_POLICIES
