"""What an Auto Scaling group does to its hosts is done to real ones.

One story, in the order in which the tests stand.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest

from cdinfra.local.hosts.group_health import REPLACED_AFTER_SECONDS

WaitUntil = Callable[..., Any]


@pytest.fixture(scope="module")
def group(booted: Any) -> str:
    return str(booted.group("web"))


@pytest.fixture(scope="module")
def autoscaling(booted: Any) -> Any:
    return booted.checkout.client("autoscaling")


def members(autoscaling: Any, group: str) -> dict[str, str]:
    """Return the health of each instance of a group."""
    (found,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])[
        "AutoScalingGroups"
    ]
    return {each["InstanceId"]: each["HealthStatus"] for each in found["Instances"]}


@pytest.fixture(scope="module")
def second(
    booted: Any, web: Any, docker: Any, wait_until: WaitUntil, autoscaling: Any, group: str
) -> Any:
    """A host that scaling out adds, whose release changes before it has booted."""
    autoscaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=2)

    def added() -> Any:
        hosts = booted.checkout.hosts(docker, "e2e-dev-web")
        return next((each for each in hosts if each.instance_id != web.instance_id), None)

    host = wait_until(added, seconds=60, what="the second host is there")
    docker.run("pause", host.container)
    booted.checkout.client("ec2").create_tags(
        Resources=[host.instance_id],
        Tags=[{"Key": "cdinfra:release", "Value": booted.releases["v2"]}],
    )
    assert "cdinfra-host" not in docker.run("top", host.container)
    docker.run("unpause", host.container)
    return host


def test_a_release_that_changes_between_launch_and_boot_is_what_the_new_host_serves(
    second: Any,
) -> None:
    second.serves("v2", seconds=90)


def test_scaling_in_ends_the_host_and_leaves_nothing_of_it(
    second: Any, web: Any, docker: Any, wait_until: WaitUntil, autoscaling: Any
) -> None:
    volumes = second.inspect("{{range .Mounts}}{{if .Name}}{{.Name}} {{end}}{{end}}").split()
    assert len(volumes) == 2

    autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=second.instance_id, ShouldDecrementDesiredCapacity=True
    )

    def there() -> list[str]:
        containers = docker.run("ps", "--all", "--format", "{{.Names}}").split()
        kept = docker.run("volume", "ls", "--quiet").split()
        return [each for each in (second.container, *volumes) if each in (*containers, *kept)]

    wait_until(lambda: not there(), seconds=60, what="nothing is left")
    assert web.inspect("{{.State.Running}}") == "true"


def test_a_killed_host_is_unhealthy_and_then_replaced(
    web: Any, booted: Any, docker: Any, wait_until: WaitUntil, autoscaling: Any, group: str
) -> None:
    ec2 = booted.checkout.client("ec2")
    begun = time.monotonic()

    docker.run("kill", web.container)

    def status() -> str:
        (found,) = ec2.describe_instance_status(InstanceIds=[web.instance_id])["InstanceStatuses"]
        return str(found["InstanceStatus"]["Status"])

    wait_until(lambda: status() == "impaired", seconds=20, what="the check fails")
    wait_until(
        lambda: members(autoscaling, group) == {web.instance_id: "Unhealthy"},
        seconds=20,
        what="the group thinks so, too",
    )
    wait_until(
        lambda: web.instance_id not in members(autoscaling, group),
        seconds=REPLACED_AFTER_SECONDS + 60,
        what="it is replaced",
    )
    assert time.monotonic() - begun >= REPLACED_AFTER_SECONDS - 1
    (other,) = wait_until(
        lambda: booted.checkout.hosts(docker, "e2e-dev-web"), seconds=60, what="another boots"
    )
    assert other.instance_id != web.instance_id
    # Nobody changed the group's release: it is the one of the stack.
    other.serves("v1", seconds=90)
