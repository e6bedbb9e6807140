"""Which resources hold data, and the policies that keep it: one table for plans and for lint."""

from typing import Final

DATA_TYPES: Final = frozenset(
    {
        "AWS::Backup::BackupVault",
        "AWS::Backup::LogicallyAirGappedBackupVault",
        "AWS::Cassandra::Keyspace",
        "AWS::Cassandra::Table",
        "AWS::CodeCommit::Repository",
        "AWS::Cognito::UserPool",
        "AWS::DSQL::Cluster",
        "AWS::DocDB::DBCluster",
        "AWS::DocDBElastic::Cluster",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Volume",
        "AWS::ECR::PublicRepository",
        "AWS::ECR::Repository",
        "AWS::EFS::FileSystem",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElastiCache::ServerlessCache",
        "AWS::Elasticsearch::Domain",
        "AWS::FSx::FileSystem",
        "AWS::FSx::Volume",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::Logs::LogGroup",
        "AWS::MSK::Cluster",
        "AWS::MemoryDB::Cluster",
        "AWS::Neptune::DBCluster",
        "AWS::NeptuneGraph::Graph",
        "AWS::OpenSearchServerless::Collection",
        "AWS::OpenSearchService::Domain",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::RDS::GlobalCluster",
        "AWS::Redshift::Cluster",
        "AWS::RedshiftServerless::Namespace",
        "AWS::S3::Bucket",
        "AWS::S3Express::DirectoryBucket",
        "AWS::S3Tables::Table",
        "AWS::S3Tables::TableBucket",
        "AWS::S3Vectors::VectorBucket",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
        "AWS::Timestream::InfluxDBInstance",
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
