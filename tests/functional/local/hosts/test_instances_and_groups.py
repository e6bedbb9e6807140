"""moto's instances and groups, and what hosts make of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import boto3
import pytest
from moto import mock_aws
from moto.ec2.models.instances import Instance, InstanceBackend

from cdinfra.local.hosts import moto_instances
from cdinfra.local.hosts.facts import instance_states, read_facts
from cdinfra.local.hosts.group_health import REPLACED_AFTER_SECONDS, GroupHealth
from cdinfra.local.hosts.host import Host, HostState

REGION = "eu-central-1"


@dataclass
class Hosts:
    """Hosts whose states the test sets."""

    states: dict[str, HostState] = field(default_factory=dict)
    rebooted: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def find(self, instance_id: str) -> Host | None:
        state = self.states.get(instance_id)
        plain = Host(
            instance_id=instance_id, region=REGION, account="1" * 12, container="c", address="a"
        )
        return None if state is None else replace(plain, state=state)


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    for name, value in (("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Instance, "instance_status", Instance.instance_status)
    monkeypatch.setattr(InstanceBackend, "reboot_instances", InstanceBackend.reboot_instances)
    with mock_aws():
        found = Hosts()
        moto_instances.install(find=found.find, reboot=found.rebooted.extend)
        yield found


def launch(count: int = 1) -> list[str]:
    ec2 = boto3.client("ec2", REGION)
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = ec2.run_instances(
        ImageId=image, MinCount=count, MaxCount=count, UserData="#cloud-config\n"
    )
    return [instance["InstanceId"] for instance in made["Instances"]]


def status_of(instance_id: str) -> str:
    ec2 = boto3.client("ec2", REGION)
    (found,) = ec2.describe_instance_status(InstanceIds=[instance_id])["InstanceStatuses"]
    return str(found["InstanceStatus"]["Status"])


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (None, "ok"),
        (HostState.BOOTING, "initializing"),
        (HostState.RUNNING, "ok"),
        (HostState.DOWN, "impaired"),
    ],
)
def test_the_status_check_says_how_the_host_is(
    hosts: Hosts, state: HostState | None, status: str
) -> None:
    (instance,) = launch()
    if state is not None:
        hosts.states[instance] = state
    assert status_of(instance) == status


def test_a_reboot_reaches_the_hosts(hosts: Hosts) -> None:
    instances = launch(2)
    boto3.client("ec2", REGION).reboot_instances(InstanceIds=instances)
    assert sorted(hosts.rebooted) == sorted(instances)


@pytest.mark.usefixtures("hosts")
def test_the_facts_of_an_instance_are_read_from_moto() -> None:
    (instance,) = launch()
    ((_, region, state, found),) = instance_states()
    facts = read_facts(found)
    assert (facts.instance_id, facts.region, region) == (instance, REGION, REGION)
    assert (state, facts.state) == ("running", "running")
    assert facts.user_data == b"#cloud-config\n"
    assert facts.zone.startswith(REGION)


def group(desired: int) -> list[str]:
    image = boto3.client("ec2", REGION).describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    scaling = boto3.client("autoscaling", REGION)
    scaling.create_launch_configuration(
        LaunchConfigurationName="l", ImageId=image, InstanceType="t3.small"
    )
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="g",
        LaunchConfigurationName="l",
        MinSize=desired,
        MaxSize=desired,
        AvailabilityZones=[f"{REGION}a"],
    )
    return [*members()]


def members() -> dict[str, str]:
    scaling = boto3.client("autoscaling", REGION)
    (found,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    return {each["InstanceId"]: each["HealthStatus"] for each in found["Instances"]}


def test_a_host_that_is_down_is_unhealthy_and_replaced_after_a_minute(hosts: Hosts) -> None:
    first, second = group(2)
    hosts.states |= {first: HostState.DOWN, second: HostState.RUNNING}
    look = GroupHealth(hosts.find, now=lambda: hosts.seconds)
    look()
    assert members() == {first: "Unhealthy", second: "Healthy"}
    hosts.seconds = REPLACED_AFTER_SECONDS
    look()
    after = members()
    assert first not in after
    assert second in after
    assert len(after) == 2


def test_a_host_that_comes_back_in_time_stays(hosts: Hosts) -> None:
    (instance,) = group(1)
    look = GroupHealth(hosts.find, now=lambda: hosts.seconds)
    hosts.states[instance] = HostState.DOWN
    look()
    hosts.states[instance] = HostState.RUNNING
    hosts.seconds = REPLACED_AFTER_SECONDS
    look()
    assert members() == {instance: "Healthy"}


def test_a_group_that_was_told_not_to_replaces_nothing(hosts: Hosts) -> None:
    (instance,) = group(1)
    scaling = boto3.client("autoscaling", REGION)
    scaling.suspend_processes(AutoScalingGroupName="g", ScalingProcesses=["ReplaceUnhealthy"])
    look = GroupHealth(hosts.find, now=lambda: hosts.seconds)
    hosts.states[instance] = HostState.DOWN
    look()
    hosts.seconds = 10 * REPLACED_AFTER_SECONDS
    look()
    assert members() == {instance: "Unhealthy"}
