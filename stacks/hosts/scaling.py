"""Scaling by a target: as many hosts as keep a metric near its target."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from troposphere import Ref, Sub, autoscaling

from cdinfra.errors import Problem
from cdinfra.stacks.validation import integer_problems, type_problems


class ScalingMetric(StrEnum):
    """What is kept near the target."""

    CPU = "cpu"
    """Average CPU use of the hosts, in percent."""

    REQUESTS = "requests"
    """Requests a minute that the load balancer sends to each host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTracking:
    """Target-tracking scaling.

    Example:
        >>> TargetTracking(metric=ScalingMetric.REQUESTS, target=1000).scale_in
        True

    Attributes:
        metric: What is kept near the target.
        target: Percent of CPU, or requests a minute and host.
        warmup_seconds: How long a new host is not counted.
        scale_in: Whether hosts are taken away as well.
    """

    metric: ScalingMetric = ScalingMetric.CPU
    target: int = 60
    warmup_seconds: int = 180
    scale_in: bool = True

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings."""
        yield from type_problems(f"{path}/metric", self.metric, ScalingMetric)
        largest = 100 if self.metric is ScalingMetric.CPU else 10_000_000
        yield from integer_problems(f"{path}/target", self.target, 1, largest)
        yield from integer_problems(f"{path}/warmup_seconds", self.warmup_seconds, 0, 3600)
        yield from type_problems(f"{path}/scale_in", self.scale_in, bool)


def build_scaling_policy(group: Ref, settings: TargetTracking) -> autoscaling.ScalingPolicy:
    """Build the scaling policy of a group."""
    return autoscaling.ScalingPolicy(
        "ScalingPolicy",
        AutoScalingGroupName=group,
        EstimatedInstanceWarmup=settings.warmup_seconds,
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration=autoscaling.TargetTrackingConfiguration(
            DisableScaleIn=not settings.scale_in,
            PredefinedMetricSpecification=_metric(settings.metric),
            TargetValue=settings.target,
        ),
    )


def _metric(metric: ScalingMetric) -> autoscaling.PredefinedMetricSpecification:
    match metric:
        case ScalingMetric.CPU:
            return autoscaling.PredefinedMetricSpecification(
                PredefinedMetricType="ASGAverageCPUUtilization"
            )
        case ScalingMetric.REQUESTS:
            label = "${LoadBalancer.LoadBalancerFullName}/${TargetGroup.TargetGroupFullName}"
            return autoscaling.PredefinedMetricSpecification(
                PredefinedMetricType="ALBRequestCountPerTarget", ResourceLabel=Sub(label)
            )
        case _:
            assert_never(metric)
