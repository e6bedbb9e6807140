"""``AWS::ElasticLoadBalancingV2::LoadBalancer`` and ``…::TargetGroup``."""

from collections.abc import Mapping
from typing import Any

from cdinfra.local.resources.calls import Client, invoke
from cdinfra.local.resources.contract import Properties, Request, ResourceError
from cdinfra.local.resources.elb import (
    BalancingResource,
    asked_attributes,
    attribute_changes,
    balancing_tags,
    resource_name,
    tag_balancing,
)
from cdinfra.local.resources.service import Target, as_asked, chosen, present

BALANCER_DEFAULTS = {
    "access_logs.s3.enabled": "false",
    "client_keep_alive.seconds": "3600",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
}
"""Source: Elastic Load Balancing API reference, LoadBalancerAttribute."""

TARGET_GROUP_DEFAULTS = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.type": "round_robin",
    "slow_start.duration_seconds": "0",
    "stickiness.enabled": "false",
}
"""Source: Elastic Load Balancing API reference, TargetGroupAttribute."""

PROTECTED = "deletion_protection.enabled"


class LoadBalancer(BalancingResource):
    """An application or network load balancer."""

    type_name = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    carried = frozenset(
        {
            "IpAddressType",
            "LoadBalancerAttributes",
            "Name",
            "Scheme",
            "SecurityGroups",
            "SubnetMappings",
            "Subnets",
            "Tags",
            "Type",
        }
    )

    def make(self, request: Request, client: Client) -> str:
        """Make the balancer."""
        given = ("IpAddressType", "Scheme", "SecurityGroups", "SubnetMappings", "Subnets", "Type")
        parameters = {"Name": resource_name(request), **chosen(request.properties, *given)}
        found = invoke(client.create_load_balancer, parameters)
        return str(found["LoadBalancers"][0]["LoadBalancerArn"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Set subnets, groups, attributes and tags."""
        if not target.is_new:
            self._move(target, previous)
        name = "LoadBalancerAttributes"
        old, new = previous.get(name), target.properties.get(name)
        if changes := attribute_changes(old, new, BALANCER_DEFAULTS):
            target.client.modify_load_balancer_attributes(
                LoadBalancerArn=target.physical_id, Attributes=changes
            )
        tag_balancing(target)

    def _move(self, target: Target, previous: Properties) -> None:
        client, arn, properties = target.client, target.physical_id, target.properties
        changed = {name for name in self.carried if previous.get(name) != properties.get(name)}
        if changed & {"Subnets", "SubnetMappings"}:
            given = chosen(properties, "Subnets", "SubnetMappings")
            invoke(client.set_subnets, {"LoadBalancerArn": arn, **given})
        if "SecurityGroups" in changed:
            groups = list(properties.get("SecurityGroups") or ())
            client.set_security_groups(LoadBalancerArn=arn, SecurityGroups=groups)
        if "IpAddressType" in changed:
            kind = properties.get("IpAddressType", "ipv4")
            client.set_ip_address_type(LoadBalancerArn=arn, IpAddressType=kind)

    def attributes(self, target: Target) -> Properties:
        """Return the balancer's names."""
        found = self._described(target)
        return {
            "CanonicalHostedZoneID": found.get("CanonicalHostedZoneId"),
            "DNSName": found["DNSName"],
            "LoadBalancerArn": target.physical_id,
            "LoadBalancerFullName": target.physical_id.rpartition(":loadbalancer/")[2],
            "LoadBalancerName": found["LoadBalancerName"],
            "SecurityGroups": found.get("SecurityGroups", []),
        }

    def _described(self, target: Target) -> Mapping[str, Any]:
        found = target.client.describe_load_balancers(LoadBalancerArns=[target.physical_id])
        balancer: Mapping[str, Any] = found["LoadBalancers"][0]
        return balancer

    def observe(self, target: Target) -> Properties | None:
        """Return the balancer's settings."""
        found, asked = self._described(target), target.properties
        subnets = [zone["SubnetId"] for zone in found["AvailabilityZones"]]
        attributes = target.client.describe_load_balancer_attributes(
            LoadBalancerArn=target.physical_id
        )["Attributes"]
        return present(
            {
                "Name": found["LoadBalancerName"],
                **chosen(found, "IpAddressType", "Scheme", "SecurityGroups", "Type"),
                "Subnets": subnets if "SubnetMappings" not in asked else None,
                "SubnetMappings": [{"SubnetId": subnet} for subnet in subnets]
                if "SubnetMappings" in asked
                else None,
                "LoadBalancerAttributes": asked_attributes(
                    asked.get("LoadBalancerAttributes"), attributes
                ),
                "Tags": balancing_tags(target),
            }
        )

    def remove(self, target: Target) -> None:
        """Delete the balancer with its listeners, unless it is protected."""
        attributes = target.client.describe_load_balancer_attributes(
            LoadBalancerArn=target.physical_id
        )["Attributes"]
        if any(item["Key"] == PROTECTED and item["Value"] == "true" for item in attributes):
            raise ResourceError(
                f"Load balancer '{target.physical_id}' cannot be deleted because deletion "
                "protection is enabled (Service: ElasticLoadBalancingV2, Status Code: 400)"
            )
        target.client.delete_load_balancer(LoadBalancerArn=target.physical_id)


HEALTH_CHECK = {
    "HealthCheckEnabled": None,
    "HealthCheckIntervalSeconds": 30,
    "HealthCheckPath": "/",
    "HealthCheckPort": "traffic-port",
    "HealthCheckProtocol": None,
    "HealthCheckTimeoutSeconds": 5,
    "HealthyThresholdCount": 5,
    "Matcher": {"HttpCode": "200"},
    "UnhealthyThresholdCount": 2,
}
"""The properties of the health check, and what each is where an HTTP group's template is silent.
Source: Elastic Load Balancing API reference, CreateTargetGroup."""

FIXED = ("IpAddressType", "Name", "Port", "Protocol", "ProtocolVersion", "TargetType", "VpcId")


class TargetGroup(BalancingResource):
    """A target group with its health check."""

    type_name = "AWS::ElasticLoadBalancingV2::TargetGroup"
    carried = frozenset({*HEALTH_CHECK, *FIXED, "Tags", "TargetGroupAttributes", "Targets"})

    def make(self, request: Request, client: Client) -> str:
        """Make the group."""
        given = chosen(request.properties, *HEALTH_CHECK, *FIXED)
        found = invoke(client.create_target_group, {**given, "Name": resource_name(request)})
        return str(found["TargetGroups"][0]["TargetGroupArn"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Set health check, attributes, targets and tags."""
        client, arn, properties = target.client, target.physical_id, target.properties
        left = [name for name in HEALTH_CHECK if name in previous and name not in properties]
        restored = {name: HEALTH_CHECK[name] for name in left}
        health = chosen(properties, *HEALTH_CHECK)
        if not target.is_new and health != chosen(previous, *HEALTH_CHECK):
            invoke(client.modify_target_group, {"TargetGroupArn": arn, **restored, **health})
        name = "TargetGroupAttributes"
        changes = attribute_changes(previous.get(name), properties.get(name), TARGET_GROUP_DEFAULTS)
        if changes:
            client.modify_target_group_attributes(TargetGroupArn=arn, Attributes=changes)
        self._register(target, previous)
        tag_balancing(target)

    def _register(self, target: Target, previous: Properties) -> None:
        old, new = list(previous.get("Targets") or ()), list(target.properties.get("Targets") or ())
        arn = target.physical_id
        if gone := [item for item in old if item not in new]:
            invoke(target.client.deregister_targets, {"TargetGroupArn": arn, "Targets": gone})
        if added := [item for item in new if item not in old]:
            invoke(target.client.register_targets, {"TargetGroupArn": arn, "Targets": added})

    def attributes(self, target: Target) -> Properties:
        """Return the group's names and balancers."""
        found = self._described(target)
        return {
            "LoadBalancerArns": found.get("LoadBalancerArns", []),
            "TargetGroupArn": target.physical_id,
            "TargetGroupFullName": target.physical_id.rpartition(":")[2],
            "TargetGroupName": found["TargetGroupName"],
        }

    def _described(self, target: Target) -> Mapping[str, Any]:
        found = target.client.describe_target_groups(TargetGroupArns=[target.physical_id])
        group: Mapping[str, Any] = found["TargetGroups"][0]
        return group

    def observe(self, target: Target) -> Properties | None:
        """Return the group's settings."""
        found, asked = self._described(target), target.properties
        attributes = target.client.describe_target_group_attributes(
            TargetGroupArn=target.physical_id
        )["Attributes"]
        shown = {
            "Name": found["TargetGroupName"],
            **chosen(found, *HEALTH_CHECK, *FIXED),
            "TargetGroupAttributes": asked_attributes(
                asked.get("TargetGroupAttributes"), attributes
            ),
            "Tags": balancing_tags(target),
        }
        if "Targets" in asked:
            shown["Targets"] = self._registered(target)
        return present(shown)

    def _registered(self, target: Target) -> list[dict[str, Any]]:
        found = target.client.describe_target_health(TargetGroupArn=target.physical_id)
        actual = [
            item["Target"]
            for item in found["TargetHealthDescriptions"]
            if item["TargetHealth"]["State"] != "draining"
        ]
        by_id = {item["Id"]: item for item in actual}
        asked = [item for item in target.properties["Targets"] if item["Id"] in by_id]
        return [as_asked(item, by_id[item["Id"]]) for item in asked]

    def remove(self, target: Target) -> None:
        """Delete the group, which no listener may use any more."""
        target.client.delete_target_group(TargetGroupArn=target.physical_id)
