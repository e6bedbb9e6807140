"""Whole rollouts whose lock, journals and history are objects in a bucket."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from cdinfra.aws.fake_storage import FakeStorage
from cdinfra.deploy.clock import Clock
from cdinfra.errors import CloudError, InvalidInputError
from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.fake_group import GROUP, FakeGroup, release
from cdinfra.rollout.fault_drill import STRATEGY, KilledError, Way
from cdinfra.rollout.record import Author
from cdinfra.rollout.rollouts import Rollouts
from cdinfra.rollout.run import Run
from cdinfra.rollout.state.history import History
from cdinfra.rollout.state.journal import Journals
from cdinfra.rollout.state.lock import DeployLock
from cdinfra.rollout.state.lock_record import Holder

OLD, NEW = release(1), release(2)


class Stored:
    """A fleet in memory whose state is in a bucket."""

    def __init__(self, hosts: int = 3) -> None:
        self.group = FakeGroup(hosts, is_balanced=True)
        self.clock = Clock(now=self.group.clock.now, sleep=self.group.clock.sleep)
        self.storage = FakeStorage("eu-central-1", now=self.clock.now)
        self.history = History(self.storage, GROUP)

    def rollouts(self) -> Rollouts:
        """Return them as another process would have them: nothing is remembered."""
        lock = DeployLock(self.storage, GROUP, Holder(owner="me@laptop"), clock=self.clock)
        ports = replace(
            self.group.ports,
            lock=lock,
            journals=Journals(self.storage, GROUP),
            histories=History(self.storage, GROUP),
        )
        return Rollouts(GROUP, ports, Run(author=Author(who="me@laptop"), clock=self.clock))

    def deploy(self, typed: str = ":v2") -> RolloutOutcome:
        rollouts = self.rollouts()
        return rollouts.carry_out(rollouts.plan_deploy(typed, STRATEGY)).outcome

    def go_on(self, way: Way) -> RolloutOutcome | None:
        """Resume or abort what was left; None where nothing was."""
        try:
            rollouts = self.rollouts()
            result = rollouts.resume() if way is Way.RESUME else rollouts.abort()
        except InvalidInputError:
            return None
        return result.outcome


def test_a_release_goes_out_and_back_and_the_history_tells_of_both() -> None:
    stored = Stored()
    assert stored.deploy(":v2") is RolloutOutcome.DEPLOYED
    assert stored.deploy(":v3") is RolloutOutcome.DEPLOYED
    rollouts = stored.rollouts()
    back = rollouts.carry_out(rollouts.plan_rollback(None, STRATEGY))
    assert back.outcome is RolloutOutcome.DEPLOYED
    assert set(stored.group.releases.values()) == {release(2)}
    entries = [each.account for each in stored.history.entries()]
    assert [(each.generation, each.release) for each in entries] == [
        (3, release(2)),
        (2, release(3)),
        (1, release(2)),
    ]
    assert stored.history.verify() is None


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize("is_done", [False, True])
def test_a_deployer_killed_at_any_call_to_the_bucket_can_be_gone_on_after(
    way: Way, *, is_done: bool
) -> None:
    for number in count(1):
        stored, calls = Stored(), count(1)

        def kill(_: str, calls: count = calls, number: int = number) -> None:
            if next(calls) >= number:
                raise KilledError

        if is_done:
            stored.storage.after_write = kill
        else:
            stored.storage.meanwhile = kill
        killed = attempt(stored.deploy)
        stored.storage.after_write = stored.storage.meanwhile = lambda _: None
        stored.group.fleet.pass_time(61)
        stored.go_on(way)
        running = set(stored.group.releases.values())
        assert len(running) == 1, number
        assert running == {stored.group.tagger.release}, number
        assert stored.history.verify() is None
        newest = next(stored.history.entries(), None)
        assert (newest.account.release if newest else OLD) in running, number
        assert not stored.group.balancer.out
        if not killed:
            assert number > 10, "a rollout writes its journal more often"
            return


@pytest.mark.parametrize("operation", ["create_object", "replace_object"])
@pytest.mark.parametrize("before", range(8))
def test_an_answer_that_is_lost_on_its_way_harms_nothing(operation: str, before: int) -> None:
    stored, left = Stored(), [before]
    lost = CloudError("the connection was closed")

    def lose(call: str) -> None:
        if call.startswith(operation):
            left[0] -= 1
            if left[0] == -1:
                stored.storage.lose_answers(operation, lost)

    stored.storage.meanwhile = lose
    assert stored.deploy() is RolloutOutcome.DEPLOYED
    assert stored.history.verify() is None
    assert [each.account.outcome for each in stored.history.entries()] == [RolloutOutcome.DEPLOYED]


def attempt(act: Callable[[], object]) -> bool:
    try:
        act()
    except KilledError:
        return True
    return False
