"""CloudWatch alarms of a group of hosts, and whom they tell."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from troposphere import GetAtt, Ref, cloudwatch, sns

from cdinfra.errors import Problem
from cdinfra.model import Value
from cdinfra.stacks.hosts.auto_scaling_group import GROUP
from cdinfra.stacks.validation import (
    arn_problems,
    integer_problems,
    tuple_problems,
    type_problems,
)

ADDRESS_PATTERN = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """Alarms: busy hosts, and behind a load balancer unhealthy hosts and server errors.

    Example:
        >>> Alarms(email=("on-call@example.com",), cpu_percent=90).unhealthy_hosts
        True

    Attributes:
        topic_arn: SNS topic that is told; without one the stack has its own.
        email: Addresses that the stack's own topic writes to, each once it has agreed.
        cpu_percent: Average CPU use of the hosts over five minutes, three times in a row.
        unhealthy_hosts: Whether a host that the load balancer finds unhealthy for three
            minutes is worth an alarm.
        server_errors: Answers of the hosts with a status of 500 or more, in five minutes.
    """

    topic_arn: Value | None = None
    email: tuple[str, ...] = ()
    cpu_percent: int = 85
    unhealthy_hosts: bool = True
    server_errors: int = 10

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings."""
        yield from integer_problems(f"{path}/cpu_percent", self.cpu_percent, 1, 100)
        yield from integer_problems(f"{path}/server_errors", self.server_errors, 1, 10**9)
        yield from type_problems(f"{path}/unhealthy_hosts", self.unhealthy_hosts, bool)
        if self.topic_arn is not None:
            yield from arn_problems(f"{path}/topic_arn", self.topic_arn, "sns")
        yield from self._email_problems(f"{path}/email")

    def _email_problems(self, path: str) -> Iterator[Problem]:
        if shape_problems := tuple(tuple_problems(path, self.email, str)):
            yield from shape_problems
            return
        if self.email and self.topic_arn is not None:
            hint = "subscribe them to that topic, or leave topic_arn out"
            yield Problem(path=path, message="goes with the stack's own topic only", hint=hint)
        for index, address in enumerate(self.email):
            if not ADDRESS_PATTERN.fullmatch(address):
                yield Problem(path=f"{path}/{index}", message=f"{address!r} is no address")


def build_topic(settings: Alarms) -> sns.Topic:
    """Build the stack's own topic.

    It is not encrypted: CloudWatch cannot publish to a topic under AWS's own SNS key, and
    an alarm's text is no secret.

    Source: CloudWatch user guide, "Notifying users on alarm changes".
    """
    topic = sns.Topic("AlarmTopic")
    if settings.email:
        topic.Subscription = [
            sns.Subscription(Endpoint=address, Protocol="email") for address in settings.email
        ]
    return topic


def build_alarms(
    settings: Alarms,
    topic: str | Ref,
    *,
    balanced: bool,
) -> list[cloudwatch.Alarm]:
    """Build the alarms.

    Args:
        settings: What is worth an alarm.
        topic: ARN of the topic that is told, when it starts and when it is over.
        balanced: Whether a load balancer stands in front.
    """
    alarms = [_cpu_alarm(settings)]
    if balanced:
        alarms.append(_server_error_alarm(settings))
    if balanced and settings.unhealthy_hosts:
        alarms.append(_unhealthy_host_alarm())
    for alarm in alarms:
        alarm.AlarmActions = [topic]
        alarm.OKActions = [topic]
        alarm.TreatMissingData = "notBreaching"
        alarm.ComparisonOperator = "GreaterThanOrEqualToThreshold"
    return alarms


def _cpu_alarm(settings: Alarms) -> cloudwatch.Alarm:
    return cloudwatch.Alarm(
        "CpuAlarm",
        AlarmDescription=f"The hosts use {settings.cpu_percent} % of their CPU or more",
        Dimensions=[cloudwatch.MetricDimension(Name="AutoScalingGroupName", Value=Ref(GROUP))],
        EvaluationPeriods=3,
        MetricName="CPUUtilization",
        Namespace="AWS/EC2",
        Period=300,
        Statistic="Average",
        Threshold=settings.cpu_percent,
    )


def _server_error_alarm(settings: Alarms) -> cloudwatch.Alarm:
    return cloudwatch.Alarm(
        "ServerErrorAlarm",
        AlarmDescription=f"{settings.server_errors} server errors or more in five minutes",
        Dimensions=_load_balancer_dimensions(),
        EvaluationPeriods=1,
        MetricName="HTTPCode_Target_5XX_Count",
        Namespace="AWS/ApplicationELB",
        Period=300,
        Statistic="Sum",
        Threshold=settings.server_errors,
    )


def _unhealthy_host_alarm() -> cloudwatch.Alarm:
    return cloudwatch.Alarm(
        "UnhealthyHostAlarm",
        AlarmDescription="A host has been unhealthy for three minutes",
        Dimensions=_load_balancer_dimensions(),
        EvaluationPeriods=3,
        MetricName="UnHealthyHostCount",
        Namespace="AWS/ApplicationELB",
        Period=60,
        Statistic="Maximum",
        Threshold=1,
    )


def _load_balancer_dimensions() -> list[cloudwatch.MetricDimension]:
    names = {
        "LoadBalancer": GetAtt("LoadBalancer", "LoadBalancerFullName"),
        "TargetGroup": GetAtt("TargetGroup", "TargetGroupFullName"),
    }
    return [cloudwatch.MetricDimension(Name=name, Value=value) for name, value in names.items()]
