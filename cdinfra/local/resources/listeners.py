"""Listeners of a load balancer, their rules and their further certificates."""

from collections.abc import Mapping
from typing import Any

from cdinfra.local.resources.calls import Client, invoke
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.elb import (
    BalancingResource,
    asked_attributes,
    attribute_changes,
    balancing_tags,
    tag_balancing,
)
from cdinfra.local.resources.service import Target, as_asked, chosen, present

SETTINGS = ("AlpnPolicy", "Certificates", "DefaultActions", "Port", "Protocol", "SslPolicy")
LISTENER_DEFAULTS = {"tcp.idle_timeout.seconds": "350"}
"""Source: Elastic Load Balancing API reference, ListenerAttribute."""


class Listener(BalancingResource):
    """A listener: a port, a protocol, and what happens to requests."""

    type_name = "AWS::ElasticLoadBalancingV2::Listener"
    carried = frozenset({*SETTINGS, "ListenerAttributes", "LoadBalancerArn", "Tags"})

    def make(self, request: Request, client: Client) -> str:
        """Make the listener."""
        given = chosen(request.properties, *SETTINGS, "LoadBalancerArn")
        return str(invoke(client.create_listener, given)["Listeners"][0]["ListenerArn"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Set port, protocol, certificate, actions, attributes and tags."""
        client, arn, properties = target.client, target.physical_id, target.properties
        given = chosen(properties, *SETTINGS)
        if not target.is_new and given != chosen(previous, *SETTINGS):
            invoke(client.modify_listener, {"ListenerArn": arn, **given})
        name = "ListenerAttributes"
        changes = attribute_changes(previous.get(name), properties.get(name), LISTENER_DEFAULTS)
        if changes:
            client.modify_listener_attributes(ListenerArn=arn, Attributes=changes)
        tag_balancing(target)

    def attributes(self, target: Target) -> Properties:
        """Return the listener's ARN."""
        return {"ListenerArn": target.physical_id}

    def observe(self, target: Target) -> Properties | None:
        """Return the listener's settings."""
        listed = target.client.describe_listeners(ListenerArns=[target.physical_id])["Listeners"]
        if not listed:
            return None
        found, asked = listed[0], target.properties
        shown = chosen(found, *SETTINGS, "LoadBalancerArn")
        for name in ("DefaultActions", "Certificates"):
            shown[name] = as_asked(asked.get(name), found.get(name))
        attributes = target.client.describe_listener_attributes(ListenerArn=target.physical_id)
        shown["ListenerAttributes"] = asked_attributes(
            asked.get("ListenerAttributes"), attributes["Attributes"]
        )
        return present({**shown, "Tags": balancing_tags(target)})

    def remove(self, target: Target) -> None:
        """Delete the listener with its rules."""
        target.client.delete_listener(ListenerArn=target.physical_id)


class ListenerRule(BalancingResource):
    """A rule of a listener for some of its requests."""

    type_name = "AWS::ElasticLoadBalancingV2::ListenerRule"
    carried = frozenset({"Actions", "Conditions", "ListenerArn", "Priority", "Tags"})

    def make(self, request: Request, client: Client) -> str:
        """Make the rule."""
        given = chosen(request.properties, "Actions", "Conditions", "ListenerArn", "Priority")
        return str(invoke(client.create_rule, given)["Rules"][0]["RuleArn"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Set conditions, actions, priority and tags."""
        client, arn, properties = target.client, target.physical_id, target.properties
        given = chosen(properties, "Actions", "Conditions")
        if not target.is_new and given != chosen(previous, "Actions", "Conditions"):
            invoke(client.modify_rule, {"RuleArn": arn, **given})
        if not target.is_new and str(previous["Priority"]) != str(properties["Priority"]):
            order = [{"RuleArn": arn, "Priority": int(properties["Priority"])}]
            client.set_rule_priorities(RulePriorities=order)
        tag_balancing(target)

    def attributes(self, target: Target) -> Properties:
        """Return the rule's ARN."""
        return {"RuleArn": target.physical_id, "IsDefault": False}

    def observe(self, target: Target) -> Properties | None:
        """Return the rule."""
        found = self._described(target)
        if found is None:
            return None
        asked = target.properties
        return present(
            {
                "ListenerArn": asked["ListenerArn"],
                "Priority": int(found["Priority"]),
                "Actions": as_asked(asked["Actions"], found["Actions"]),
                "Conditions": as_asked(asked["Conditions"], found["Conditions"]),
                "Tags": balancing_tags(target),
            }
        )

    def _described(self, target: Target) -> Mapping[str, Any] | None:
        found = target.client.describe_rules(RuleArns=[target.physical_id])["Rules"]
        return found[0] if found else None

    def remove(self, target: Target) -> None:
        """Delete the rule."""
        target.client.delete_rule(RuleArn=target.physical_id)


class ListenerCertificate(BalancingResource):
    """A further certificate of a listener."""

    type_name = "AWS::ElasticLoadBalancingV2::ListenerCertificate"
    carried = frozenset({"Certificates", "ListenerArn"})

    def make(self, request: Request, client: Client) -> str:
        """Add the certificates."""
        invoke(client.add_listener_certificates, request.properties)
        named = ",".join(item["CertificateArn"] for item in request.properties["Certificates"])
        return f"{request.properties['ListenerArn']}|{named}"

    def configure(self, target: Target, previous: Properties) -> None:
        """Exchange certificates."""
        if not target.is_new and previous["Certificates"] != target.properties["Certificates"]:
            arn = target.properties["ListenerArn"]
            old, new = previous["Certificates"], target.properties["Certificates"]
            there = self._certificates(target)
            added = [item for item in new if item["CertificateArn"] not in there]
            gone = [item for item in old if item not in new and item["CertificateArn"] in there]
            if added:
                target.client.add_listener_certificates(ListenerArn=arn, Certificates=added)
            if gone:
                target.client.remove_listener_certificates(ListenerArn=arn, Certificates=gone)

    def attributes(self, target: Target) -> Properties:
        """Return the resource's id."""
        return {"Id": target.physical_id}

    def observe(self, target: Target) -> Properties | None:
        """Return those of the certificates that the listener has."""
        arn = target.properties["ListenerArn"]
        if not target.client.describe_listeners(ListenerArns=[arn])["Listeners"]:
            return None
        there = self._certificates(target)
        asked = target.properties["Certificates"]
        shown = [item for item in asked if item["CertificateArn"] in there]
        return {"ListenerArn": arn, "Certificates": shown} if shown else None

    def _certificates(self, target: Target) -> set[str]:
        arn = target.properties["ListenerArn"]
        found = target.client.describe_listener_certificates(ListenerArn=arn)["Certificates"]
        return {item["CertificateArn"] for item in found}

    def remove(self, target: Target) -> None:
        """Take the certificates away."""
        if found := self.observe(target):
            target.client.remove_listener_certificates(**found)
