"""The rolling update of an Auto Scaling group: its instances replaced batch by batch.

The reasons that it notes are CloudFormation's own words.
Source: AWS CloudFormation user guide, "UpdatePolicy attribute".
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdinfra.local.resources.calls import truth
from cdinfra.local.resources.contract import Properties, ResourceError
from cdinfra.local.resources.durations import duration_seconds
from cdinfra.local.resources.service import Target

TRIGGERS = ("LaunchTemplate", "MixedInstancesPolicy", "VPCZoneIdentifier", "AvailabilityZones")
"""A change of one of these replaces instances."""

SIGNAL_PAUSE, PLAIN_PAUSE = "PT5M", "PT0S"
"""Default of PauseTime, with and without WaitOnResourceSignals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingPolicy:
    """How a group's instances are replaced.

    Attributes:
        batch: How many at once.
        minimum: How many stay in service.
        percent: How many of a batch, in percent, have to signal success.
        pause: How long to wait for signals, as written.
        signals: Whether to wait for signals.
        suspended: Processes of the group that rest meanwhile.
    """

    batch: int
    minimum: int
    percent: int
    pause: str
    signals: bool
    suspended: tuple[str, ...]


CARRIED = frozenset(
    {
        "MaxBatchSize",
        "MinActiveInstancesPercent",
        "MinInstancesInService",
        "MinSuccessfulInstancesPercent",
        "PauseTime",
        "SuspendProcesses",
        "WaitOnResourceSignals",
    }
)


def rolling_policy(update_policy: Properties) -> RollingPolicy | None:
    """Return the rolling part of an ``UpdatePolicy`` attribute, None where there is none.

    Raises:
        ResourceError: It says what the local cloud does not carry.
    """
    replacing = update_policy.get("AutoScalingReplacingUpdate") or {}
    if truth(replacing.get("WillReplace", False), "WillReplace"):
        raise ResourceError("the local cloud does not carry AutoScalingReplacingUpdate")
    if "AutoScalingRollingUpdate" not in update_policy:
        return None
    given = update_policy["AutoScalingRollingUpdate"] or {}
    for name in given:
        if name not in CARRIED:
            raise ResourceError(f"the local cloud does not carry AutoScalingRollingUpdate/{name}")
    signals = truth(given.get("WaitOnResourceSignals", False), "WaitOnResourceSignals")
    return RollingPolicy(
        batch=int(given.get("MaxBatchSize", 1)),
        minimum=int(given.get("MinInstancesInService", 0)),
        percent=int(given.get("MinSuccessfulInstancesPercent", 100)),
        pause=str(given.get("PauseTime", SIGNAL_PAUSE if signals else PLAIN_PAUSE)),
        signals=signals,
        suspended=tuple(given.get("SuspendProcesses") or ()),
    )


class RollingUpdate:
    """One rolling update of one group.

    Args:
        target: The group, whose settings are the new ones already.
        policy: How to replace.
    """

    def __init__(self, target: Target, policy: RollingPolicy) -> None:
        self.target = target
        self.policy = policy

    def run(self) -> None:
        """Replace the instances that do not fit the group's settings any more.

        Raises:
            ResourceError: An instance signalled failure or none in time.
        """
        obsolete = self._obsolete()
        if not obsolete:
            return
        self._check()
        resting = self._suspend()
        try:
            self._replace(obsolete)
        finally:
            if resting:
                self.target.client.resume_processes(
                    AutoScalingGroupName=self.target.physical_id, ScalingProcesses=list(resting)
                )

    def _check(self) -> None:
        largest = int(self.target.properties["MaxSize"])
        if self.policy.minimum >= largest:
            raise ResourceError(
                f"MinInstancesInService ({self.policy.minimum}) must be less than the "
                f"autoscaling group's MaxSize ({largest})"
            )

    def _group(self) -> Mapping[str, Any]:
        name = self.target.physical_id
        found = self.target.client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        group: Mapping[str, Any] = found["AutoScalingGroups"][0]
        return group

    def _obsolete(self) -> tuple[str, ...]:
        """Return the instances of another template version, or in another subnet."""
        group = self._group()
        instances = group["Instances"]
        wanted = self._version(group)
        subnets = [name for name in group.get("VPCZoneIdentifier", "").split(",") if name]
        placed = self._subnets([instance["InstanceId"] for instance in instances])
        return tuple(
            instance["InstanceId"]
            for instance in instances
            if _launched(instance) != wanted
            or (subnets and placed[instance["InstanceId"]] not in subnets)
            or not _fits(instance, group)
        )

    def _version(self, group: Mapping[str, Any]) -> tuple[str, str]:
        policy = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
        named = group.get("LaunchTemplate") or policy.get("LaunchTemplateSpecification", {})
        found = self.target.request.clients.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=named["LaunchTemplateId"],
            Versions=[str(named.get("Version") or "$Default")],
        )["LaunchTemplateVersions"][0]
        return found["LaunchTemplateId"], str(found["VersionNumber"])

    def _subnets(self, instance_ids: list[str]) -> dict[str, str]:
        if not instance_ids:
            return {}
        ec2 = self.target.request.clients.client("ec2")
        found = ec2.describe_instances(InstanceIds=instance_ids)["Reservations"]
        return {
            instance["InstanceId"]: instance.get("SubnetId", "")
            for reservation in found
            for instance in reservation["Instances"]
        }

    def _suspend(self) -> tuple[str, ...]:
        already = {item["ProcessName"] for item in self._group().get("SuspendedProcesses", ())}
        resting = tuple(name for name in self.policy.suspended if name not in already)
        if resting:
            self.target.client.suspend_processes(
                AutoScalingGroupName=self.target.physical_id, ScalingProcesses=list(resting)
            )
        return resting

    def _replace(self, obsolete: tuple[str, ...]) -> None:
        group, policy, note = self._group(), self.policy, self.target.request.note
        desired, smallest = int(group["DesiredCapacity"]), int(group["MinSize"])
        largest = int(group["MaxSize"])
        note(
            f"Rolling update initiated. Terminating {len(obsolete)} obsolete instance(s) in "
            f"batches of {policy.batch}, while keeping at least {policy.minimum} instance(s) in "
            f"service.{self._waiting()}"
        )
        left = list(obsolete)
        # Room to take a batch out and still keep the minimum: from the capacity, or on top.
        room = min(policy.batch, len(left))
        extra = max(0, min(policy.minimum + room, largest) - desired)
        if extra:
            self._resize(desired + extra)
        while left:
            left = self._emptiest_zone_first(left)
            batch = left[: max(1, min(policy.batch, desired + extra - policy.minimum))]
            left = left[len(batch) :]
            # The last batch is not replaced as far as the extra instances already stand in.
            spare = max(0, extra - len(left))
            done = 100 - len(left) * 100 // len(obsolete)
            self._terminate(batch, min(spare, len(batch)), done)
            extra -= min(spare, len(batch))
        self.target.client.update_auto_scaling_group(
            AutoScalingGroupName=self.target.physical_id,
            MinSize=smallest,
            DesiredCapacity=desired,
        )

    def _emptiest_zone_first(self, instance_ids: list[str]) -> list[str]:
        """Return the instances in an order that leaves the zones even.

        A replacement comes into the zone that its predecessor left; the last ones, which
        extra instances stand in for, go where there are most.
        """
        instances = self._group()["Instances"]
        zones = {one["InstanceId"]: one["AvailabilityZone"] for one in instances}
        taken = Counter(zones.values())
        return sorted(instance_ids, key=lambda name: taken[zones.get(name, "")])

    def _waiting(self) -> str:
        if self.policy.signals:
            return (
                f" Waiting on resource signals with a timeout of {self.policy.pause} when new "
                "instances are added to the autoscaling group."
            )
        if duration_seconds(self.policy.pause):
            return f" The local cloud leaves out the pause of {self.policy.pause}."
        return ""

    def _resize(self, capacity: int) -> None:
        self.target.request.note(
            f"Temporarily setting autoscaling group MinSize and DesiredCapacity to {capacity}."
        )
        before = self._ids()
        self.target.client.update_auto_scaling_group(
            AutoScalingGroupName=self.target.physical_id,
            MinSize=capacity,
            DesiredCapacity=capacity,
        )
        self._wait(self._ids() - before)

    def _terminate(self, batch: list[str], spare: int, done: int) -> None:
        """Terminate a batch; as many as ``spare`` of it are not replaced."""
        named = ",".join(batch)
        replaced = len(batch) - spare
        self.target.request.note(
            f"Terminating instance(s) [{named}]; replacing with {replaced} new instance(s)."
        )
        before = self._ids()
        for number, instance_id in enumerate(batch):
            self._terminate_one(instance_id, shrink=number < spare)
        self.target.request.note(
            f"Successfully terminated instance(s) [{named}] (Progress {done}%)."
        )
        self._wait(self._ids() - before)

    def _terminate_one(self, instance_id: str, *, shrink: bool) -> None:
        if shrink:
            self.target.client.update_auto_scaling_group(
                AutoScalingGroupName=self.target.physical_id,
                MinSize=max(0, int(self._group()["MinSize"]) - 1),
            )
        self.target.client.terminate_instance_in_auto_scaling_group(
            InstanceId=instance_id, ShouldDecrementDesiredCapacity=shrink
        )

    def _ids(self) -> set[str]:
        return {instance["InstanceId"] for instance in self._group()["Instances"]}

    def _wait(self, added: set[str]) -> None:
        if not added or not self.policy.signals:
            return
        self.target.request.note(
            f"New instance(s) added to autoscaling group - Waiting on {len(added)} resource "
            f"signal(s) with a timeout of {self.policy.pause}."
        )
        seconds = duration_seconds(self.policy.pause)
        self.target.request.wait_for_signals(self.policy.percent, seconds, tuple(sorted(added)))


def _launched(instance: Mapping[str, Any]) -> tuple[str, str]:
    template = instance.get("LaunchTemplate", {})
    return template.get("LaunchTemplateId", ""), str(template.get("Version", ""))


def _fits(instance: Mapping[str, Any], group: Mapping[str, Any]) -> bool:
    """Return whether a mixed group still wants the instance's type."""
    policy = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    types = [item["InstanceType"] for item in policy.get("Overrides", ()) if "InstanceType" in item]
    return not types or instance["InstanceType"] in types
