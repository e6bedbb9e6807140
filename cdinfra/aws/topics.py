"""Publishes messages to SNS topics."""

from typing import Protocol

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling

MAXIMUM_SUBJECT = 99
"""Characters of a subject: printable ASCII, less than 100. Source: SNS API reference, Publish."""


class TopicApi(Protocol):
    """SNS topics; see :class:`Topics`."""

    def publish(self, arn: str, subject: str, body: str) -> None:
        """Publish a message."""


class Topics:
    """SNS in one account and region."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def publish(self, arn: str, subject: str, body: str) -> None:
        """Publish a message; gives up soon.

        Args:
            arn: ARN of a topic in the region of the connection.
            subject: What mails have as their subject: ASCII, at most 99 characters.
            body: The message, at most 256 KiB.

        Raises:
            CloudError: SNS refuses, or cannot be reached.
        """
        with calling(self._clients, "sns", f"publish to {arn}", hurried=True) as client:
            client.publish(TopicArn=arn, Subject=subject, Message=body)
