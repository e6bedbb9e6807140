# mypy: disable-error-code="no-any-return"
"""Buckets, repositories, log groups."""

import json
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
from moto.s3.models import S3Backend

from cdinfra.aws.connection import Clients
from cdinfra.local.resources.contract import ResourceError

Cloud = Any
"""The driver in conftest.py, which a test cannot import."""

TAGS = [{"Key": "Name", "Value": "shop"}, {"Key": "team", "Value": "web"}]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::releases/*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}
RULES = [
    {
        "Id": "uploads",
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    },
    {
        "Id": "old",
        "Status": "Enabled",
        "Prefix": "logs/",
        "ExpirationInDays": 30,
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
    },
]


def bucket_properties(name: str) -> dict[str, Any]:
    return {
        "BucketName": name,
        "VersioningConfiguration": {"Status": "Enabled"},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "BucketKeyEnabled": True,
                    "ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                }
            ]
        },
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "LifecycleConfiguration": {"Rules": RULES},
        "Tags": TAGS,
    }


def test_a_bucket_lives_with_every_setting(cloud: Cloud) -> None:
    properties = bucket_properties("releases")
    change = {
        "VersioningConfiguration": {"Status": "Suspended"},
        "LifecycleConfiguration": {"Rules": RULES[:1]},
        "OwnershipControls": None,
        "PublicAccessBlockConfiguration": None,
        "BucketEncryption": None,
        "Tags": TAGS[1:],
    }
    bucket = cloud.lives("AWS::S3::Bucket", properties, change)
    assert bucket.attributes["Arn"] == "arn:aws:s3:::releases"
    assert bucket.attributes["RegionalDomainName"] == "releases.s3.eu-central-1.amazonaws.com"


def test_a_bucket_without_a_name_gets_a_lower_case_one(cloud: Cloud) -> None:
    bucket = cloud.create("AWS::S3::Bucket", {})
    assert bucket.physical_id == bucket.physical_id.lower()
    assert len(bucket.physical_id) <= 63


def test_a_bucket_with_an_object_is_not_deleted(cloud: Cloud, clients: Clients) -> None:
    bucket = cloud.create("AWS::S3::Bucket", {"BucketName": "full"})
    clients.client("s3").put_object(Bucket="full", Key="a", Body=b"a")
    with pytest.raises(Exception, match="Service: S3, Status Code: 409"):
        cloud.delete(bucket)
    clients.client("s3").delete_object(Bucket="full", Key="a")


def test_a_lifecycle_rule_that_would_be_cut_short_is_refused(cloud: Cloud) -> None:
    rule = {
        "Id": "x",
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 3},
    }
    with pytest.raises(ResourceError, match=r"does not carry .*NewerNoncurrentVersions") as refused:
        cloud.create("AWS::S3::Bucket", {"LifecycleConfiguration": {"Rules": [rule]}})
    cloud.clients.client("s3").delete_bucket(Bucket=refused.value.physical_id)


def test_a_bucket_logs_to_another_one(cloud: Cloud, clients: Clients) -> None:
    cloud.create("AWS::S3::Bucket", {"BucketName": "logs"})
    allow = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::logs/*",
            }
        ],
    }
    cloud.create("AWS::S3::BucketPolicy", {"Bucket": "logs", "PolicyDocument": allow})
    logging = {"DestinationBucketName": "logs", "LogFilePrefix": "web/"}
    properties = {"BucketName": "web", "LoggingConfiguration": logging}
    made = cloud.lives("AWS::S3::Bucket", properties, {"LoggingConfiguration": None})
    cloud.change(made, {"BucketName": "web"})
    s3 = clients.client("s3")
    written = s3.list_objects_v2(Bucket="logs")["Contents"]
    assert all(item["Key"].startswith("web/") for item in written)
    for item in written:
        s3.delete_object(Bucket="logs", Key=item["Key"])


def test_a_bucket_policy_lives(cloud: Cloud) -> None:
    cloud.create("AWS::S3::Bucket", {"BucketName": "releases"})
    properties = {"Bucket": "releases", "PolicyDocument": POLICY}
    change = {"PolicyDocument": {**POLICY, "Id": "changed"}}
    assert cloud.lives("AWS::S3::BucketPolicy", properties, change)


def test_a_policy_against_plain_connections_lets_others_in(cloud: Cloud, clients: Clients) -> None:
    cloud.create("AWS::S3::Bucket", {"BucketName": "state"})
    objects = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::state/*",
    }
    statements = [
        {**objects, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {**objects, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    properties = {"Bucket": "state", "PolicyDocument": document}
    policy = cloud.create("AWS::S3::BucketPolicy", properties)
    s3 = clients.client("s3")
    s3.put_object(Bucket="state", Key="history", Body=b"first")
    assert s3.get_object(Bucket="state", Key="history")["Body"].read() == b"first"
    s3.delete_object(Bucket="state", Key="history")
    everything = {**document, "Statement": [*statements, objects]}
    cloud.change(policy, {"Bucket": "state", "PolicyDocument": everything})
    with pytest.raises(s3.exceptions.ClientError, match="403"):
        s3.put_object(Bucket="state", Key="history", Body=b"second")


@pytest.fixture
def slow_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto takes a moment between its look at an object and its writing."""
    look = S3Backend.get_object

    def get_object(*given: Any, **options: Any) -> Any:
        found = look(*given, **options)
        sleep(0.005)
        return found

    monkeypatch.setattr(S3Backend, "get_object", get_object)


@pytest.mark.usefixtures("slow_looks")
def test_of_many_who_write_under_one_condition_one_is_first(cloud: Cloud, clients: Clients) -> None:
    cloud.create("AWS::S3::Bucket", {"BucketName": "locks"})
    s3 = clients.client("s3")
    etag = s3.put_object(Bucket="locks", Key="web", Body=b"free")["ETag"]

    def take(number: int, key: str, **condition: str) -> str:
        body = f"{number} {condition}".encode()
        try:
            s3.put_object(Bucket="locks", Key=key, Body=body, **condition)
        except s3.exceptions.ClientError as error:
            return str(error.response["Error"]["Code"])
        return "written"

    def told(results: list[Future[str]]) -> Counter[str]:
        return Counter(each.result() for each in results)

    one_of_eight = Counter({"written": 1, "PreconditionFailed": 7})
    with ThreadPoolExecutor(8) as pool:
        for turn in range(3):
            created = [
                pool.submit(take, number, f"new-{turn}", IfNoneMatch="*") for number in range(8)
            ]
            assert told(created) == one_of_eight
            replaced = [pool.submit(take, number, "web", IfMatch=etag) for number in range(8)]
            assert told(replaced) == one_of_eight
            etag = s3.head_object(Bucket="locks", Key="web")["ETag"]
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchKey"):
        s3.put_object(Bucket="locks", Key="gone", Body=b"", IfMatch=etag)
    for key in ("web", *(f"new-{turn}" for turn in range(3))):
        s3.delete_object(Bucket="locks", Key=key)


def test_a_repository_lives_with_its_policies(cloud: Cloud) -> None:
    lifecycle = {"rules": [{"rulePriority": 1, "selection": {}, "action": {"type": "expire"}}]}
    lifecycle["rules"][0]["selection"] = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 7,
    }
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "pull",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": ["ecr:BatchGetImage"],
            }
        ],
    }
    properties = {
        "RepositoryName": "shop-dev/web",
        "ImageTagMutability": "IMMUTABLE",
        "ImageScanningConfiguration": {"ScanOnPush": True},
        "EncryptionConfiguration": {"EncryptionType": "AES256"},
        "LifecyclePolicy": {"LifecyclePolicyText": json.dumps(lifecycle)},
        "RepositoryPolicyText": policy,
        "EmptyOnDelete": True,
        "Tags": TAGS,
    }
    change = {
        "ImageTagMutability": "MUTABLE",
        "ImageScanningConfiguration": {"ScanOnPush": False},
        "LifecyclePolicy": None,
        "RepositoryPolicyText": None,
        "Tags": TAGS[1:],
    }
    made = cloud.lives("AWS::ECR::Repository", properties, change)
    assert made.attributes["RepositoryUri"].endswith("amazonaws.com/shop-dev/web")


def test_a_log_group_lives_with_its_retention(cloud: Cloud) -> None:
    properties = {"LogGroupName": "/cdinfra/shop", "RetentionInDays": 30, "Tags": TAGS}
    group = cloud.lives("AWS::Logs::LogGroup", properties, {"RetentionInDays": None})
    cloud.lives("AWS::Logs::LogGroup", {"LogGroupName": "/cdinfra/shop/other"})
    assert group.attributes["Arn"].endswith(":log-group:/cdinfra/shop:*")
