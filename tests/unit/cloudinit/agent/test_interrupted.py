"""Whatever stops a run in its middle: the next one ends with one container and its route."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.cloudinit import HttpHealthCheck, StaysUp, SwapOrder
from cdinfra.cloudinit.agent.release import STATE_FILE
from cdinfra.cloudinit.agent.routes import RULES_FILE
from cdinfra.cloudinit.agent.system import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeHost

    from cdinfra.cloudinit import Container, HostConfig

    Run = Callable[..., tuple[int, dict[str, Any]]]


class PowerLoss(BaseException):
    """What no handler of the agent sees."""


def count_calls(host: FakeHost, strike: int, *, after: bool) -> list[int]:
    """Let the power fail before or after the given call of a program or the network."""
    calls = [0]
    run, http = host.run, host.http

    def ticking(call: Callable[..., Any]) -> Callable[..., Any]:
        def ticked(*args: Any, **options: Any) -> Any:
            calls[0] += 1
            struck = calls[0] == strike
            if struck and not after:
                raise PowerLoss
            answer = call(*args, **options)
            if struck:
                raise PowerLoss
            return answer

        return ticked

    host.run, host.http = ticking(run), ticking(http)  # type: ignore[method-assign] # look on
    return calls


def ports(container: Container) -> Container:
    return container


def no_ports(container: Container) -> Container:
    return replace(container, ports=(), health=StaysUp(seconds=1))


def stop_first(container: Container) -> Container:
    return replace(container, swap=SwapOrder.STOP_FIRST)


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
@pytest.mark.parametrize("then", ["converge", "new tags", "back"])
@pytest.mark.parametrize("reboot", [True, False], ids=["power loss", "agent killed"])
@pytest.mark.parametrize("kind", [ports, no_ports, stop_first])
def test_a_swap_interrupted_anywhere_ends_whole(
    settle: Callable[[HostConfig], FakeHost],
    config: HostConfig,
    run: Run,
    release: str,
    next_release: str,
    *,
    kind: Callable[[Container], Container],
    reboot: bool,
    then: str,
    after: bool,
) -> None:
    """At each call in turn: the next run leaves one container, and the ports lead to it."""
    assert config.container is not None
    host = settle(replace(config, container=kind(config.container)))
    generation, strike, interrupted = 1, 0, True
    run_whole, http_whole = host.run, host.http
    while interrupted:
        generation, strike, interrupted = generation + 2, strike + 1, False
        newer = str(generation + 1)
        host.tags = {"cdinfra:release": release, "cdinfra:generation": str(generation)}
        assert run("converge")[0] == 0
        if then == "new tags":
            host.tags = {"cdinfra:release": next_release, "cdinfra:generation": newer}
        count_calls(host, strike, after=after)
        try:
            run("deploy", next_release, "--generation", newer)
        except PowerLoss:
            interrupted = True
        host.run, host.http = run_whole, http_whole  # type: ignore[method-assign] # whole again
        if reboot:
            host.rules = ""
            host.path(RULES_FILE).unlink(missing_ok=True)
        again = ("deploy", release, "--generation", newer) if then == "back" else ("converge",)
        assert run(*again)[0] == 0
        (only,) = host.engine.containers.values()
        address = only["body"]["NetworkingConfig"]["EndpointsConfig"]["cdinfra"]["IPAMConfig"]
        assert only["running"]
        led = 0 if kind is no_ports else 2
        assert host.rules.count(f"dnat to {address['IPv4Address']}:8080\n") == led
        assert host.rules.count("dnat to") == led
        wanted = {
            "back": {release},
            "new tags": {next_release},
            "converge": {release, next_release} if interrupted else {next_release},
        }
        assert only["body"]["Image"] in wanted[then]
    assert strike > 15


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
def test_a_pull_interrupted_anywhere_leaves_the_host_as_it_was(
    host: FakeHost, run: Run, release: str, next_release: str, *, after: bool
) -> None:
    """At each call in turn: nothing but the image is new, and the next pull has it."""
    run("converge")
    rules, containers = host.rules, dict(host.engine.containers)
    remembered = host.path(STATE_FILE).read_text(encoding="utf-8")
    images = list(host.engine.images)
    run_whole, http_whole = host.run, host.http
    strike, interrupted = 0, True
    while interrupted:
        strike, interrupted = strike + 1, False
        host.engine.images = list(images)
        count_calls(host, strike, after=after)
        try:
            run("pull", next_release)
        except PowerLoss:
            interrupted = True
        host.run, host.http = run_whole, http_whole  # type: ignore[method-assign] # whole again
        assert run("pull", next_release)[1]["outcome"] in ("pulled", "present")
        assert host.path(STATE_FILE).read_text(encoding="utf-8") == remembered
        assert (host.rules, host.engine.containers) == (rules, containers)
        names = [name for image in host.engine.images for name in image["RepoDigests"]]
        assert set(names) == {release, next_release}
    assert strike > 5


@pytest.mark.parametrize("kind", [ports, no_ports, stop_first])
def test_a_container_whose_gate_never_opened_has_to_pass_it(
    settle: Callable[[HostConfig], FakeHost],
    config: HostConfig,
    run: Run,
    release: str,
    next_release: str,
    kind: Callable[[Container], Container],
) -> None:
    """The old one serves again where the new one does not pass, also when it was stopped."""
    assert config.container is not None
    health = HttpHealthCheck(path="/health", port=8080)
    container = replace(kind(config.container), health=health)
    host = settle(replace(config, container=container))
    run("converge")

    def struck(_url: str) -> Answer:
        raise PowerLoss

    host.app = struck
    with pytest.raises(PowerLoss):
        run("deploy", next_release, "--generation", "1")
    assert len(host.engine.containers) == 2
    host.tags = {"cdinfra:release": next_release, "cdinfra:generation": "1"}
    host.app = lambda url: Answer(200 if "198.18.0.2:" in url else 503, {}, b"")
    assert run("converge")[0] == 1
    (only,) = host.engine.containers.values()
    assert (only["body"]["Image"], only["running"]) == (release, True)


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
