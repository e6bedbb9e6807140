"""The edges of a rollout, with hosts and a load balancer that really serve."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from cdinfra.errors import InvalidInputError
from cdinfra.rollout.balancer import AwsBalancer
from cdinfra.rollout.observed import Observed, ObservedHost
from cdinfra.rollout.ports import TargetState
from cdinfra.rollout.preflight import AwsPreflight
from cdinfra.rollout.registry import AwsRegistry
from cdinfra.rollout.tagger import AwsTagger

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.edges.conftest import Edges, Load

pytestmark = pytest.mark.long

DRIFT_FOUND = 7


def test_an_image_is_found_by_tag_in_the_repository_of_the_group(edges: Edges) -> None:
    registry = AwsRegistry(edges.aws, edges.group)
    found = registry.resolve(":v1", edges.releases["v2"])
    assert (found.release, found.tag) == (edges.releases["v1"], "v1")
    (host, _) = edges.hosts()
    assert found.architectures == (host.architecture,), found.notes
    assert found.notes == ()
    # Before the first release the one repository is meant that the stack may pull from.
    assert registry.resolve("v2", "").release == edges.releases["v2"]
    assert registry.resolve(edges.releases["v2"], "").architectures == found.architectures
    with pytest.raises(InvalidInputError, match=r"has no image of the tag v3 \(it has v1, v2\)"):
        registry.resolve(":v3", edges.releases["v1"])


def test_a_layer_is_given_out_to_who_has_its_address_and_to_nobody_else(edges: Edges) -> None:
    ecr = edges.checkout.client("ecr")
    name = edges.releases["v1"].partition("/")[2].partition("@")[0]
    (image,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "v1"}])["images"]
    manifest = json.loads(image["imageManifest"])
    for part in (manifest["config"], *manifest["layers"]):
        given = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=part["digest"])
        with urllib.request.urlopen(given["downloadUrl"], timeout=60) as answer:  # noqa: S310 - http
            assert f"sha256:{sha256(answer.read()).hexdigest()}" == part["digest"]
    address, _, token = given["downloadUrl"].partition("?")
    for forged in (address, f"{address}?token=x", f"{address.replace('app/', 'other/')}?{token}"):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(forged, timeout=60)  # noqa: S310 - http
    with pytest.raises(ClientError, match="LayersNotFoundException"):
        ecr.get_download_url_for_layer(repositoryName=name, layerDigest=f"sha256:{'0' * 64}")


def test_a_host_that_is_taken_out_ends_what_it_does_and_loses_no_request(
    edges: Edges, load: Load, wait_until: Callable[..., Any]
) -> None:
    balancer = AwsBalancer(edges.aws, edges.group)
    before = edges.hosts()
    first, second = before

    def state(host: Any) -> TargetState:
        return balancer.states([host])[host.instance_id].state

    for host in before:
        wait_until(lambda host=host: state(host) is TargetState.HEALTHY, seconds=30, what="healthy")
    assert (balancer.is_there, balancer.drain_seconds) == (True, 4.0)
    load.begin()
    # One of them is on the host that leaves.
    slow = [threading.Thread(target=load.ask, args=("/slow?seconds=2",)) for _ in range(4)]
    for each in slow:
        each.start()
    time.sleep(0.5)
    balancer.deregister([first])
    assert state(first) is TargetState.DRAINING
    for each in slow:
        each.join()
    wait_until(lambda: state(first) is TargetState.ABSENT, seconds=15, what="drained")
    balancer.deregister([first])
    # Whatever changes about the group, it leaves the host outside.
    scaling = edges.checkout.client("autoscaling")
    scaling.update_auto_scaling_group(AutoScalingGroupName=first.scaling_group, DesiredCapacity=2)
    time.sleep(2)
    assert (state(first), state(second)) == (TargetState.ABSENT, TargetState.HEALTHY)
    balancer.register([first])
    assert state(first) in (TargetState.COMING, TargetState.HEALTHY)
    wait_until(lambda: state(first) is TargetState.HEALTHY, seconds=30, what="healthy again")
    load.end()
    assert load.failed == []
    assert load.answered > 100
    assert [each.instance_id for each in edges.hosts()] == [each.instance_id for each in before]


def test_the_status_of_a_group_tells_a_host_whose_container_was_stopped(
    edges: Edges, docker: Any
) -> None:
    checkout = edges.checkout
    done = checkout.cdinfra("status", "web")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No drift.\n" in done.stdout
    host, other = checkout.hosts(docker, "edges-dev-web")
    names = host.run("docker", "ps", "--quiet", "--filter", "label=cdinfra.stack=web").split()
    host.run("docker", "stop", *names)
    done = checkout.cdinfra("status", "web", "--output", "json")
    host.run("docker", "start", *names)
    assert done.returncode == DRIFT_FOUND, done.stdout + done.stderr
    said = {each["instance_id"]: each for each in json.loads(done.stdout)["hosts"]}
    assert said[host.instance_id]["drift"] == ["it runs nothing"]
    assert said[other.instance_id]["drift"] == []
    assert said[other.instance_id]["configuration"] == "current"


def test_a_release_is_given_to_hosts_and_stack_and_replaces_no_host(
    edges: Edges, docker: Any
) -> None:
    tagger, checkout = AwsTagger(edges.aws, edges.group), edges.checkout
    before = [each.instance_id for each in edges.hosts()]
    assert tagger.read_release() == edges.releases["v1"]
    tagger.tag_hosts([*before, "i-0123456789abcdef0"], edges.releases["v2"], 7)
    tagger.set_release(edges.releases["v2"], time.sleep)
    tagger.set_release(edges.releases["v2"], time.sleep)
    assert tagger.read_release() == edges.releases["v2"]
    assert [each.instance_id for each in edges.hosts()] == before
    assert {each.release for each in edges.hosts()} == {edges.releases["v2"]}
    for host in checkout.hosts(docker, "edges-dev-web"):
        said = json.loads(host.run("cdinfra-host", "status").splitlines()[-1])
        assert (said["desired"], said["generation"]) == (edges.releases["v2"], 7)
    # The hosts run the old one yet, and nobody hides it.
    done = checkout.cdinfra("status", "web")
    assert done.returncode == DRIFT_FOUND
    assert done.stdout.count("it runs ") == 2, done.stdout


def test_the_look_before_a_rollout_finds_nothing_wrong_with_sound_hosts(edges: Edges) -> None:
    hosts = tuple(ObservedHost(host=each, problem="no agent") for each in edges.hosts())
    observed = Observed(hosts=hosts, seen_at=datetime.now(UTC), is_balanced=True)
    image = AwsRegistry(edges.aws, edges.group).resolve(":v2", edges.releases["v1"])
    found = AwsPreflight(edges.aws, edges.group).check(image, observed)
    (silent,) = found.problems
    assert silent.message == "cannot be asked: no agent"
    assert found.notes == ()
