"""What a host survives: reboots, power loss, a restart of its engine, a stop; nobody helps it.

One story, in the order in which the tests stand: the release is ``v1`` until one changes it.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

WaitUntil = Callable[..., Any]


@pytest.fixture(scope="module")
def ec2(booted: Any) -> Any:
    return booted.checkout.client("ec2")


def boot_of(host: Any) -> str:
    """Return what changes with each boot of a host."""
    return str(host.inspect("{{.State.StartedAt}}"))


def container_of(host: Any) -> list[str]:
    """Return id and beginning of what runs on a host."""
    return str(
        host.run("docker", "ps", "--no-trunc", "--format", "{{.ID}} {{.CreatedAt}}")
    ).splitlines()


def first_boots(host: Any) -> int:
    """Return how often cloud-init configured a host as a new one."""
    log = host.run("cat", "/var/log/cloud-init.log")
    return int(log.count("config-write-files ran successfully")) or int(
        log.count("config-write_files ran successfully")
    )


def check_serving(host: Any, release: str) -> None:
    """Check that a host serves a release from one container, and boots no anew."""
    host.serves(release, seconds=90)
    assert len(container_of(host)) == 1
    assert first_boots(host) == 1


def test_a_reboot_through_the_api_ends_with_the_release_serving(
    web: Any, ec2: Any, wait_until: WaitUntil
) -> None:
    before = boot_of(web)
    ec2.reboot_instances(InstanceIds=[web.instance_id])
    wait_until(lambda: boot_of(web) != before, seconds=90, what="the host boots")
    check_serving(web, "v1")


def test_a_reboot_from_within_ends_with_the_release_serving(
    web: Any, wait_until: WaitUntil
) -> None:
    before = boot_of(web)
    web.attempt("systemctl", "reboot")
    wait_until(lambda: boot_of(web) != before, seconds=90, what="the host boots")
    check_serving(web, "v1")


def test_a_restart_of_its_container_ends_with_the_release_serving(web: Any, docker: Any) -> None:
    docker.run("restart", "--time", "60", web.container, seconds=90)
    check_serving(web, "v1")


def test_power_loss_ends_with_the_release_serving(
    web: Any, docker: Any, wait_until: WaitUntil
) -> None:
    before = boot_of(web)
    process = web.inspect("{{.State.Pid}}")
    image = web.inspect("{{.Config.Image}}")
    kill = ("--pid", "host", "--network", "none", "--entrypoint", "sh", image)
    docker.run("run", "--rm", *kill, "-c", f"kill -9 {process}")
    wait_until(lambda: boot_of(web) != before, seconds=60, what="the host boots")
    check_serving(web, "v1")


def test_a_restart_of_its_engine_leaves_the_container_running(web: Any) -> None:
    before = container_of(web)
    web.run("systemctl", "restart", "docker")
    check_serving(web, "v1")
    assert container_of(web) == before


@pytest.fixture
def rests(booted: Any) -> Iterator[None]:
    """The group rests: otherwise it replaces an instance that is stopped."""
    autoscaling, group = booted.checkout.client("autoscaling"), booted.group("web")
    autoscaling.suspend_processes(AutoScalingGroupName=group)
    yield
    autoscaling.resume_processes(AutoScalingGroupName=group)


@pytest.mark.usefixtures("rests")
def test_a_stopped_host_is_off_and_a_started_one_has_the_release_of_now(
    web: Any, ec2: Any, booted: Any, wait_until: WaitUntil
) -> None:
    ec2.stop_instances(InstanceIds=[web.instance_id])
    wait_until(lambda: web.inspect("{{.State.Running}}") == "false", seconds=60, what="it is off")
    assert web.get("/version") == (0, "")
    tags = [{"Key": "cdinfra:release", "Value": booted.releases["v2"]}]
    ec2.create_tags(Resources=[web.instance_id], Tags=tags)

    ec2.start_instances(InstanceIds=[web.instance_id])

    web.serves("v2", seconds=90)

    def current() -> bool:
        # The old container, which Docker started with itself, ends after the swap.
        said = json.loads(web.run("cdinfra-host", "status").splitlines()[-1])
        return said["current"] is True

    wait_until(current, seconds=30, what="only the new container runs")


def test_a_release_that_the_tag_names_is_taken_up_when_the_host_is_told_to(
    web: Any, ec2: Any, booted: Any
) -> None:
    tags = [{"Key": "cdinfra:release", "Value": booted.releases["v1"]}]
    ec2.create_tags(Resources=[web.instance_id], Tags=tags)
    web.run("cdinfra-host", "converge")
    check_serving(web, "v1")
