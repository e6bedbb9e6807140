from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.deploy.host_report import HostHealth, HostReport, UnreadReport, parse_report

WEB = f"registry/web@sha256:{'ab' * 32}"
OLD = f"registry/web@sha256:{'cd' * 32}"

SCALARS = st.none() | st.booleans() | st.floats() | st.integers() | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


def container(release: str = WEB, state: str = "Up 3 minutes", **more: object) -> dict[str, object]:
    return {"id": "0123456789ab", "release": release, "state": state, "problem": "", **more}


def status(*containers: object, **changes: object) -> str:
    said: dict[str, Any] = {
        "verb": "status",
        "outcome": "status",
        "instance": "i-1",
        "desired": WEB,
        "generation": 7,
        "current": True,
        "containers": list(containers),
        "sidecars": [],
        "drained": False,
        "free_mebibytes": 4096,
        "uptime_seconds": 4210.5,
        "agent": "0a1b2c3d4e5f",
        "seconds": 0.1,
    }
    return json.dumps({**said, **changes}) + "\n"


def read(output: str) -> HostReport:
    found = parse_report(output)
    assert isinstance(found, HostReport)
    return found


def test_a_host_that_runs_what_it_shall_is_healthy() -> None:
    found = read(status(container(started="2026-01-31T09:05:00.123456789Z")))
    assert (found.running, found.desired, found.is_current) == ((WEB,), WEB, True)
    assert (found.health, found.problem, found.agent) == (HostHealth.HEALTHY, "", "0a1b2c3d4e5f")
    assert found.started_at == datetime(2026, 1, 31, 9, 5, 0, 123456, tzinfo=UTC)
    assert found.uptime_seconds == 4210.5
    assert found.details["free_mebibytes"] == 4096


def test_the_report_is_the_last_line_that_is_an_object() -> None:
    assert read(f"progress\n{status(container())}\n\n").running == (WEB,)


@pytest.mark.parametrize(
    ("output", "health"),
    [
        (status(container(), drained=True), HostHealth.DRAINED),
        (status(), HostHealth.DOWN),
        (status(desired=""), HostHealth.IDLE),
        (status(container(state="Up 2 seconds (health: starting)")), HostHealth.STARTING),
        (status(container(state="Up 2 hours (unhealthy)")), HostHealth.UNHEALTHY),
        (status(container(state="Up 2 hours (healthy)")), HostHealth.HEALTHY),
        (status(container(state="Restarting (1) 3 seconds ago")), HostHealth.RESTARTING),
        (status(container(problem="HTTP 500")), HostHealth.UNHEALTHY),
        (
            status(container(), sidecars=[{"name": "proxy", "problem": "HTTP 502"}]),
            HostHealth.UNHEALTHY,
        ),
    ],
)
def test_health_follows_from_what_the_host_says(output: str, health: HostHealth) -> None:
    assert read(output).health is health


def test_the_first_problem_is_told_and_a_sidecars_with_its_name() -> None:
    sidecars = [{"name": "proxy", "problem": "HTTP 502"}]
    assert read(status(container(problem="HTTP 500"), sidecars=sidecars)).problem == "HTTP 500"
    assert read(status(container(), sidecars=sidecars)).problem == "proxy: HTTP 502"


def test_both_containers_of_a_swap_run_and_one_that_restarts_does_not() -> None:
    assert read(status(container(), container(OLD))).running == (WEB, OLD)
    assert read(status(container(OLD, state="Restarting (1) 1 second ago"))).running == ()


def test_the_newest_container_says_when_it_was_started() -> None:
    times = ("2026-01-31T09:00:00Z", "2026-01-31T10:00:00Z", "no time", "2026-01-31T11:00:00")
    found = read(status(*(container(started=each) for each in times)))
    assert found.started_at == datetime(2026, 1, 31, 10, tzinfo=UTC)


def test_an_older_agent_says_less() -> None:
    found = read('{"verb": "status", "outcome": "status", "containers": []}')
    assert (found.health, found.uptime_seconds, found.started_at) == (HostHealth.IDLE, None, None)


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (
            '{"verb": "status", "outcome": "failed", "message": "no engine", "log": []}',
            "no engine",
        ),
        ('{"outcome": 5}', "it does not say why"),
        ("sh: 1: what?", "it wrote 'sh: 1: what?'"),
        (status(container())[:80], "it wrote "),
        ("[1]", "it wrote '[1]'"),
    ],
)
def test_what_is_no_report_is_a_problem(output: str, problem: str) -> None:
    found = parse_report(output)
    assert isinstance(found, UnreadReport)
    assert found.problem.startswith(problem)
    assert not found.is_silent


@pytest.mark.parametrize("output", ["", "\n \n"])
def test_a_host_that_writes_nothing_is_silent(output: str) -> None:
    found = parse_report(output)
    assert isinstance(found, UnreadReport)
    assert found.is_silent


@given(st.dictionaries(st.sampled_from(sorted(json.loads(status()))), VALUES))
def test_whatever_a_host_says_is_read(said: dict[str, Any]) -> None:
    found = parse_report(json.dumps({**said, "outcome": "status"}))
    assert isinstance(found, HostReport)


@given(st.text())
def test_whatever_a_host_writes_is_read(output: str) -> None:
    assert isinstance(parse_report(output), HostReport | UnreadReport)
