"""``AWS::S3::Bucket`` and ``AWS::S3::BucketPolicy``."""

from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.iam_documents import policy_document, policy_text
from cdinfra.local.resources.s3_settings import SETTINGS
from cdinfra.local.resources.service import ServiceResource, Target, present
from cdinfra.local.resources.tags import shown_tags, tag_list, tag_mapping, wanted_tags

NAME_LIMIT = 63
"""Longest name of a bucket.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""
DEFAULT_REGION = "us-east-1"


class Bucket(ServiceResource):
    """A bucket with its settings."""

    type_name = "AWS::S3::Bucket"
    service: ClassVar[str] = "s3"
    carried = frozenset({"BucketName", "Tags", *(setting.name for setting in SETTINGS)})

    def make(self, request: Request, client: Client) -> str:
        """Make the bucket."""
        name = request.properties.get("BucketName")
        name = name or request.generated_name(limit=NAME_LIMIT, lower=True)
        place = {"CreateBucketConfiguration": {"LocationConstraint": request.region}}
        client.create_bucket(Bucket=name, **({} if request.region == DEFAULT_REGION else place))
        return str(name)

    def configure(self, target: Target, previous: Properties) -> None:
        """Put what is asked for, and clear what is no longer."""
        for setting in SETTINGS:
            old, new = previous.get(setting.name), target.properties.get(setting.name)
            if new and new != old:
                setting.put(target.client, target.physical_id, new)
            elif old and not new:
                setting.clear(target.client, target.physical_id)
        wanted = wanted_tags(target.request)
        if wanted:
            target.client.put_bucket_tagging(
                Bucket=target.physical_id, Tagging={"TagSet": tag_list(wanted)}
            )
        else:
            target.client.delete_bucket_tagging(Bucket=target.physical_id)

    def attributes(self, target: Target) -> Properties:
        """Return the bucket's ARN and host names."""
        name, request = target.physical_id, target.request
        region, suffix = request.region, "amazonaws.com"
        return {
            "Arn": f"arn:{request.partition}:s3:::{name}",
            "DomainName": f"{name}.s3.{suffix}",
            "DualStackDomainName": f"{name}.s3.dualstack.{region}.{suffix}",
            "RegionalDomainName": f"{name}.s3.{region}.{suffix}",
            "WebsiteURL": f"http://{name}.s3-website.{region}.{suffix}",
        }

    def observe(self, target: Target) -> Properties | None:
        """Return the bucket's settings and tags."""
        target.client.head_bucket(Bucket=target.physical_id)
        tags = _read(target, lambda client, name: client.get_bucket_tagging(Bucket=name)["TagSet"])
        return present(
            {
                "BucketName": target.physical_id,
                **{setting.name: _read(target, setting.get) for setting in SETTINGS},
                "Tags": tag_list(shown_tags(target.request, tag_mapping(tags or ()))),
            }
        )

    def remove(self, target: Target) -> None:
        """Delete the bucket, which must be empty."""
        target.client.delete_bucket(Bucket=target.physical_id)

    def is_gone(self, error: Any) -> bool:  # noqa: ANN401 - a ClientError
        """Return whether the bucket is gone; HeadBucket tells only 404."""
        return super().is_gone(error) or error.response["Error"]["Code"] == "404"


def _read(target: Target, get: Any) -> Any:  # noqa: ANN401 - a template's value
    """Return a setting's value; S3 tells by an error that there is none."""
    try:
        return get(target.client, target.physical_id)
    except target.client.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        if code.startswith("NoSuch") or code.endswith("NotFoundError"):
            return None
        raise


class BucketPolicy(ServiceResource):
    """The policy of a bucket."""

    type_name = "AWS::S3::BucketPolicy"
    service: ClassVar[str] = "s3"
    gone = frozenset({"NoSuchBucketPolicy"})
    carried = frozenset({"Bucket", "PolicyDocument"})

    def make(self, request: Request, client: Client) -> str:  # noqa: ARG002 - see configure
        """Name the resource after its bucket; the policy is put by ``configure``."""
        return str(request.properties["Bucket"])

    def configure(self, target: Target, previous: Properties) -> None:  # noqa: ARG002 - put either way
        """Put the policy."""
        text = policy_text(target.properties["PolicyDocument"])
        target.client.put_bucket_policy(Bucket=target.physical_id, Policy=text)

    def observe(self, target: Target) -> Properties | None:
        """Return the policy."""
        text = target.client.get_bucket_policy(Bucket=target.physical_id)["Policy"]
        return {"Bucket": target.physical_id, "PolicyDocument": policy_document(text)}

    def remove(self, target: Target) -> None:
        """Delete the policy."""
        target.client.delete_bucket_policy(Bucket=target.physical_id)
