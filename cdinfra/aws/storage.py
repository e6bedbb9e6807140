"""Stores templates that are too large to send, in the app's bucket."""

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling


class Storage:
    """Writes objects to S3."""

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
