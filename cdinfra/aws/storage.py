"""Objects in S3: large templates, published versions, and the state of rollouts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling, error_code
from cdinfra.errors import CloudError

JSON_TYPE = "application/json"

OTHERS_WROTE = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
"""What S3 answers to a conditional write, 412 and 409, where somebody has written or writes.

With If-Match it answers 404, NoSuchKey, where there is no object.
Source: S3 API reference, PutObject, If-Match and If-None-Match; S3 user guide, "How to prevent
object overwrites with conditional writes".
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object, and what S3 says of it.

    The two times are of S3's own clock, in whole seconds: their difference is the object's
    age, whatever the clock of this machine says.

    Attributes:
        body: Its content.
        etag: Names this content of it, in quotes. The same content has the same one again.
        modified_at: When it was written.
        read_at: When S3 answered.
    """

    body: bytes
    etag: str
    modified_at: datetime
    read_at: datetime


class Storage:
    """Reads objects and writes new ones."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def put_template(self, bucket: str, key: str, body: str) -> str:
        """Store a template and return the address that CloudFormation reads it from.

        Args:
            bucket: Name of the bucket.
            key: Where in it.
            body: The template.

        Raises:
            CloudError: S3 refuses or cannot be reached.
        """
        with calling(self._clients, "s3", f"store a template in {bucket}") as client:
            client.put_object(Bucket=bucket, Key=key, Body=body.encode(), ContentType=JSON_TYPE)
            return f"{client.meta.endpoint_url}/{bucket}/{key}"

    def get_object(self, bucket: str, key: str) -> bytes | None:
        """Return an object's bytes, or None where there is no such object.

        Raises:
            CloudError: There is no such bucket, or S3 refuses or cannot be reached.
        """
        try:
            with calling(self._clients, "s3", f"read s3://{bucket}/{key}") as client:
                body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
                return body
        except CloudError as error:
            if error_code(error.__cause__) == "NoSuchKey":
                return None
            raise

    def read_object(self, bucket: str, key: str, *, hurried: bool = False) -> StoredObject | None:
        """Return an object with what S3 says of it, or None where there is no such object.

        Args:
            bucket: Name of the bucket.
            key: Where in it.
            hurried: Whether to give up soon where S3 is slow.

        Raises:
            CloudError: There is no such bucket, or S3 refuses or cannot be reached.
        """
        doing = f"read s3://{bucket}/{key}"
        try:
            with calling(self._clients, "s3", doing, hurried=hurried) as client:
                answer = client.get_object(Bucket=bucket, Key=key)
                body: bytes = answer["Body"].read()
        except CloudError as error:
            if error_code(error.__cause__) == "NoSuchKey":
                return None
            raise
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        if date is None:
            raise CloudError(f"cannot {doing}: the answer does not say what time it is")
        return StoredObject(
            body=body,
            etag=answer["ETag"],
            modified_at=answer["LastModified"],
            read_at=parsedate_to_datetime(date),
        )

    def create_object(self, bucket: str, key: str, body: bytes, *, content_type: str) -> str | None:
        """Create an object and return its ETag; None where one is there already, which stays.

        None may also mean that somebody writes the key at the same moment, and that an answer
        was lost: botocore asks again, and finds what it has created itself. Reading tells.

        Raises:
            CloudError: S3 refuses or cannot be reached.
        """
        try:
            with calling(self._clients, "s3", f"write s3://{bucket}/{key}") as client:
                answer = client.put_object(
                    Bucket=bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*"
                )
        except CloudError as error:
            if error_code(error.__cause__) in OTHERS_WROTE:
                return None
            raise
        return str(answer["ETag"])

    def replace_object(
        self, bucket: str, key: str, body: bytes, *, etag: str, hurried: bool = False
    ) -> str | None:
        """Replace an object and return its new ETag; None where it has another by now.

        None has the further meanings that it has for :meth:`create_object`, and also stands
        for an object that is gone.

        Args:
            bucket: Name of the bucket.
            key: Where in it.
            body: The new content, JSON.
            etag: What the object has to have.
            hurried: Whether to give up soon where S3 is slow.

        Raises:
            CloudError: S3 refuses or cannot be reached.
        """
        doing = f"write s3://{bucket}/{key}"
        try:
            with calling(self._clients, "s3", doing, hurried=hurried) as client:
                answer = client.put_object(
                    Bucket=bucket, Key=key, Body=body, ContentType=JSON_TYPE, IfMatch=etag
                )
        except CloudError as error:
            if error_code(error.__cause__) in {*OTHERS_WROTE, "NoSuchKey"}:
                return None
            raise
        return str(answer["ETag"])

    def list_keys(self, bucket: str, prefix: str, *, start_after: str = "") -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order; a call brings up to 1,000.

        Args:
            bucket: Name of the bucket.
            prefix: What they begin with.
            start_after: Where to start: the first key is behind this one.

        Raises:
            CloudError: There is no such bucket, or S3 refuses or cannot be reached.
        """
        with calling(self._clients, "s3", f"list s3://{bucket}/{prefix}") as client:
            pages = client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket, Prefix=prefix, StartAfter=start_after):
                yield from [each["Key"] for each in page.get("Contents", ())]

    def empty_bucket(self, bucket: str) -> None:
        """Delete every object of a bucket, with all its versions; a bucket that is gone is empty.

        A call lists and another deletes up to 1,000.
        Source: S3 API reference, ListObjectVersions, max-keys; DeleteObjects.

        Raises:
            CloudError: S3 refuses or cannot be reached; some objects may be deleted then.
        """
        doing = f"empty s3://{bucket}"
        try:
            with calling(self._clients, "s3", doing) as client:
                for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
                    found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                    names = [{key: each[key] for key in ("Key", "VersionId")} for each in found]
                    if names:
                        deleted = {"Objects": names, "Quiet": True}
                        answer = client.delete_objects(Bucket=bucket, Delete=deleted)
                        _refuse_errors(answer, doing)
        except CloudError as error:
            if error_code(error.__cause__) != "NoSuchBucket":
                raise

    def describe_bucket_region(self, bucket: str) -> str:
        """Return the region that a bucket is in.

        Raises:
            CloudError: There is no such bucket, or S3 refuses or cannot be reached.
        """
        with calling(self._clients, "s3", f"look at the bucket {bucket}") as client:
            return str(client.head_bucket(Bucket=bucket)["BucketRegion"])


def _refuse_errors(answer: Mapping[str, Any], doing: str) -> None:
    """Refuse an answer that names objects which were not deleted: S3 calls that a success."""
    for each in answer.get("Errors", ()):
        why = f"{each.get('Key')}: {each.get('Message')} ({each.get('Code')})"
        raise CloudError(f"cannot {doing}: {why}")
