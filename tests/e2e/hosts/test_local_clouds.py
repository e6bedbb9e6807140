"""Local clouds with hosts side by side, killed, and ended: what they leave behind is nothing."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

DEBIAN = "/aws/service/debian/release/12/latest/amd64"
EMPTY = ("ps", "--all", "--quiet"), ("network", "ls", "--quiet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lonely:
    """A local cloud with one host that has nothing to do."""

    checkout: Any
    host: Any
    volumes: tuple[str, ...]
    label: str

    def leaves(self, docker: Any) -> list[str]:
        """Return the containers, networks and volumes of it that are there."""
        found = [
            line
            for command in EMPTY
            for line in docker.run(*command, "--filter", f"label={self.label}").split()
        ]
        there = docker.run("volume", "ls", "--quiet").split()
        return found + [volume for volume in self.volumes if volume in there]


@pytest.fixture(scope="module")
def launch(images: Any, docker: Any, wait_until: Callable[..., Any]) -> Callable[[Any], Lonely]:
    """Launch an instance in a local cloud of its own, and wait for its host."""
    assert images

    def launch_in(checkout: Any) -> Lonely:
        image = checkout.client("ssm").get_parameter(Name=DEBIAN)["Parameter"]["Value"]
        ec2 = checkout.client("ec2")
        (instance,) = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"]
        host = wait_until(
            lambda: checkout.find_host(docker, instance["InstanceId"]),
            seconds=60,
            what="the host is there",
        )
        wait_until(
            lambda: host.attempt("systemctl", "is-system-running").text == "running",
            seconds=60,
            what="the host has booted",
        )
        volumes = host.inspect("{{range .Mounts}}{{if .Name}}{{.Name}} {{end}}{{end}}")
        cloud = host.inspect('{{index .Config.Labels "cdinfra.local"}}')
        return Lonely(
            checkout=checkout,
            host=host,
            volumes=tuple(volumes.split()),
            label=f"cdinfra.local={cloud}",
        )

    return launch_in


@pytest.fixture(scope="module")
def two(new_checkout: Callable[..., Any], launch: Callable[[Any], Lonely]) -> tuple[Lonely, Lonely]:
    return launch(new_checkout("one")), launch(new_checkout("other"))


class TestTwoLocalClouds:
    """One story, in the order in which the tests stand."""

    def test_each_knows_its_own_host_and_no_other(self, two: tuple[Lonely, Lonely]) -> None:
        for one, other in (two, two[::-1]):
            found = one.checkout.client("ec2").describe_instances()["Reservations"]
            assert [each["InstanceId"] for group in found for each in group["Instances"]] == [
                one.host.instance_id
            ]
            assert one.label != other.label
            assert len(one.volumes) == 2

    def test_a_host_reaches_its_own_services_and_not_those_of_the_other(
        self, two: tuple[Lonely, Lonely]
    ) -> None:
        one, other = two
        ours, theirs = one.checkout.start().port, other.checkout.start().port
        # Its own local cloud answers, and lets no host see how the machine works with it.
        assert status(one.host, f"http://127.0.0.1:{ours}/_cdinfra/health") == "403"
        assert status(one.host, f"http://127.0.0.1:{theirs}/_cdinfra/health") == "000"
        assert status(other.host, f"http://127.0.0.1:{theirs}/_cdinfra/health") == "403"
        metadata = f"http://{setting(other.host, 'CDINFRA_METADATA')}/latest/meta-data/"
        assert status(other.host, metadata) == "200"
        assert status(one.host, metadata) in ("000", "403")
        assert connects(other.host, other.host.address)
        assert not connects(one.host, other.host.address)

    def test_a_new_start_after_a_kill_removes_what_was_left_and_nothing_else(
        self, two: tuple[Lonely, Lonely], docker: Any, wait_until: Callable[..., Any]
    ) -> None:
        one, other = two
        os.kill(one.checkout.start().pid, signal.SIGKILL)
        wait_until(
            lambda: one.checkout.cdinfra("local", "status").returncode != 0,
            seconds=20,
            what="the process has ended",
        )
        assert len(one.leaves(docker)) == 4
        before = other.host.inspect("{{.State.StartedAt}}")

        one.checkout.start()

        wait_until(lambda: not one.leaves(docker), seconds=60, what="nothing is left")
        assert other.host.inspect("{{.State.Running}} {{.State.StartedAt}}") == f"true {before}"

    def test_a_new_start_boots_hosts_anew(
        self, two: tuple[Lonely, Lonely], launch: Callable[[Any], Lonely], docker: Any
    ) -> None:
        again = launch(two[0].checkout)
        assert len(again.leaves(docker)) == 4

    def test_local_down_leaves_nothing_behind(
        self, two: tuple[Lonely, Lonely], docker: Any
    ) -> None:
        for each in two:
            assert each.leaves(docker)
            done = each.checkout.cdinfra("local", "down")
            assert done.returncode == 0, done.stderr
            assert each.leaves(docker) == []


def status(host: Any, url: str) -> str:
    """Return the HTTP status that a host gets; 000 is no answer."""
    curl = ("curl", "--silent", "--max-time", "3", "--output", "/dev/null")
    return str(host.attempt(*curl, "--write-out", "%{http_code}", url).text)


def setting(host: Any, name: str) -> str:
    """Return a setting with which a host was booted."""
    lines = host.inspect("{{range .Config.Env}}{{println .}}{{end}}").splitlines()
    return dict(line.split("=", 1) for line in lines if line)[name]


def connects(host: Any, address: str) -> bool:
    """Whether a host reaches the ssh server at an address."""
    script = "exec 3<>/dev/tcp/$0/22"
    return bool(host.attempt("timeout", "3", "bash", "-c", script, address).code == 0)
