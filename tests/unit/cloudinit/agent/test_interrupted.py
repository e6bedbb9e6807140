"""Whatever stops a run in its middle: the next one ends with one container and its route."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.cloudinit.agent.main import main
from cdinfra.cloudinit.agent.routes import RULES_FILE
from cdinfra.cloudinit.agent.system import Answer, Ran

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeHost

    from cdinfra.cloudinit import HostConfig

    Run = Callable[..., tuple[int, dict[str, Any]]]


class PowerLoss(BaseException):
    """What no handler of the agent sees."""


@pytest.fixture
def host(settle: Callable[[HostConfig], FakeHost], config: HostConfig) -> FakeHost:
    return settle(config)


@pytest.fixture
def run(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*argv: str) -> tuple[int, dict[str, Any]]:
        code = main(argv, host)  # type: ignore[arg-type] # has System's methods
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    return call


def count_calls(host: FakeHost, strike: int) -> list[int]:
    """Let the power fail at the given call of a program or the network."""
    calls = [0]
    run, http = host.run, host.http

    def tick() -> None:
        calls[0] += 1
        if calls[0] == strike:
            raise PowerLoss

    def ticking_run(*args: Any, **options: Any) -> Ran:
        tick()
        return run(*args, **options)

    def ticking_http(*args: Any, **options: Any) -> Answer:
        tick()
        return http(*args, **options)

    host.run, host.http = ticking_run, ticking_http  # type: ignore[method-assign] # look on
    return calls


@pytest.mark.parametrize("reboot", [True, False], ids=["power loss", "agent killed"])
@pytest.mark.parametrize("tags_are_new", [True, False])
def test_a_swap_interrupted_anywhere_ends_whole(
    host: FakeHost, run: Run, release: str, next_release: str, *, reboot: bool, tags_are_new: bool
) -> None:
    """At each call in turn: the next run leaves one container, and the ports lead to it."""
    generation, strike, interrupted = 1, 0, True
    run_whole, http_whole = host.run, host.http
    while interrupted:
        generation, strike, interrupted = generation + 2, strike + 1, False
        host.tags = {"cdinfra:release": release, "cdinfra:generation": str(generation)}
        assert run("converge")[0] == 0
        if tags_are_new:
            host.tags = {"cdinfra:release": next_release, "cdinfra:generation": str(generation + 1)}
        count_calls(host, strike)
        try:
            run("deploy", next_release, "--generation", str(generation + 1))
        except PowerLoss:
            interrupted = True
        host.run, host.http = run_whole, http_whole  # type: ignore[method-assign] # whole again
        if reboot:
            host.rules = ""
            host.path(RULES_FILE).unlink(missing_ok=True)
        assert run("converge", "--signal")[0] == 0
        (only,) = host.engine.containers.values()
        address = only["body"]["NetworkingConfig"]["EndpointsConfig"]["cdinfra"]["IPAMConfig"]
        assert only["running"]
        assert host.rules.count(f"dnat to {address['IPv4Address']}:8080\n") == 2
        assert host.rules.count("dnat to") == 2
        wanted = {next_release} if tags_are_new or not interrupted else {release, next_release}
        assert only["body"]["Image"] in wanted
    assert strike > 20


def test_after_a_reboot_the_old_release_serves_while_the_new_one_is_not_healthy(
    host: FakeHost, run: Run, next_release: str
) -> None:
    run("converge")
    host.rules = ""
    host.tags = {"cdinfra:release": next_release, "cdinfra:generation": "1"}
    host.app = lambda url: Answer(200 if "198.18.0.2:" in url else 503, {}, b"")
    assert run("converge", "--signal")[0] == 1
    assert "dnat to 198.18.0.2:8080" in host.rules
    (only,) = host.engine.containers.values()
    assert only["running"]


def test_a_container_that_was_left_and_is_no_good_does_not_stay(
    host: FakeHost, run: Run, release: str, next_release: str
) -> None:
    run("converge")
    (old,) = host.engine.containers.values()
    body = json.loads(json.dumps(old["body"]))
    body["Image"] = body["Labels"]["cdinfra.release"] = next_release
    endpoint = body["NetworkingConfig"]["EndpointsConfig"]["cdinfra"]
    endpoint["IPAMConfig"]["IPv4Address"] = "198.18.0.9"
    host.engine.containers["left"] = {**old, "id": "left", "body": body, "created": 99}
    host.tags = {"cdinfra:release": next_release, "cdinfra:generation": "1"}
    host.app = lambda url: Answer(200 if "198.18.0.2:" in url else 503, {}, b"")
    code, result = run("converge")
    assert (code, list(host.engine.containers)) == (1, [old["id"]])
    assert result["message"].startswith("not healthy after 60 s")
    assert run("status")[1]["containers"][0]["release"] == release


def test_a_drained_host_whose_deploy_fails_serves_the_old_release_again(
    host: FakeHost, run: Run, next_release: str
) -> None:
    run("converge")
    run("drain", "--seconds", "0")
    assert "dnat to" not in host.rules
    host.engine.dies.add(next_release)
    assert run("deploy", next_release, "--generation", "1")[0] == 1
    assert "dnat to 198.18.0.2:8080" in host.rules
