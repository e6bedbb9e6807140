"""Objects in S3: templates that are too large to send, and published versions."""

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling, error_code
from cdinfra.errors import CloudError


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
            client.put_object(
                Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/json"
            )
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

    def create_object(self, bucket: str, key: str, body: bytes, *, content_type: str) -> bool:
        """Create an object; False where one is there already, which stays as it is.

        Raises:
            CloudError: S3 refuses or cannot be reached.
        """
        try:
            with calling(self._clients, "s3", f"write s3://{bucket}/{key}") as client:
                client.put_object(
                    Bucket=bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*"
                )
        except CloudError as error:
            # Source: S3 user guide, "How to prevent object overwrites with conditional writes".
            if error_code(error.__cause__) in {"PreconditionFailed", "ConditionalRequestConflict"}:
                return False
            raise
        return True

    def describe_bucket_region(self, bucket: str) -> str:
        """Return the region that a bucket is in.

        Raises:
            CloudError: There is no such bucket, or S3 refuses or cannot be reached.
        """
        with calling(self._clients, "s3", f"look at the bucket {bucket}") as client:
            return str(client.head_bucket(Bucket=bucket)["BucketRegion"])
