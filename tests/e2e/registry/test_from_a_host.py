"""The same address leads to the registry inside of a host, whichever of the two came first."""

import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
DEBIAN = "/aws/service/debian/release/12/latest/amd64"
BOOT_SECONDS = 120
ROUTE_SECONDS = 20


@pytest.fixture
def instance(client: Callable[..., Any]) -> Iterator[str]:
    """An instance that boots for real."""
    image = client("ssm").get_parameter(Name=DEBIAN)["Parameter"]["Value"]
    ec2 = client("ec2")
    (made,) = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"]
    yield made["InstanceId"]
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])


def container_of(docker: Run, instance: str) -> str:
    """Return the container of an instance once it runs."""
    found = f"label=cdinfra.instance={instance}"
    deadline = time.monotonic() + BOOT_SECONDS
    while not (container := docker("ps", "--quiet", "--filter", found).stdout.strip()):
        assert time.monotonic() < deadline, "the host did not boot"
        time.sleep(0.2)
    return container


def answer(docker: Run, host: str, address: str) -> str:
    """Return the status with which an address answers inside of the host."""
    curl = ("curl", "--silent", "--max-time", "5", "--write-out", "%{http_code}", "--output")
    deadline = time.monotonic() + ROUTE_SECONDS
    while True:
        said = docker("exec", host, *curl, "/dev/null", f"http://{address}/v2/").stdout
        if said == "401" or time.monotonic() > deadline:
            return said
        time.sleep(0.2)


def test_registries_are_reached_from_a_host_whenever_they_came(
    docker: Run,
    client: Callable[..., Any],
    login: Callable[[Any], tuple[str, str, str]],
    request: pytest.FixtureRequest,
) -> None:
    ec2 = client("ec2")
    _, _, before = login(client("ecr"))
    instance = request.getfixturevalue("instance")
    host = container_of(docker, instance)
    _, _, after = login(client("ecr", "eu-north-1"))

    assert answer(docker, host, before) == "401"
    assert answer(docker, host, after) == "401"

    ec2.stop_instances(InstanceIds=[instance])
    while docker("inspect", "--format", "{{.State.Running}}", host).stdout.strip() == "true":
        time.sleep(0.2)
    _, _, meanwhile = login(client("ecr", "eu-south-1"))
    ec2.start_instances(InstanceIds=[instance])
    host = container_of(docker, instance)

    for address in (before, after, meanwhile):
        assert answer(docker, host, address) == "401"

    docker("restart", "--time", "5", host)
    assert answer(docker, host, meanwhile) == "401"
