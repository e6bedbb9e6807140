"""Launches hosts in a local cloud, ours and plain ones, and times them until they serve."""

import base64
import http.client
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cdinfra.cloudinit import (
    Container,
    HostConfig,
    HttpHealthCheck,
    OperatingSystem,
    PortMapping,
    host_user_data,
)
from cdinfra.local.hosts.docker import Docker

LONGEST_SECONDS = 600.0
POLL_SECONDS = 0.05
AMI = "/aws/service/debian/release/12/latest/amd64"
PLAIN = """\
#cloud-config
package_update: true
packages: [docker.io]
runcmd:
  - [sh, -c, "echo {password} | docker login --username AWS --password-stdin {registry}"]
  - [docker, pull, "{image}"]
  - [docker, run, --detach, --restart=always, "--publish=80:8080", "{image}"]
"""
"""What many write by hand. The login would cost a call of the aws command more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """A host that serves.

    Attributes:
        seconds: From the call of RunInstances to the first answer of the container.
        stages: Seconds of what its boot was made of, by name, the longest first.
        memory: What its container takes, in MiB, its own containers included.
    """

    seconds: float
    stages: Mapping[str, float]
    memory: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """Launches instances in a local cloud.

    Attributes:
        ec2: Its EC2.
        ami: The image of the instances.
        docker: The machine's engine.
        profile: Instance profile of the hosts: a pull from ECR is logged in with its role.
        release: The image that hosts run, by digest.
        login: Name of the registry, and its password.
    """

    ec2: Any
    ami: str
    docker: Docker
    profile: str
    release: str
    login: tuple[str, str]

    def launch(self, user_data: bytes, *, is_bare: bool) -> Launched:
        """Launch a host, wait until it serves, look at it, and terminate it."""
        tags = {"cdinfra:release": self.release, "cdinfra:generation": "1"}
        if is_bare:
            tags["cdinfra-local-image"] = "bare"
        pairs = [{"Key": name, "Value": value} for name, value in tags.items()]
        begun = time.perf_counter()
        (instance,) = self.ec2.run_instances(
            ImageId=self.ami,
            MinCount=1,
            MaxCount=1,
            UserData=user_data,
            IamInstanceProfile={"Name": self.profile},
            MetadataOptions={"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
            TagSpecifications=[{"ResourceType": "instance", "Tags": pairs}],
        )["Instances"]
        instance_id = instance["InstanceId"]
        with self._terminated(instance_id):
            wait_until_served(lambda: self.address(instance_id))
            seconds = time.perf_counter() - begun
            container = self.container(instance_id)
            self.docker.run(
                *("exec", container, "cloud-init", "status", "--wait"), seconds=LONGEST_SECONDS
            )
            return Launched(
                seconds=seconds, stages=self.stages(container), memory=self.memory(container)
            )

    @contextmanager
    def _terminated(self, instance_id: str) -> Iterator[None]:
        try:
            yield
        finally:
            self.ec2.terminate_instances(InstanceIds=[instance_id])
            wait_until(lambda: not self.container(instance_id), what=f"{instance_id} ends")

    def address(self, instance_id: str) -> str:
        """Return a host's address; nothing before its container runs."""
        if not self.container(instance_id):
            return ""
        found = self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
        return str(found[0]["Instances"][0]["PrivateIpAddress"])

    def container(self, instance_id: str) -> str:
        """Return the name of a host's container; nothing where there is none."""
        label = f"label=cdinfra.instance={instance_id}"
        return self.docker.run("ps", "--format", "{{.Names}}", "--filter", label)

    def memory(self, container: str) -> float:
        """Return what a host takes, in MiB, without files that are merely cached."""
        shown = self.docker.run("stats", "--no-stream", "--format", "{{.MemUsage}}", container)
        return mebibytes(shown.partition(" / ")[0])

    def stages(self, container: str) -> dict[str, float]:
        """Return what cloud-init says its time was spent on, in seconds, the longest first."""
        shown = self.docker.run("exec", container, "cloud-init", "analyze", "blame")
        found = {}
        for line in shown.splitlines():
            seconds, _, name = line.strip().partition("s (")
            if name:
                found[name.rstrip(")")] = float(seconds)
        return found

    def ours(self) -> bytes:
        """Return the user data of our hosts."""
        config = HostConfig(
            app="bench",
            env="dev",
            stack="web",
            deploy_group="bench-dev-web",
            operating_system=OperatingSystem.DEBIAN_12,
            container=Container(
                ports=(PortMapping(host=80, container=8080),),
                health=HttpHealthCheck(path="/health"),
            ),
        )
        return host_user_data(config).content

    def plain(self) -> bytes:
        """Return what one would write by hand."""
        registry, password = self.login
        text = PLAIN.format(image=self.release, registry=registry, password=password)
        return text.encode()


def make_profile(iam: Any) -> str:
    """Make an instance profile and return its name."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    name = "bench"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return name


def find_ami(ssm: Any) -> str:
    """Return the image that hosts are launched from."""
    return str(ssm.get_parameter(Name=AMI)["Parameter"]["Value"])


def find_login(ecr: Any) -> tuple[str, str]:
    """Return the name of the registry and its password."""
    (data,) = ecr.get_authorization_token()["authorizationData"]
    _, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return data["proxyEndpoint"].partition("://")[2], password


def mebibytes(shown: str) -> float:
    """Return a size as Docker shows it, in MiB.

    >>> mebibytes("82.5MiB"), mebibytes("1.5GiB"), mebibytes("512KiB")
    (82.5, 1536.0, 0.5)
    """
    units = {"KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0}
    return float(shown[:-3]) * units[shown[-3:]]


def wait_until_served(address: Any) -> None:
    """Wait until something answers at an address that may not be known yet."""
    found = wait_until(address, what="a host has an address")
    wait_until(lambda: answers(found), what=f"{found} serves")


def wait_until(condition: Any, *, what: str) -> Any:
    """Wait until a condition holds and return what it gave."""
    until = time.monotonic() + LONGEST_SECONDS
    while not (found := condition()):
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {LONGEST_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)
    return found


def answers(address: str) -> bool:
    """Return whether the container at a host's port 80 answers."""
    connection = http.client.HTTPConnection(address, timeout=2)
    try:
        connection.request("GET", "/version")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def run_json(words: Sequence[str], environ: Mapping[str, str], folder: Any) -> Any:
    """Run a command of cdinfra that prints JSON, and return it."""
    done = subprocess.run(
        words, env=environ, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    return json.loads(done.stdout)
