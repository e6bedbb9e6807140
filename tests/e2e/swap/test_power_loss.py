"""Whatever ends in the middle of a swap, one release is left, and the port leads to it."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.long

LONG_GATE = 20
"""Healthy answers in a row that open the gate: at five a second, it takes four seconds."""


def is_starting(host: Any) -> bool:
    """The new container is there and has no traffic yet."""
    return len(host.containers()) == 2 and host.says() == "first"


def is_draining(host: Any) -> bool:
    """The new container has the traffic, and the old one is still there."""
    return host.says() == "second" and len(host.containers()) == 2


def has_begun(host: Any) -> bool:
    """The agent runs, and may have done anything or nothing."""
    return host.host.attempt("pgrep", "-f", "cdinfra-host deploy").code == 0


MOMENTS = {
    "as-it-begins": (has_begun, {"first"}),
    "before-the-gate": (is_starting, {"first"}),
    "while-it-drains": (is_draining, {"second"}),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_power_loss_in_the_middle_of_a_swap_ends_in_one_release(
    on_first: Any, moment: str, wait_until: Callable[..., Any]
) -> None:
    reached, served = MOMENTS[moment]
    host = on_first.host
    with on_first.settings(**slowly(on_first)):
        on_first.must_deploy("first")
        with on_first.load("--rate", "50"):
            on_first.start_deploy("second")
            wait_until(lambda: reached(on_first), seconds=60, what=moment)
            host.docker.run("kill", host.container)
        host.docker.run("start", host.container)
        wait_until(lambda: settled(on_first), seconds=120, what="one release serves")
        assert on_first.says() in served
        assert settled(on_first)
        assert on_first.must_deploy("second")["release"] == on_first.releases["second"]
        assert settled(on_first)


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_agent_that_is_killed_in_the_middle_of_a_swap_costs_no_request(
    on_first: Any, moment: str, wait_until: Callable[..., Any]
) -> None:
    reached, served = MOMENTS[moment]
    with on_first.settings(**slowly(on_first)):
        on_first.must_deploy("first")
        with on_first.load() as load:
            on_first.start_deploy("second")
            wait_until(lambda: reached(on_first), seconds=60, what=moment)
            on_first.host.run("pkill", "-KILL", "-f", "cdinfra-host deploy")
            on_first.converge()
        assert load.failures == {}, load.report
        assert set(load.report["answers"]) <= {"first", "second"}
        assert on_first.says() in served
        assert settled(on_first)


def slowly(host: Any) -> dict[str, Any]:
    """Return settings with which a swap takes a while."""
    health = {**host.container_settings()["health"], "successes": LONG_GATE}
    return {"health": health, "drain": 8}


def settled(host: Any) -> bool:
    """Whether one container is left, of the release that the host is to run, and it serves."""
    ran = host.host.attempt("cdinfra-host", "status")
    if ran.code != 0:
        return False
    status = host.result(ran)
    left = [container["release"] for container in status["containers"]]
    names = host.containers()
    return (
        bool(status["current"])
        and left == [status["desired"]]
        and len(names) == 1
        and host.says() == names[0]
    )
