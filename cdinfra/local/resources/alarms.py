"""``AWS::CloudWatch::Alarm``."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke, kept
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.service import ServiceResource, Target, as_asked, present
from cdinfra.local.resources.tags import (
    shown_tags,
    stale_tags,
    tag_list,
    tag_mapping,
    wanted_tags,
)

FIELDS = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
)


class Alarm(ServiceResource):
    """An alarm on a metric."""

    type_name = "AWS::CloudWatch::Alarm"
    service: ClassVar[str] = "cloudwatch"
    carried = frozenset({*FIELDS, "AlarmName", "Tags"})

    def make(self, request: Request, client: Client) -> str:  # noqa: ARG002 - see configure
        """Name the alarm; ``configure`` puts it."""
        return str(request.properties.get("AlarmName") or request.generated_name())

    def configure(self, target: Target, previous: Properties) -> None:
        """Put the alarm as a whole, and check that all of it was kept."""
        given = {name: target.properties[name] for name in FIELDS if name in target.properties}
        if given != {name: previous[name] for name in FIELDS if name in previous}:
            parameters = {"AlarmName": target.physical_id, **given}
            invoke(target.client.put_metric_alarm, parameters)
            kept(given, self._described(target), "Alarm")
        self._tag(target)

    def _tag(self, target: Target) -> None:
        client, arn = target.client, self.attributes(target)["Arn"]
        wanted = wanted_tags(target.request)
        actual = tag_mapping(client.list_tags_for_resource(ResourceARN=arn)["Tags"])
        if stale := stale_tags(wanted, actual):
            client.untag_resource(ResourceARN=arn, TagKeys=stale)
        if wanted and wanted != actual:
            client.tag_resource(ResourceARN=arn, Tags=tag_list(wanted))

    def _described(self, target: Target) -> Mapping[str, Any] | None:
        found = target.client.describe_alarms(AlarmNames=[target.physical_id])["MetricAlarms"]
        return found[0] if found else None

    def attributes(self, target: Target) -> Properties:
        """Return the alarm's ARN."""
        return {"Arn": (self._described(target) or {}).get("AlarmArn", "")}

    def observe(self, target: Target) -> Properties | None:
        """Return the alarm."""
        found = self._described(target)
        if found is None:
            return None
        tags = target.client.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]
        asked = target.properties
        shown = {name: as_asked(asked.get(name), found.get(name)) for name in FIELDS}
        return present(
            {
                "AlarmName": found["AlarmName"],
                **shown,
                "Tags": tag_list(shown_tags(target.request, tag_mapping(tags))),
            }
        )

    def remove(self, target: Target) -> None:
        """Delete the alarm."""
        target.client.delete_alarms(AlarmNames=[target.physical_id])
