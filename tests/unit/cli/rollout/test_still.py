"""What a log is told of a rollout when nothing else has stood in it for a minute."""

from typing import Any

import pytest

from cdinfra.cli.render.rollout_still import StillFleet
from cdinfra.rollout.events import HostState, Phase, PhaseStarted, RolloutOutcome, Waited, WentBack


@pytest.fixture
def fleet(scenes: Any) -> StillFleet:
    return StillFleet(plan=scenes.plan_of(6, batch=5))


def line(fleet: StillFleet, now: float) -> str:
    (told,) = fleet.still(now)
    return told.partition("still ")[2]


def test_the_step_and_the_hosts_longest_at_work_are_named(fleet: StillFleet, scenes: Any) -> None:
    assert line(fleet, 60.0) == "at the beginning"
    fleet.apply(PhaseStarted(phase=Phase.SWAP, batch=2, of=2, hosts=5), 0.0)
    for number in range(1, 6):
        fleet.apply(scenes.moved(number, HostState.SWAPPING, 2), float(number))
    named = [f"{scenes.host(number)} swapping {60 - number} s" for number in (1, 2, 3)]
    assert line(fleet, 60.0) == f"swapping, batch 2 of 2: {', '.join(named)}, 2 more"


def test_what_is_waited_for_is_told_with_how_long_that_has_taken(fleet: StillFleet) -> None:
    fleet.apply(Waited(what="the lock, which ann holds", seconds=600.0), 10.0)
    assert line(fleet, 70.0) == "at the beginning, waiting 1 min 00 s for the lock, which ann holds"


def test_the_way_back_is_called_so_and_the_end_tells_nothing(
    fleet: StillFleet, scenes: Any
) -> None:
    fleet.apply(WentBack(reason="sick", hosts=1, release=scenes.OLD), 0.0)
    assert line(fleet, 60.0) == "going back"
    fleet.apply(scenes.finished(RolloutOutcome.ROLLED_BACK), 61.0)
    assert list(fleet.still(120.0)) == []
