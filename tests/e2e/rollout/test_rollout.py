"""Rollouts on real hosts behind a load balancer: whole, without a lost request, and back."""

from collections.abc import Callable
from typing import Any

import pytest

RATE = ("--rate", "200")
AT_LEAST = 120


@pytest.mark.long
def test_a_release_reaches_every_host_and_goes_back_without_a_lost_request(
    on_v1: Any,
    send_load: Callable[..., Any],
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    with send_load(on_v1.address, *RATE) as load:
        told = on_v1.must("deploy", "web", ":v2", "--by", "ci", "--run-url", "https://ci/7")
        on_v1.is_whole("v2")
        told_back = on_v1.must("rollback", "web", "--drain")
    record_testsuite_property("three hosts, there and back", load.report)
    load.lost_nothing("v1", "v2", at_least=AT_LEAST)
    assert "deployed: web runs" in told
    assert "3 of 3 hosts changed" in told
    assert "3 of 3 hosts changed" in told_back
    on_v1.is_whole("v1")
    back, there = (each["account"] for each in on_v1.document("history", "web")["entries"][:2])
    assert there["author"]["who"] == "ci"
    assert there["author"]["run_url"] == "https://ci/7"
    assert (there["from_release"], there["release"]) == (
        on_v1.releases["v1"],
        on_v1.releases["v2"],
    )
    assert (back["purpose"], back["outcome"]) == ("rollback", "deployed")
    assert on_v1.document("history", "web", "--verify")["entries"]


def test_hosts_are_reached_by_ssh_too(on_v1: Any) -> None:
    on_v1.must("deploy", "web", ":v3", "--transport", "ssh", "--ssh-user", "root")
    on_v1.is_whole("v3")


def test_a_release_that_never_gets_healthy_ends_at_the_canary_and_costs_no_request(
    on_v1: Any, send_load: Callable[..., Any]
) -> None:
    with send_load(on_v1.address, *RATE) as load:
        done = on_v1.cdinfra("deploy", "web", ":sick")
    load.lost_nothing("v1", at_least=AT_LEAST)
    assert done.returncode == 13, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("rolled back: web runs")
    assert "answered 503" in done.stderr
    assert "app: sick listens" in done.stderr
    entry = on_v1.newest_entry()
    assert (entry["outcome"], len(entry["failed"])) == ("rolled back", 1)
    on_v1.is_whole("v1")


@pytest.mark.parametrize(("verb", "release"), [("resume", "v2"), ("abort", "v1")])
def test_a_deployer_that_is_killed_leaves_what_another_command_makes_whole(
    on_v1: Any, verb: str, release: str
) -> None:
    on_v1.killed_at(("deploy", "web", ":v2"), "swapping, batch 2")
    held = on_v1.document("lock", "show", "web")
    assert held["is_held"], "a dead deployer's lease runs on"
    assert on_v1.cdinfra("deploy", "web", ":v3").returncode == 9
    on_v1.must("lock", "break", "web", "--reason", "its deployer is dead", "--yes")
    on_v1.must(verb, "web")
    on_v1.is_whole(release)


@pytest.mark.long
def test_a_dead_deployers_lease_runs_out_by_itself(on_v1: Any) -> None:
    on_v1.killed_at(("deploy", "web", ":v2"), "swapping, canary")
    on_v1.must("resume", "web", "--wait-lock", "90")
    on_v1.is_whole("v2")


@pytest.mark.long
def test_a_host_that_goes_and_the_one_that_comes_for_it_end_on_the_release(on_v1: Any) -> None:
    with on_v1.begin("deploy", "web", ":v2", "--pause", "5") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "swapping, batch 2" in line:
                batches = [each for each in lines if "batch 3" in each]
                goes = batches[0].split()[-1]
                on_v1.checkout.client("ec2").terminate_instances(InstanceIds=[goes])
    told = "".join(lines)
    assert process.returncode == 0, told
    assert f"{goes} gone" in told
    on_v1.wait_until(
        lambda: on_v1.says() == ["v2"] * 3, seconds=90, what="the new host runs the release"
    )
    on_v1.is_whole("v2")
