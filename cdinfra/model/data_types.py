"""Which resources hold data, and the policies that keep it: one table for plans and for lint."""

from typing import Final

DATA_TYPES: Final = frozenset(
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

KEEPING_POLICIES: Final = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})
"""Policies under which the data outlives the resource.

Source: CloudFormation user guide, "DeletionPolicy attribute".
"""
