"""Containers beside the release's: when they start, stay, go, and what leads to them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.cloudinit import HttpHealthCheck, PortMapping, Secret, Sidecar, StaysUp
from cdinfra.cloudinit.agent.system import Answer, Ran

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeHost

    from cdinfra.cloudinit import HostConfig

    Run = Callable[..., tuple[int, dict[str, Any]]]
    Settle = Callable[[HostConfig], FakeHost]

IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop-dev/proxy@sha256:" + "c" * 64
PROXY = Sidecar(
    name="proxy",
    image=IMAGE,
    ports=(PortMapping(host=443, container=8443),),
    secrets=(Secret(name="TLS_KEY", id="/shop/dev/web/tls"),),
    health=HttpHealthCheck(path="/alive"),
)
SHIPPER = Sidecar(name="shipper", image=IMAGE, health=StaysUp(seconds=1))


@pytest.fixture
def host(settle: Settle, config: HostConfig) -> FakeHost:
    return settle(replace(config, sidecars=(PROXY, SHIPPER)))


def named(host: FakeHost) -> dict[str, dict[str, Any]]:
    return {container["name"]: container for container in host.engine.containers.values()}


def test_sidecars_start_before_the_release_and_in_their_order(host: FakeHost, run: Run) -> None:
    assert run("converge")[1]["outcome"] == "changed"
    names = [container["name"] for container in host.engine.containers.values()]
    assert names[:2] == ["proxy", "shipper"]
    assert names[2].startswith("web-")


def test_the_ports_of_a_sidecar_lead_to_it_and_app_leads_to_the_release(
    host: FakeHost, run: Run
) -> None:
    run("converge")
    assert "tcp dport 443 dnat to 198.18.0.2:8443\n" in host.rules
    assert "tcp dport 80 dnat to 198.18.0.4:8080\n" in host.rules
    assert "ip daddr 198.18.1.1 dnat to 198.18.0.4\n" in host.rules
    body = named(host)["proxy"]["body"]
    assert body["HostConfig"]["ExtraHosts"] == ["app:198.18.1.1"]
    assert body["Env"] == ["TLS_KEY=pass\nword's"]
    assert body["HostConfig"]["CapDrop"] == ["ALL"]
    assert body["HostConfig"]["LogConfig"]["Config"]["awslogs-stream"].endswith("/proxy")


def test_a_swap_leaves_sidecars_alone_and_leads_app_to_the_new_one(
    host: FakeHost, run: Run, next_release: str
) -> None:
    run("converge")
    before = named(host)
    assert run("deploy", next_release, "--generation", "1")[1]["outcome"] == "changed"
    after = named(host)
    for name in ("proxy", "shipper"):
        assert after[name]["id"] == before[name]["id"]
    assert "ip daddr 198.18.1.1 dnat to 198.18.0.5\n" in host.rules
    assert "tcp dport 443 dnat to 198.18.0.2:8443\n" in host.rules
    host.engine.history.clear()
    assert run("converge", "--signal")[1]["outcome"] == "unchanged"
    assert host.engine.history == []


def test_only_the_sidecar_whose_settings_changed_is_replaced(
    host: FakeHost, run: Run, settle: Settle, config: HostConfig
) -> None:
    run("converge")
    before = named(host)
    changed = replace(PROXY, environment={"LEVEL": "debug"})
    settle(replace(config, sidecars=(changed, SHIPPER)))
    assert run("converge")[1]["outcome"] == "unchanged"
    after = named(host)
    assert after["shipper"]["id"] == before["shipper"]["id"]
    assert after["proxy"]["id"] != before["proxy"]["id"]
    assert after["proxy"]["body"]["Env"][0] == "LEVEL=debug"


def test_a_sidecar_that_is_no_longer_wanted_goes(
    host: FakeHost, run: Run, settle: Settle, config: HostConfig
) -> None:
    run("converge")
    settle(replace(config, sidecars=(SHIPPER,)))
    run("converge")
    assert "proxy" not in named(host)
    assert "dport 443" not in host.rules


def test_a_sidecar_that_ended_is_started_anew(host: FakeHost, run: Run) -> None:
    run("converge")
    named(host)["proxy"]["running"] = False
    assert run("converge")[0] == 0
    assert named(host)["proxy"]["running"]


def test_a_sidecar_that_fails_fails_the_boot_with_its_last_lines(host: FakeHost, run: Run) -> None:
    host.app = lambda url: Answer(503 if "/alive" in url else 200, {}, b"no key")
    code, result = run("converge", "--signal")
    assert (code, result["outcome"]) == (1, "failed")
    wanted = "sidecar proxy: not healthy after 60 s: GET /alive answered 503: no key"
    assert result["message"] == wanted
    assert result["log"] == ["boom: no database"]
    assert host.engine.containers == {}
    assert host.sent("SignalResource")[0]["Status"] == "FAILURE"


def test_a_failing_release_leaves_the_sidecars_and_the_old_release(
    host: FakeHost, run: Run, next_release: str
) -> None:
    run("converge")
    before, rules = set(named(host)), host.rules
    host.engine.dies.add(next_release)
    assert run("deploy", next_release, "--generation", "1")[0] == 1
    assert (set(named(host)), host.rules) == (before, rules)


def test_status_tells_of_sidecars(host: FakeHost, run: Run) -> None:
    run("converge")
    host.app = lambda url: Answer(503 if "/alive" in url else 200, {}, b"")
    status = run("status")[1]
    proxy, shipper = sorted(status["sidecars"], key=lambda each: str(each["name"]))
    assert (proxy["name"], proxy["image"]) == ("proxy", IMAGE)
    assert proxy["problem"] == "GET /alive answered 503"
    assert (shipper["name"], shipper["problem"]) == ("shipper", "")
    assert status["current"]


def test_a_drained_host_takes_nothing_new_but_sidecars_still_find_the_release(
    host: FakeHost, run: Run
) -> None:
    run("converge")
    host.programs["conntrack"] = lambda argv, _stdin: Ran(0, f"x ESTABLISHED {argv[-1]}\n", "")
    assert run("drain", "--seconds", "1")[1]["connections"] == 2
    assert "dport" not in host.rules
    assert "ip daddr 198.18.1.1 dnat to 198.18.0.4\n" in host.rules
