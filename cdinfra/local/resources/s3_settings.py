"""The settings of a bucket: how each is put, read and taken away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cdinfra.local.resources.calls import invoke, kept
from cdinfra.local.resources.s3_lifecycle import api_rule, template_rule

Client = Any
"""A boto3 client, which boto3 makes at run time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One property of a bucket.

    Attributes:
        name: Name of the property.
        put: Sets the property's value on the bucket.
        get: Returns the value in the template's form; None or an error for a bucket without.
        clear: Takes the property away.
    """

    name: str
    put: Callable[[Client, str, Any], None]
    get: Callable[[Client, str], Any]
    clear: Callable[[Client, str], None]


def _put_versioning(client: Client, bucket: str, value: Mapping[str, Any]) -> None:
    parameters = {"Bucket": bucket, "VersioningConfiguration": value}
    invoke(client.put_bucket_versioning, parameters)


def _get_versioning(client: Client, bucket: str) -> Any:  # noqa: ANN401 - a template's value
    status = client.get_bucket_versioning(Bucket=bucket).get("Status")
    return {"Status": status} if status else None


def _clear_versioning(client: Client, bucket: str) -> None:
    _put_versioning(client, bucket, {"Status": "Suspended"})


def _put_encryption(client: Client, bucket: str, value: Mapping[str, Any]) -> None:
    rules = [
        {
            ("ApplyServerSideEncryptionByDefault" if name == RULE_DEFAULT else name): item
            for name, item in rule.items()
        }
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    configuration = {"Rules": rules}
    invoke(
        client.put_bucket_encryption,
        {"Bucket": bucket, "ServerSideEncryptionConfiguration": configuration},
    )
    found = client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    kept(configuration, found, "BucketEncryption")


def _get_encryption(client: Client, bucket: str) -> Any:  # noqa: ANN401 - a template's value
    found = client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    return {
        "ServerSideEncryptionConfiguration": [
            {
                (RULE_DEFAULT if name == "ApplyServerSideEncryptionByDefault" else name): item
                for name, item in rule.items()
            }
            for rule in found["Rules"]
        ]
    }


RULE_DEFAULT = "ServerSideEncryptionByDefault"


def _put_public_access(client: Client, bucket: str, value: Mapping[str, Any]) -> None:
    parameters = {"Bucket": bucket, "PublicAccessBlockConfiguration": value}
    invoke(client.put_public_access_block, parameters)


def _get_public_access(client: Client, bucket: str) -> Any:  # noqa: ANN401 - a template's value
    return client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]


def _put_ownership(client: Client, bucket: str, value: Mapping[str, Any]) -> None:
    invoke(client.put_bucket_ownership_controls, {"Bucket": bucket, "OwnershipControls": value})


def _get_ownership(client: Client, bucket: str) -> Any:  # noqa: ANN401 - a template's value
    return client.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]


def _put_lifecycle(client: Client, bucket: str, value: Mapping[str, Any]) -> None:
    rules = [api_rule(number, rule) for number, rule in enumerate(value["Rules"])]
    invoke(
        client.put_bucket_lifecycle_configuration,
        {"Bucket": bucket, "LifecycleConfiguration": {"Rules": rules}},
    )
    found = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    kept(rules, found, "LifecycleConfiguration/Rules")


def _get_lifecycle(client: Client, bucket: str) -> Any:  # noqa: ANN401 - a template's value
    found = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return {"Rules": [template_rule(rule) for rule in found]}


def _put_logging(client: Client, bucket: str, value: Mapping[str, Any]) -> None:
    enabled = {
        "TargetBucket": value.get("DestinationBucketName", bucket),
        "TargetPrefix": value.get("LogFilePrefix", ""),
    }
    client.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": enabled})


def _get_logging(client: Client, bucket: str) -> Any:  # noqa: ANN401 - a template's value
    found = client.get_bucket_logging(Bucket=bucket).get("LoggingEnabled")
    if not found:
        return None
    return {
        "DestinationBucketName": found["TargetBucket"],
        "LogFilePrefix": found.get("TargetPrefix", ""),
    }


SETTINGS = (
    Setting(
        name="VersioningConfiguration",
        put=_put_versioning,
        get=_get_versioning,
        clear=_clear_versioning,
    ),
    Setting(
        name="BucketEncryption",
        put=_put_encryption,
        get=_get_encryption,
        clear=lambda client, bucket: client.delete_bucket_encryption(Bucket=bucket),
    ),
    Setting(
        name="PublicAccessBlockConfiguration",
        put=_put_public_access,
        get=_get_public_access,
        clear=lambda client, bucket: client.delete_public_access_block(Bucket=bucket),
    ),
    Setting(
        name="OwnershipControls",
        put=_put_ownership,
        get=_get_ownership,
        clear=lambda client, bucket: client.delete_bucket_ownership_controls(Bucket=bucket),
    ),
    Setting(
        name="LifecycleConfiguration",
        put=_put_lifecycle,
        get=_get_lifecycle,
        clear=lambda client, bucket: client.delete_bucket_lifecycle(Bucket=bucket),
    ),
    Setting(
        name="LoggingConfiguration",
        put=_put_logging,
        get=_get_logging,
        clear=lambda client, bucket: client.put_bucket_logging(
            Bucket=bucket, BucketLoggingStatus={}
        ),
    ),
)
