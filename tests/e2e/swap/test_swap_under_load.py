"""Swaps under load, on one host without a balancer: no request is lost."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

FULL_RATE = 500
"""Requests a second of the long test, where no other test runs beside it."""


@pytest.mark.parametrize(
    ("swaps", "at_least"), [(4, 250), pytest.param(20, FULL_RATE, marks=pytest.mark.long)]
)
def test_swaps_in_a_row_lose_no_request(
    on_first: Any,
    swaps: int,
    at_least: int,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    with on_first.load() as load:
        for swap in range(swaps):
            done = on_first.must_deploy("first" if swap % 2 else "second")
            assert done["outcome"] == "changed"
    record_testsuite_property(f"{swaps} swaps", load.report)
    load.lost_nothing("first", "second", at_least=at_least)
    assert load.report["requests"] > load.report["connections"] > load.report["requests"] / 3
    assert on_first.containers() == ["first"]


def test_a_request_in_flight_ends_on_the_old_container(on_first: Any) -> None:
    answers: list[tuple[int, str]] = []
    slow = threading.Thread(
        target=lambda: answers.append(on_first.host.get("/slow?seconds=9", seconds=30))
    )
    with on_first.settings(drain=20):
        on_first.must_deploy("first")
        slow.start()
        done = on_first.must_deploy("second")
    slow.join()
    assert answers == [(200, "first")]
    assert on_first.says() == "second"
    assert 5 < done["seconds"] < 20, "it waits for the request, and no longer"
    assert on_first.containers() == ["second"]


def test_a_release_that_never_gets_healthy_costs_no_request(on_first: Any) -> None:
    health = {**on_first.container_settings()["health"], "start_period": 3}
    with on_first.load() as load, on_first.settings("APP_HEALTH=bad", health=health):
        ran = on_first.deploy("second")
    load.lost_nothing("first")
    assert ran.code == 1
    told = on_first.result(ran)
    assert told["outcome"] == "failed"
    assert "GET /health answered 503: the database is away" in told["message"]
    assert any("app: second listens" in line for line in told["log"])
    assert on_first.containers() == ["first"]


@pytest.mark.parametrize("signal", ["restart", "kill"])
def test_an_engine_that_starts_anew_costs_no_request(on_first: Any, signal: str) -> None:
    host = on_first.host
    with on_first.load() as load:
        before = host.run("systemctl", "show", "--value", "--property=MainPID", "docker")
        if signal == "restart":
            host.run("systemctl", "restart", "docker")
        else:
            host.run("systemctl", "kill", "--signal=KILL", "docker")
            host.run("sh", "-c", "until docker version >/dev/null 2>&1; do sleep 0.2; done")
        after = host.run("systemctl", "show", "--value", "--property=MainPID", "docker")
        assert before != after
        assert on_first.converge()["outcome"] == "unchanged"
    load.lost_nothing("first")
    with on_first.load() as load:
        on_first.must_deploy("second")
    load.lost_nothing("first", "second")
