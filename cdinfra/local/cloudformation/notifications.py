"""Tells the topics of a stack its events, as CloudFormation does.

Source: CloudFormation user guide, "Setting CloudFormation stack options", Notification options.
"""

import logging

from cdinfra.aws.connection import Clients
from cdinfra.local.cloudformation.events import StackEvent
from cdinfra.local.cloudformation.operation import Operation
from cdinfra.local.cloudformation.state import Stack

TELL_SECONDS = 0.2
"""How often new events are told while an operation runs."""

SUBJECT = "AWS CloudFormation Notification"

logger = logging.getLogger(__name__)


def tell_topics(
    clients: Clients, stack: Stack, operation: Operation, topics: tuple[str, ...]
) -> None:
    """Publish the events of an operation as they come, until it has ended.

    Args:
        clients: The services.
        stack: The stack.
        operation: The operation.
        topics: ARNs of the topics.
    """
    told = 0
    while True:
        ended = operation.ended.wait(TELL_SECONDS)
        with stack.lock:
            events = [each for each in stack.events if each.operation_id == operation.operation_id]
        for event in events[told:]:
            _publish(clients, topics, event)
        told = len(events)
        if ended:
            return


def _publish(clients: Clients, topics: tuple[str, ...], event: StackEvent) -> None:
    client = clients.client("sns")
    for topic in topics:
        try:
            client.publish(TopicArn=topic, Subject=SUBJECT, Message=notification_text(event))
        except client.exceptions.ClientError:
            # A topic that goes with its own stack cannot be told the end of it.
            logger.warning("%s could not be told an event of %s", topic, event.stack_name)


def notification_text(event: StackEvent) -> str:
    """Return an event as CloudFormation words it for a topic."""
    members = {
        "StackId": event.stack_id,
        "Timestamp": event.timestamp.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "EventId": event.event_id,
        "LogicalResourceId": event.logical_id,
        "Namespace": event.stack_id.split(":")[4],
        "PhysicalResourceId": event.physical_id,
        "ResourceProperties": event.properties or "null",
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceType": event.resource_type,
        "StackName": event.stack_name,
        "ClientRequestToken": event.token or "null",
    }
    return "".join(f"{name}='{value}'\n" for name, value in members.items())
