"""What may pass through the VPC's endpoint for S3."""

from awacs.aws import (
    Action,
    Allow,
    Condition,
    PolicyDocument,
    Principal,
    Statement,
    StringEquals,
)
from troposphere import Ref


def build_s3_endpoint_policy() -> PolicyDocument:
    """Build the S3 endpoint's policy: read anything, write the account's own buckets."""
    read = Statement(
        Sid="ReadAnything",
        Effect=Allow,
        Principal=Principal("*"),
        Action=[Action("s3", "Get*"), Action("s3", "List*")],
        Resource=["*"],
    )
    own = Statement(
        Sid="UseOwnBuckets",
        Effect=Allow,
        Principal=Principal("*"),
        Action=[Action("s3", "*")],
        Resource=["*"],
        Condition=Condition(StringEquals("aws:ResourceAccount", Ref("AWS::AccountId"))),
    )
    return PolicyDocument(Version="2012-10-17", Statement=[read, own])
