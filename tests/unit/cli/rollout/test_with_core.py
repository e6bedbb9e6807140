"""The commands over the real core, on a fleet in memory."""

from __future__ import annotations

import json
import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from cdinfra.cli.access import Access
from cdinfra.cli.root import root
from cdinfra.deploy.clock import Clock
from cdinfra.rollout.fake_group import GROUP, FakeGroup, release
from cdinfra.rollout.fake_hosts import Behaviour
from cdinfra.rollout.rollouts import Rollouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdinfra.rollout.run import Run


@pytest.fixture
def group() -> FakeGroup:
    return FakeGroup(3)


@pytest.fixture
def run(group: FakeGroup) -> Callable[..., Result]:
    @contextmanager
    def opened(_request: Any, _group: str, _reach: Any, run: Run) -> Iterator[Rollouts]:
        yield Rollouts(GROUP, group.ports, run)

    def invoke(line: str) -> Result:
        world = Access(
            clock=Clock(now=group.clock.now, sleep=group.clock.sleep),
            can_ask=lambda: False,
            open_rollouts=opened,
        )
        return CliRunner().invoke(root, shlex.split(line), obj=world)

    return invoke


def test_an_image_goes_to_every_host_and_comes_back(
    run: Callable[..., Result], group: FakeGroup
) -> None:
    first = run("deploy web :v2")
    assert first.exit_code == 0, first.stderr
    assert first.stdout.startswith("deployed: web runs web@000000000000; 3 of 3 hosts changed")
    assert set(group.releases.values()) == {release(2)}
    again = run("deploy web :v2")
    assert again.stdout == "unchanged: web runs web@000000000000 on 3 hosts already\n"
    assert run("deploy web :v3").exit_code == 0
    assert run("rollback web 1").exit_code == 0
    assert set(group.releases.values()) == {release(2)}
    assert run("redeploy web").exit_code == 0


def test_a_sick_image_ends_with_the_old_release_and_says_why(
    run: Callable[..., Result], group: FakeGroup
) -> None:
    group.fleet.images[release(2)] = Behaviour(is_sick=True)
    outcome = run("deploy web :v2")
    assert outcome.exit_code == 13, outcome.stderr
    assert outcome.stdout.startswith("rolled back: web runs web@000000000000 again, after ")
    error = outcome.stderr[outcome.stderr.index("error: ") :].splitlines()
    assert error[0] == "error: web: rolled back"
    assert " failed: GET /health answered 503" in error[1]
    assert "  last line of its container: " in outcome.stderr
    assert outcome.stderr.splitlines()[-1].endswith("cdinfra logs web")
    assert set(group.releases.values()) == {release(1)}


def test_what_does_not_exist_is_one_clear_line(run: Callable[..., Result]) -> None:
    assert run("deploy web :nope").exit_code == 2
    outcome = run("resume web")
    assert outcome.exit_code == 2
    assert "error: web: has no unfinished rollout to resume" in outcome.stderr


def test_what_forbids_a_rollout_is_told_before_anything_is_touched(
    run: Callable[..., Result], group: FakeGroup
) -> None:
    host = next(iter(group.fleet.hosts.values()))
    host.is_reachable = False
    outcome = run("deploy web :v2")
    assert outcome.exit_code == 12
    assert outcome.stdout == "nothing changed: no host of web was touched\n"
    assert f"error: web: nothing changed\n       {host.host.instance_id}: " in outcome.stderr
    assert set(group.releases.values()) == {release(1)}


def test_a_held_lock_is_told_with_its_own_exit_code(
    run: Callable[..., Result], group: FakeGroup
) -> None:
    group.lock.give("jenkins")
    outcome = run("deploy web :v2")
    assert outcome.exit_code == 9
    assert "jenkins holds the lock" in outcome.stderr
    assert set(group.releases.values()) == {release(1)}


def test_every_line_of_json_is_json(run: Callable[..., Result]) -> None:
    lines = [json.loads(line) for line in run("deploy web :v2 -o json").stdout.splitlines()]
    assert lines[0] == {
        "event": "phase_started",
        "phase": "preflight",
        "batch": 0,
        "of": 0,
        "hosts": 0,
    }
    assert [next(iter(each)) for each in lines].count("plan") == 1
    assert lines[-1]["result"]["outcome"] == "deployed"
