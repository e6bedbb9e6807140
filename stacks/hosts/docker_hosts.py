"""The heart: a deploy group of hosts that run one image."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from troposphere import Ref

from cdinfra.errors import Problem
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.hosts.auto_scaling_group import GROUP
from cdinfra.stacks.hosts.capacity import Capacity, RollingUpdate, Spot
from cdinfra.stacks.hosts.host_group import HostGroup
from cdinfra.stacks.hosts.instance import architecture_problems
from cdinfra.stacks.hosts.scaling import ScalingMetric, TargetTracking, build_scaling_policy
from cdinfra.stacks.validation import type_problems


@dataclass(kw_only=True, eq=False)
class DockerHosts(HostGroup):
    """A deploy group: hosts in an Auto Scaling group that all run the current release.

    What runs is not in the template: it is the parameter ``Release``, which becomes the
    hosts' tag ``cdinfra:release``. A new release changes tags and replaces no host. (The
    very first one also lets the load balancer judge the hosts' health, which before it
    could only be bad.) A host whose image, type or user data changes is replaced in a
    rolling update, and has to signal that its container is healthy.

    Example:
        >>> DockerHosts(
        ...     "web",
        ...     network=network,
        ...     repositories=(registry.repository("web"),),
        ...     container=Container(ports=(PortMapping(host=80, container=8080),)),
        ...     capacity=Capacity(minimum=2, maximum=6),
        ...     load_balancer=LoadBalancer(open_to=("0.0.0.0/0",)),
        ... )  # doctest: +SKIP

    Args:
        name: Name within the app.
        network: Where the hosts stand.
        repositories: Where they pull from; they may pull from nowhere else in ECR.
        container: How they run the image.
        sidecars: Containers beside it, with images of their own. The image's repository, if
            it is in ECR, belongs into ``repositories``.
        capacity: How many there are.
        instance: What kind of machine.
        image: Which machine image.
        load_balancer: A load balancer in front, if any.
        scaling: Scaling by a target, if any.
        spot: A mix of instance types and markets, if any.
        update: How hosts are replaced.
        alarms: CloudWatch alarms, if any.
        open_to: Who may connect to the ports that the container and its sidecars publish,
            besides the load balancer: nobody by default. There is no ssh port; Session
            Manager works without one.
        log_retention_days: How long logs are kept.
        deploy_group: Value of the tag ``DeployGroup``; by default the CloudFormation name of
            the stack. It must be unique in the account and region.
        managed_policy_arns: Policies for what the container itself calls in AWS.
        packages: Further packages of the distribution.
        user_data_parts: Further parts of the user data.
        tags: Further tags of hosts and volumes.

    Raises:
        InvalidInputError: A setting is not valid.
    """

    description: ClassVar[str] = "Docker hosts: a deploy group"

    capacity: Capacity = field(default_factory=Capacity)
    update: RollingUpdate = field(default_factory=RollingUpdate)
    scaling: TargetTracking | None = None
    spot: Spot | None = None

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings."""
        optional = type(None)
        yield from super().problems(path)
        wrong_types = (
            *type_problems(f"{path}/capacity", self.capacity, Capacity),
            *type_problems(f"{path}/update", self.update, RollingUpdate),
            *type_problems(f"{path}/scaling", self.scaling, TargetTracking, optional),
            *type_problems(f"{path}/spot", self.spot, Spot, optional),
        )
        yield from wrong_types
        if not wrong_types:
            yield from self._capacity_problems(path)

    def add_resources(self, builder: TemplateBuilder) -> None:
        """Add everything."""
        super().add_resources(builder)
        if self.scaling is not None:
            policy = build_scaling_policy(Ref(GROUP), self.scaling)
            if self.load_balancer is not None:
                policy.DependsOn = "HttpListener"
            builder.add(policy)

    def capacity_of_group(self) -> Capacity:
        """Return how many hosts there are."""
        return self.capacity

    def update_of_group(self) -> RollingUpdate:
        """Return how hosts are replaced."""
        return self.update

    def spot_of_group(self) -> Spot | None:
        """Return the mix of instance types and markets, if any."""
        return self.spot

    def _capacity_problems(self, path: str) -> Iterator[Problem]:
        wrong_capacity = tuple(self.capacity.problems(f"{path}/capacity"))
        yield from wrong_capacity
        if not wrong_capacity:
            yield from self.update.problems(f"{path}/update", self.capacity)
        if self.scaling is not None:
            yield from self.scaling.problems(f"{path}/scaling")
            requests = self.scaling.metric is ScalingMetric.REQUESTS
            if requests and self.load_balancer is None:
                message = "counts requests at a load balancer, and there is none"
                hint = "ScalingMetric.CPU"
                yield Problem(path=f"{path}/scaling/metric", message=message, hint=hint)
        if self.spot is not None:
            yield from self._spot_problems(f"{path}/spot", self.spot)

    def _spot_problems(self, path: str, spot: Spot) -> Iterator[Problem]:
        wrong = tuple(spot.problems(path))
        yield from wrong
        for index, name in enumerate(() if wrong else spot.instance_types):
            where = f"{path}/instance_types/{index}"
            yield from architecture_problems(where, name, self.image.architecture)
