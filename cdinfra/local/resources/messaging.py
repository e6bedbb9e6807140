"""Topics, their subscriptions and policies."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.iam_documents import policy_document, policy_text
from cdinfra.local.resources.service import ServiceResource, Target, present
from cdinfra.local.resources.tags import (
    shown_tags,
    stale_tags,
    tag_list,
    tag_mapping,
    wanted_tags,
)

NAME_LIMIT = 256
"""Source: Amazon SNS API reference, CreateTopic."""

TOPIC_SETTINGS = ("ContentBasedDeduplication", "DisplayName", "KmsMasterKeyId")
DEFAULT_POLICY_ID = "__default_policy_ID"
"""Id of the policy that a topic has by itself.
Source: Amazon SNS developer guide, "Example cases for access control"."""


class SnsResource(ServiceResource):
    """A resource of SNS."""

    service: ClassVar[str] = "sns"


class Topic(SnsResource):
    """A topic."""

    type_name = "AWS::SNS::Topic"
    carried = frozenset({*TOPIC_SETTINGS, "FifoTopic", "Subscription", "Tags", "TopicName"})

    def make(self, request: Request, client: Client) -> str:
        """Make the topic."""
        properties = request.properties
        name = properties.get("TopicName") or request.generated_name(limit=NAME_LIMIT)
        fifo = _word(properties.get("FifoTopic", False))
        given = {"Name": name, "Attributes": {"FifoTopic": fifo} if fifo == "true" else None}
        return str(invoke(client.create_topic, given)["TopicArn"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Set attributes, subscriptions and tags."""
        client, arn, properties = target.client, target.physical_id, target.properties
        for name in TOPIC_SETTINGS:
            if previous.get(name) != properties.get(name):
                value = _word(properties.get(name, ""))
                client.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)
        old, new = _endpoints(previous), _endpoints(properties)
        for subscription in self._subscriptions(target):
            if (subscription["Protocol"], subscription["Endpoint"]) in old - new:
                client.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
        for protocol, endpoint in sorted(new - old):
            client.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
        self._tag(target)

    def _tag(self, target: Target) -> None:
        client, arn, wanted = target.client, target.physical_id, wanted_tags(target.request)
        actual = tag_mapping(client.list_tags_for_resource(ResourceArn=arn)["Tags"])
        if stale := stale_tags(wanted, actual):
            client.untag_resource(ResourceArn=arn, TagKeys=stale)
        if wanted and wanted != actual:
            client.tag_resource(ResourceArn=arn, Tags=tag_list(wanted))

    def _subscriptions(self, target: Target) -> list[Mapping[str, Any]]:
        found = target.client.list_subscriptions_by_topic(TopicArn=target.physical_id)
        subscriptions: list[Mapping[str, Any]] = found["Subscriptions"]
        return subscriptions

    def attributes(self, target: Target) -> Properties:
        """Return the topic's ARN and name."""
        name = target.physical_id.rpartition(":")[2]
        return {"TopicArn": target.physical_id, "TopicName": name}

    def observe(self, target: Target) -> Properties | None:
        """Return the topic; of its subscriptions those that its own template names."""
        client, arn, asked = target.client, target.physical_id, target.properties
        found = client.get_topic_attributes(TopicArn=arn)["Attributes"]
        there = {(item["Protocol"], item["Endpoint"]) for item in self._subscriptions(target)}
        tags = tag_mapping(client.list_tags_for_resource(ResourceArn=arn)["Tags"])
        subscriptions = asked.get("Subscription") or ()
        return present(
            {
                "TopicName": arn.rpartition(":")[2],
                "DisplayName": found.get("DisplayName"),
                "KmsMasterKeyId": found.get("KmsMasterKeyId"),
                "FifoTopic": True if found.get("FifoTopic") == "true" else None,
                "ContentBasedDeduplication": found.get("ContentBasedDeduplication") == "true"
                if "ContentBasedDeduplication" in asked
                else None,
                "Subscription": [
                    item for item in subscriptions if (item["Protocol"], item["Endpoint"]) in there
                ],
                "Tags": tag_list(shown_tags(target.request, tags)),
            }
        )

    def remove(self, target: Target) -> None:
        """Delete the topic with its subscriptions."""
        for subscription in self._subscriptions(target):
            target.client.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
        target.client.delete_topic(TopicArn=target.physical_id)


def _endpoints(properties: Properties) -> set[tuple[str, str]]:
    given = properties.get("Subscription") or ()
    return {(item["Protocol"], item["Endpoint"]) for item in given}


def _word(value: Any) -> str:  # noqa: ANN401 - as a template has it
    return str(value).lower() if isinstance(value, bool) else str(value)


SUBSCRIPTION_SETTINGS = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
)
DOCUMENTS = frozenset({"DeliveryPolicy", "FilterPolicy", "RedrivePolicy"})


class Subscription(SnsResource):
    """A subscription of a topic."""

    type_name = "AWS::SNS::Subscription"
    carried = frozenset({*SUBSCRIPTION_SETTINGS, "Endpoint", "Protocol", "TopicArn"})

    def make(self, request: Request, client: Client) -> str:
        """Subscribe."""
        given = {
            name: value
            for name, value in request.properties.items()
            if name not in SUBSCRIPTION_SETTINGS
        }
        found = invoke(client.subscribe, {**given, "ReturnSubscriptionArn": True})
        return str(found["SubscriptionArn"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Set what has changed."""
        for name in SUBSCRIPTION_SETTINGS:
            value = target.properties.get(name)
            if previous.get(name) != value:
                text = json.dumps(value) if isinstance(value, Mapping) else _word(value or "")
                target.client.set_subscription_attributes(
                    SubscriptionArn=target.physical_id, AttributeName=name, AttributeValue=text
                )

    def attributes(self, target: Target) -> Properties:
        """Return the subscription's ARN."""
        return {"Arn": target.physical_id}

    def observe(self, target: Target) -> Properties | None:
        """Return the subscription."""
        found = target.client.get_subscription_attributes(SubscriptionArn=target.physical_id)
        shown = dict(found["Attributes"])
        for name in DOCUMENTS & shown.keys():
            shown[name] = json.loads(shown[name] or "null")
        if "RawMessageDelivery" in shown:
            shown["RawMessageDelivery"] = shown["RawMessageDelivery"] == "true"
        return present({name: shown.get(name) for name in target.properties})

    def remove(self, target: Target) -> None:
        """Unsubscribe."""
        target.client.unsubscribe(SubscriptionArn=target.physical_id)


class TopicPolicy(SnsResource):
    """The policy of one or more topics."""

    type_name = "AWS::SNS::TopicPolicy"
    carried = frozenset({"PolicyDocument", "Topics"})

    def make(self, request: Request, client: Client) -> str:  # noqa: ARG002 - see configure
        """Name the resource; ``configure`` sets the policy."""
        return request.generated_name()

    def configure(self, target: Target, previous: Properties) -> None:
        """Set the policy of the topics, and take it from those that left."""
        text = policy_text(target.properties["PolicyDocument"])
        for arn in target.properties["Topics"]:
            target.client.set_topic_attributes(
                TopicArn=arn, AttributeName="Policy", AttributeValue=text
            )
        for arn in previous.get("Topics") or ():
            if arn not in target.properties["Topics"]:
                _restore_policy(target, arn)

    def attributes(self, target: Target) -> Properties:
        """Return the resource's id."""
        return {"Id": target.physical_id}

    def observe(self, target: Target) -> Properties | None:
        """Return the policy and the topics that have it."""
        document: Any = None
        topics: list[str] = []
        for arn in target.properties["Topics"]:
            found = target.client.get_topic_attributes(TopicArn=arn)["Attributes"]
            policy = policy_document(found["Policy"])
            if policy.get("Id") != DEFAULT_POLICY_ID:
                document = policy
                topics.append(arn)
        return {"PolicyDocument": document, "Topics": topics} if topics else None

    def remove(self, target: Target) -> None:
        """Give the topics their own policy back."""
        for arn in target.properties["Topics"]:
            _restore_policy(target, arn)


def _restore_policy(target: Target, arn: str) -> None:
    document = {
        "Version": "2008-10-17",
        "Id": DEFAULT_POLICY_ID,
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["SNS:Publish", "SNS:Subscribe"],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": target.request.account}},
            }
        ],
    }
    target.client.set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=policy_text(document)
    )
