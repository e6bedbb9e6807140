"""Any commands in any order, each with something that goes wrong: the fleet ends whole."""

import random
from enum import StrEnum
from itertools import count

import pytest

from cdinfra.errors import CdinfraError
from cdinfra.rollout.fake_fleet import FakeFleet
from cdinfra.rollout.fake_group import FakeGroup, release
from cdinfra.rollout.fake_hosts import Behaviour
from cdinfra.rollout.fault_drill import KilledError
from cdinfra.rollout.interrupts import Decision, Standing
from cdinfra.rollout.rollouts import Rollouts
from cdinfra.rollout.strategy import Share, Strategy

SEEDS = 300


class Mishap(StrEnum):
    NOTHING = "nothing"
    KILLED = "killed"
    INTERRUPTED = "interrupted"
    LOCK = "lock"
    SICK = "sick"
    CUT_OFF = "cut off"
    TERMINATED = "terminated"
    LAUNCHED = "launched"
    STUCK = "stuck"


class Sequence:
    """Some commands on one group, drawn by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - drawn anew by its seed
        hosts = self.random.choice([1, 2, 3, 5, 8])
        self.group = FakeGroup(hosts, is_balanced=self.random.random() < 0.6)
        self.log: list[str] = []

    def run(self) -> None:
        for _ in range(self.random.randint(1, 5)):
            self.command()
        self.group.fleet.pass_time()
        unfinished = self.group.journals.newest_unfinished()
        if unfinished is not None:
            rollouts = self.group.rollouts()
            self.random.choice([rollouts.resume, rollouts.abort])()

    def command(self) -> None:
        mishap, number = self.random.choice(list(Mishap)), self.random.randint(1, 160)
        calls = count(1)
        self.group.fleet.on_call = lambda _: self.happen(mishap, next(calls) - number)
        rollouts = self.group.rollouts(take_decision=self.decide)
        act = self.random.choice([self.deploy, self.deploy, redeploy, resume, abort])
        try:
            ended = str(act(rollouts))
        except (KilledError, KeyboardInterrupt, CdinfraError) as error:
            ended = repr(error)
        self.log.append(f"{act.__name__}, {mishap} at {number}: {ended}")
        self.mend()

    def deploy(self, rollouts: Rollouts) -> object:
        typed = self.random.choice([":v1", ":v2", ":v3"])
        return rollouts.carry_out(rollouts.plan_deploy(typed, self.strategy())).outcome

    def strategy(self) -> Strategy:
        draw = self.random.choice
        return Strategy(
            canary=Share(number=draw([0, 1, 2])),
            batch=Share(number=draw([1, 2, 5])),
            max_unavailable=Share(number=draw([1, 2, 9])),
            max_failures=Share(number=draw([0, 0, 1, 2])),
            drains=draw([True, False]),
            bake_seconds=draw([0, 20]),
            host_seconds=120,
            balancer_seconds=60,
        )

    def decide(self, _: Standing) -> Decision:
        return self.random.choice([Decision.GO_ON] * 12 + [Decision.LEAVE, Decision.GO_BACK])

    def happen(self, mishap: Mishap, since: int) -> None:
        """Let something go wrong at a call; a deployer that was killed makes no other."""
        if mishap is Mishap.KILLED and since >= 0:
            raise KilledError
        fleet = self.group.fleet
        if since != 0 or not fleet.hosts:
            return
        if mishap is Mishap.INTERRUPTED:
            raise KeyboardInterrupt
        victim = self.random.choice(list(fleet.hosts.values()))
        sick = {release(number): Behaviour(is_sick=True) for number in (2, 3)}
        acts = {
            Mishap.LOCK: lambda: self.group.lock.give("somebody else"),
            Mishap.SICK: lambda: victim.behaviours.update(sick),
            Mishap.CUT_OFF: lambda: setattr(victim, "is_reachable", False),
            Mishap.STUCK: lambda: setattr(victim, "is_stuck", True),
            Mishap.TERMINATED: lambda: self.group.replace_host(victim.host.instance_id),
            Mishap.LAUNCHED: lambda: launch(fleet, self.group),
        }
        acts.get(mishap, lambda: None)()

    def mend(self) -> None:
        fleet = self.group.fleet
        fleet.on_call = lambda _: None
        fleet.pass_time(self.random.choice([61, 3600]))
        for each in fleet.hosts.values():
            each.is_reachable = each.host.state == "running"
            each.is_stuck = False
            each.behaviours.clear()


def launch(fleet: FakeFleet, group: FakeGroup) -> None:
    fleet.launch(group.tagger.release, group.tagger.generation)


def redeploy(rollouts: Rollouts) -> object:
    return rollouts.carry_out(rollouts.plan_redeploy(Strategy(host_seconds=120))).outcome


def resume(rollouts: Rollouts) -> object:
    return rollouts.resume().outcome


def abort(rollouts: Rollouts) -> object:
    return rollouts.abort().outcome


@pytest.mark.parametrize("seeds", range(0, SEEDS, 50))
def test_whatever_is_done_in_whatever_order_the_fleet_ends_whole(seeds: int) -> None:
    for seed in range(seeds, seeds + 50):
        sequence = Sequence(seed)
        sequence.run()
        group, told = sequence.group, "\n".join([f"seed {seed}", *sequence.log])
        hosts = group.fleet.hosts.values()
        running = {each.running for each in hosts}
        assert running == {group.tagger.release}, told
        assert {each.desired for each in hosts} == running, told
        assert {each.host.release for each in hosts} == running, told
        assert not group.lock.is_held, told
        assert not group.balancer.out.keys() & group.fleet.hosts.keys(), told
        entries = group.histories.entries
        assert not entries or entries[-1].release in running, told
