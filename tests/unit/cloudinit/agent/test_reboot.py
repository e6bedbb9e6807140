"""What a reboot, a full disk or a wrong tag must not do to a release that serves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.cloudinit import HttpHealthCheck, Sidecar, SwapOrder, Volume
from cdinfra.cloudinit.agent.release import STATE_FILE
from cdinfra.cloudinit.agent.routes import RULES_FILE
from cdinfra.cloudinit.agent.system import Answer, Ran

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeHost

    from cdinfra.cloudinit import HostConfig

    Run = Callable[..., tuple[int, dict[str, Any]]]
    Settle = Callable[[HostConfig], FakeHost]

PROXY = Sidecar(name="proxy", image="proxy@sha256:" + "c" * 64, health=HttpHealthCheck(port=8443))


class PowerLoss(BaseException):
    """What no handler of the agent sees."""


def reboot(host: FakeHost) -> None:
    host.rules = ""
    host.path(RULES_FILE).unlink()


def without_tags(host: FakeHost) -> None:
    host.tags = None


def without_mirror(host: FakeHost) -> None:
    host.programs["dpkg-query"] = lambda _argv, _stdin: Ran(1, "", "")
    host.programs["apt-get"] = lambda _argv, _stdin: Ran(100, "", "E: no mirror\n")


def with_a_wrong_tag(host: FakeHost) -> None:
    host.tags = {"cdinfra:release": "web:latest"}


def without_a_good_sidecar(host: FakeHost) -> None:
    (proxy,) = (c for c in host.engine.containers.values() if c["name"] == "proxy")
    proxy["running"] = False
    host.engine.pull_error = "registry down"
    host.engine.images.clear()


@pytest.mark.parametrize("verb", ["converge", "deploy"])
@pytest.mark.parametrize(
    "fails", [without_tags, without_mirror, with_a_wrong_tag, without_a_good_sidecar]
)
def test_what_fails_after_a_reboot_keeps_no_healthy_release_unreachable(
    settle: Settle,
    config: HostConfig,
    run: Run,
    release: str,
    fails: Callable[[FakeHost], None],
    verb: str,
) -> None:
    host = settle(replace(config, sidecars=(PROXY,)))
    assert run("converge")[0] == 0
    reboot(host)
    fails(host)
    deploy = ("deploy", release, "--generation", "1")
    assert run(*(deploy if verb == "deploy" else ("converge", "--signal")))[0] != 0
    assert "tcp dport 80 dnat to 198.18.0.3:8080\n" in host.rules


def test_an_engine_that_does_not_answer_after_a_reboot_is_told_and_nothing_is_laid(
    host: FakeHost, run: Run
) -> None:
    run("converge")
    reboot(host)
    answer = host.engine.answer
    host.engine.answer = lambda *_args: Answer(500, {}, b"")  # type: ignore[method-assign] # ill
    assert run("converge")[0] == 1
    assert host.rules == ""
    assert "the Docker engine does not answer: it is not ready" in host.said
    host.engine.answer = answer  # type: ignore[method-assign] # well again
    assert run("converge")[1]["outcome"] == "unchanged"


def test_after_a_power_loss_in_a_gate_the_old_release_serves_while_the_new_one_is_gated(
    host: FakeHost, run: Run, next_release: str
) -> None:
    run("converge")

    def struck(_url: str) -> Answer:
        raise PowerLoss

    host.app = struck
    with pytest.raises(PowerLoss):
        run("deploy", next_release, "--generation", "1")
    reboot(host)
    host.tags = {"cdinfra:release": next_release, "cdinfra:generation": "1"}
    seen: list[str] = []

    def asked(url: str) -> Answer:
        seen.append(host.rules)
        return Answer(200 if "198.18.0.3:" in url else 503, {}, b"")

    host.app = asked
    assert run("converge", "--signal")[1]["release"] == next_release
    assert "dnat to 198.18.0.2:8080" in seen[0]
    assert "dnat to 198.18.0.3:8080" in host.rules


def test_a_container_that_restarted_once_in_its_life_is_not_replaced_after_a_reboot(
    host: FakeHost, run: Run
) -> None:
    run("converge")
    (only,) = host.engine.containers.values()
    only["restarts"] = 1
    reboot(host)
    assert run("converge")[1]["outcome"] == "unchanged"
    assert host.engine.containers[only["id"]]["running"]


def test_a_container_that_restarts_over_and_over_stops_before_the_new_one_starts(
    settle: Settle, config: HostConfig, run: Run, next_release: str
) -> None:
    assert config.container is not None
    container = replace(config.container, swap=SwapOrder.STOP_FIRST)
    host = settle(replace(config, container=container))
    run("converge")
    (only,) = host.engine.containers.values()
    only |= {"running": False, "state": "restarting"}
    host.engine.history.clear()
    run("deploy", next_release, "--generation", "1")
    verbs = [line.split()[0] for line in host.engine.history]
    assert verbs == ["pull", "stop", "create", "start", "nft", "delete"]


def test_a_deploy_that_fails_before_the_stop_starts_what_was_left_stopped(
    settle: Settle, config: HostConfig, run: Run, release: str, next_release: str
) -> None:
    assert config.container is not None
    container = replace(config.container, swap=SwapOrder.STOP_FIRST)
    host = settle(replace(config, container=container))
    run("converge")
    (only,) = host.engine.containers.values()
    only["running"] = False
    host.engine.pull_error = "registry down"
    assert run("deploy", next_release, "--generation", "1")[0] == 1
    assert host.engine.containers[only["id"]]["running"]
    assert only["body"]["Image"] == release


def test_a_disk_that_failed_releases_have_filled_is_cleared_before_a_pull(
    host: FakeHost, run: Run, release: str, next_release: str
) -> None:
    run("converge")
    for digit in "123":
        name = release[:-64] + digit * 64
        host.engine.images.append({"Id": name, "RepoDigests": [name], "Created": 0})
    host.free_bytes = lambda _path: (4 - len(host.engine.images)) * 1024**3  # type: ignore[method-assign]
    assert run("deploy", next_release, "--generation", "1")[1]["outcome"] == "changed"


def test_only_the_last_failed_release_stays_for_the_next_try(
    host: FakeHost, run: Run, release: str
) -> None:
    run("converge")
    for number, digit in enumerate("123", 1):
        name = release[:-64] + digit * 64
        host.engine.dies.add(name)
        assert run("deploy", name, "--generation", str(number))[0] == 1
    names = [name[-1] for image in host.engine.images for name in image["RepoDigests"]]
    assert names == ["a", "3"]


def test_a_state_that_cannot_be_written_is_named_and_nothing_is_done(
    host: FakeHost, run: Run, next_release: str
) -> None:
    run("converge")
    host.path(STATE_FILE).with_suffix(".new").mkdir()
    before = list(host.engine.history)
    code, result = run("deploy", next_release, "--generation", "1")
    assert (code, host.engine.history) == (1, before)
    assert result["message"].startswith(f"{STATE_FILE} cannot be written: ")


def test_the_old_container_ends_even_where_the_swap_cannot_be_remembered(
    host: FakeHost, run: Run, next_release: str
) -> None:
    run("converge")
    host.path(STATE_FILE).with_suffix(".new").mkdir()
    host.tags = {"cdinfra:release": next_release, "cdinfra:generation": "1"}
    code, result = run("converge")
    assert (code, result["message"][: len(STATE_FILE)]) == (1, STATE_FILE)
    (only,) = host.engine.containers.values()
    assert (only["body"]["Image"], only["running"]) == (next_release, True)


def test_a_wrong_generation_in_the_tags_is_undone_by_right_ones(
    host: FakeHost, run: Run, release: str, next_release: str
) -> None:
    host.tags = {"cdinfra:release": release, "cdinfra:generation": "999999999999"}
    run("converge")
    assert run("deploy", next_release, "--generation", "8")[1]["outcome"] == "refused"
    host.tags = {"cdinfra:release": next_release, "cdinfra:generation": "7"}
    assert run("converge")[1]["release"] == next_release
    assert run("deploy", release, "--generation", "8")[1]["outcome"] == "changed"
    assert run("deploy", next_release, "--generation", "7")[1]["outcome"] == "refused"


@pytest.mark.parametrize("tags", [None, {"cdinfra:release": "web:latest"}])
def test_status_tells_what_is_wrong_with_the_tags_and_still_lists_containers(
    host: FakeHost, run: Run, release: str, tags: dict[str, str] | None
) -> None:
    run("converge")
    assert run("status")[1]["problem"] == ""
    host.tags = tags
    code, status = run("status")
    assert (code, status["current"]) == (0, False)
    assert status["problem"]
    assert [container["release"] for container in status["containers"]] == [release]


def test_a_sidecar_stays_until_all_is_there_that_replaces_it(
    settle: Settle, config: HostConfig, run: Run
) -> None:
    host = settle(replace(config, sidecars=(PROXY,)))
    run("converge")
    settle(replace(config, sidecars=(replace(PROXY, image=PROXY.image[:-64] + "d" * 64),)))
    host.engine.pull_error = "registry down"
    assert run("converge")[0] == 1
    (proxy,) = (c for c in host.engine.containers.values() if c["name"] == "proxy")
    assert proxy["running"]


def test_a_volume_may_be_a_file_or_a_socket(settle: Settle, config: HostConfig, run: Run) -> None:
    assert config.container is not None
    volumes = (Volume(host_path="/var/run/docker.sock", container_path="/docker.sock"),)
    host = settle(replace(config, container=replace(config.container, volumes=volumes)))
    host.write("/var/run/docker.sock", "")
    assert run("converge")[1]["outcome"] == "changed"
    assert host.path("/var/run/docker.sock").is_file()


@pytest.mark.parametrize("error", [ValueError("no valid address"), ZeroDivisionError()])
def test_whatever_ends_a_gate_leaves_no_new_container(
    host: FakeHost, run: Run, release: str, next_release: str, error: Exception
) -> None:
    run("converge")

    def broken(_url: str) -> Answer:
        raise error

    host.app = broken
    assert run("deploy", next_release, "--generation", "1")[0] == 1
    (only,) = host.engine.containers.values()
    assert only["body"]["Image"] == release
