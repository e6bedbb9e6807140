"""What the fake CloudFormation can import."""

from collections.abc import Mapping
from types import MappingProxyType

IDENTIFIERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AWS::EC2::VPC": ("VpcId",),
        "AWS::ECR::Repository": ("RepositoryName",),
        "AWS::Logs::LogGroup": ("LogGroupName",),
        "AWS::S3::Bucket": ("BucketName",),
        "AWS::SNS::Topic": ("TopicArn",),
    }
)
"""What identifies resources of a few types, as CloudFormation says it."""
