"""``AWS::Logs::LogGroup`` and ``AWS::Logs::MetricFilter``."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke, kept
from cdinfra.local.resources.contract import Properties, Request, ResourceError
from cdinfra.local.resources.service import ServiceResource, Target, as_asked, present
from cdinfra.local.resources.tags import shown_tags, stale_tags, tag_list, wanted_tags

NAME_LIMIT = 512
"""Longest name of a log group.
Source: CloudWatch Logs API reference, CreateLogGroup."""


class LogGroup(ServiceResource):
    """A log group with its retention."""

    type_name = "AWS::Logs::LogGroup"
    service: ClassVar[str] = "logs"
    carried = frozenset({"KmsKeyId", "LogGroupName", "RetentionInDays", "Tags"})

    def make(self, request: Request, client: Client) -> str:
        """Make the log group."""
        name = request.properties.get("LogGroupName")
        name = name or request.generated_name(limit=NAME_LIMIT)
        key = request.properties.get("KmsKeyId")
        invoke(client.create_log_group, {"logGroupName": name, "kmsKeyId": key})
        return str(name)

    def configure(self, target: Target, previous: Properties) -> None:
        """Set retention and tags."""
        name, properties = target.physical_id, target.properties
        if not target.is_new and previous.get("KmsKeyId") != properties.get("KmsKeyId"):
            raise ResourceError("the local cloud cannot change the KmsKeyId of a log group")
        if days := properties.get("RetentionInDays"):
            parameters = {"logGroupName": name, "retentionInDays": days}
            invoke(target.client.put_retention_policy, parameters)
        elif previous.get("RetentionInDays"):
            target.client.delete_retention_policy(logGroupName=name)
        self._tag(target)

    def _tag(self, target: Target) -> None:
        arn = self._arn(target).removesuffix(":*")
        wanted = wanted_tags(target.request)
        actual = target.client.list_tags_for_resource(resourceArn=arn)["tags"]
        if stale := stale_tags(wanted, actual):
            target.client.untag_resource(resourceArn=arn, tagKeys=stale)
        if wanted and wanted != actual:
            target.client.tag_resource(resourceArn=arn, tags=wanted)

    def _arn(self, target: Target) -> str:
        found = self._described(target)
        if found is None:
            raise ResourceError(f"The log group {target.physical_id} does not exist")
        return str(found["arn"])

    def _described(self, target: Target) -> Mapping[str, Any] | None:
        pages = target.client.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix=target.physical_id
        )
        groups = (group for page in pages for group in page["logGroups"])
        return next(
            (group for group in groups if group["logGroupName"] == target.physical_id), None
        )

    def attributes(self, target: Target) -> Properties:
        """Return the log group's ARN, which ends in ``:*``."""
        return {"Arn": f"{self._arn(target).removesuffix(':*')}:*"}

    def observe(self, target: Target) -> Properties | None:
        """Return the log group."""
        found = self._described(target)
        if found is None:
            return None
        arn = str(found["arn"]).removesuffix(":*")
        tags = target.client.list_tags_for_resource(resourceArn=arn)["tags"]
        return present(
            {
                "LogGroupName": target.physical_id,
                "RetentionInDays": found.get("retentionInDays"),
                "KmsKeyId": found.get("kmsKeyId"),
                "Tags": tag_list(shown_tags(target.request, tags)),
            }
        )

    def remove(self, target: Target) -> None:
        """Delete the log group."""
        target.client.delete_log_group(logGroupName=target.physical_id)


class MetricFilter(ServiceResource):
    """A metric that is counted in a log group."""

    type_name = "AWS::Logs::MetricFilter"
    service: ClassVar[str] = "logs"
    carried = frozenset({"FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"})

    def make(self, request: Request, client: Client) -> str:  # noqa: ARG002 - see configure
        """Name the filter; ``configure`` puts it."""
        return str(request.properties.get("FilterName") or request.generated_name())

    def configure(self, target: Target, previous: Properties) -> None:  # noqa: ARG002 - put either way
        """Put the filter; the local service would keep the one before beside it."""
        properties = target.properties
        if not target.is_new:
            self.remove(target)
        given = {
            "logGroupName": properties["LogGroupName"],
            "filterName": target.physical_id,
            "filterPattern": properties["FilterPattern"],
            "metricTransformations": [
                _lowered(item) for item in properties["MetricTransformations"]
            ],
        }
        invoke(target.client.put_metric_filter, given)
        found = self._described(target) or {}
        kept(given["metricTransformations"], found.get("metricTransformations"), "MetricFilter")

    def _described(self, target: Target) -> Mapping[str, Any] | None:
        found = target.client.describe_metric_filters(
            logGroupName=target.properties["LogGroupName"], filterNamePrefix=target.physical_id
        )["metricFilters"]
        return next((item for item in found if item["filterName"] == target.physical_id), None)

    def observe(self, target: Target) -> Properties | None:
        """Return the filter."""
        found = self._described(target)
        if found is None:
            return None
        asked = target.properties["MetricTransformations"]
        shown = [_raised(item) for item in found["metricTransformations"]]
        return {
            "FilterName": found["filterName"],
            "FilterPattern": found["filterPattern"],
            "LogGroupName": found["logGroupName"],
            "MetricTransformations": as_asked(asked, shown),
        }

    def remove(self, target: Target) -> None:
        """Delete the filter."""
        target.client.delete_metric_filter(
            logGroupName=target.properties["LogGroupName"], filterName=target.physical_id
        )


def _lowered(value: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name[0].lower()}{name[1:]}": item for name, item in value.items()}


def _raised(value: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name[0].upper()}{name[1:]}": item for name, item in value.items()}
