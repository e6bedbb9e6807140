"""Everything that can go wrong, in every step; and a deployer that dies at every single call."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from cdinfra.errors import CdinfraError
from cdinfra.rollout.events import Phase
from cdinfra.rollout.fake_group import FakeGroup
from cdinfra.rollout.fault_drill import (
    HOSTS,
    OLD,
    STRATEGY,
    Fault,
    KilledError,
    Way,
    find_wrong,
    run_cell,
)


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("fault", Fault)
def test_whatever_goes_wrong_the_fleet_ends_whole(fault: Fault, phase: Phase, way: Way) -> None:
    cell = run_cell(fault, phase, way)
    assert cell is not None, "the step has to come"
    assert cell.wrong == (), cell.words


class Killer:
    """Ends the deployer at its n-th call, for good."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.calls = 0

    def __call__(self, _: str) -> None:
        self.calls += 1
        if self.calls >= self.number:
            raise KilledError

    @property
    def has_killed(self) -> bool:
        return self.calls >= self.number


def attempt(group: FakeGroup, act: Callable[[], object], number: int) -> bool:
    """Do something until the deployer dies at a call; return whether it did."""
    killer = Killer(number)
    group.fleet.on_call = killer
    try:
        act()
    except KilledError:
        pass
    except CdinfraError as error:
        # There may be nothing left to go on with, and that is all that may be wrong.
        assert error.exit_code == 2, error.message  # noqa: PT017 - not what is tested here
    group.fleet.on_call = lambda _: None
    # As soon as the lease is over, while hosts may still be at work.
    group.fleet.pass_time(61)
    return killer.has_killed


def deploy(group: FakeGroup) -> object:
    rollouts = group.rollouts()
    return rollouts.carry_out(rollouts.plan_deploy(":v2", STRATEGY))


def deploy_undrained(group: FakeGroup) -> object:
    rollouts = group.rollouts()
    return rollouts.carry_out(rollouts.plan_deploy(":v2", replace(STRATEGY, drains=False)))


def go_on(group: FakeGroup, way: Way) -> object:
    rollouts = group.rollouts()
    return rollouts.resume() if way is Way.RESUME else rollouts.abort()


@pytest.mark.parametrize("way", Way)
def test_a_deployer_killed_at_any_call_leaves_what_can_be_gone_on_with(way: Way) -> None:
    for number in count(1):
        group = FakeGroup(HOSTS, is_balanced=True, runs=OLD)
        killed = attempt(group, lambda group=group: deploy(group), number)
        if group.journals.newest_unfinished() is not None:
            go_on(group, way)
        group.fleet.pass_time()
        assert find_wrong(group) == (), number
        if not killed:
            assert number > 100, "a rollout makes many calls"
            return


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize("first", range(25, 130, 15))
def test_one_who_goes_on_may_be_killed_at_any_call_too(way: Way, first: int) -> None:
    for number in count(1, 3):
        group = FakeGroup(HOSTS, is_balanced=True, runs=OLD)
        attempt(group, lambda group=group: deploy(group), first)
        killed = attempt(group, lambda group=group: go_on(group, way), number)
        if group.journals.newest_unfinished() is not None:
            go_on(group, way)
        group.fleet.pass_time()
        assert find_wrong(group) == (), number
        if not killed:
            return


@pytest.mark.parametrize("way", Way)
def test_a_host_that_a_dead_deployer_took_out_is_put_in_by_one_that_takes_none_out(
    way: Way,
) -> None:
    has_been_out = False
    for number in count(1):
        group = FakeGroup(HOSTS, is_balanced=True, runs=OLD)
        attempt(group, lambda group=group: deploy(group), 50)
        has_been_out = has_been_out or bool(group.balancer.out)
        killed = attempt(group, lambda group=group: deploy_undrained(group), number)
        if group.journals.newest_unfinished() is not None:
            go_on(group, way)
        group.fleet.pass_time()
        assert find_wrong(group) == (), number
        if not killed:
            assert has_been_out
            return
