from itertools import pairwise

import pytest

from cdinfra.aws.fake import FakeClock
from cdinfra.deploy.clock import Clock
from cdinfra.errors import CloudError, LockLostError, NoCredentialsError, ThrottledError
from cdinfra.rollout.events import RolloutEvent, Waited
from cdinfra.rollout.pacing import LONGEST_SLEEP, PATIENCE_SECONDS, Pacing


class Lease:
    """A lease that counts its renewals, and may be lost."""

    generation = 1

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.renewed: list[float] = []
        self.errors: list[Exception] = []

    def renew(self) -> None:
        self.renewed.append(self._clock.now().timestamp())
        if self.errors:
            raise self.errors.pop(0)

    def release(self) -> bool:
        return True


class World:
    """A clock, a lease, and what was told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.lease = Lease(self.clock)
        self.events: list[RolloutEvent] = []
        self.renewals = 0
        clock = Clock(now=self.clock.now, sleep=self.clock.sleep)
        self.pacing = Pacing(clock, self.events.append, self.renew_session)
        self.pacing.hold(self.lease)

    def renew_session(self) -> None:
        self.renewals += 1


@pytest.fixture
def world() -> World:
    return World()


def test_a_long_wait_looks_at_the_lock_again_and_again(world: World) -> None:
    world.pacing.rest(60)
    assert sum(world.clock.slept) == 60
    gaps = [later - earlier for earlier, later in pairwise(world.lease.renewed)]
    assert max(gaps) <= LONGEST_SLEEP


def test_a_lost_lock_ends_the_wait(world: World) -> None:
    world.lease.errors = [LockLostError("jenkins has it")]
    with pytest.raises(LockLostError):
        world.pacing.rest(60)
    assert world.clock.slept == []


def test_a_renewal_that_fails_in_passing_is_left_to_the_next(world: World) -> None:
    world.lease.errors = [ThrottledError("slow down"), NoCredentialsError("expired")]
    world.pacing.rest(10)
    assert len(world.lease.renewed) == 3
    assert world.renewals == 1


def test_a_throttled_call_is_made_again_ever_more_slowly(world: World) -> None:
    errors = [ThrottledError("slow down")] * 4

    def call() -> str:
        if errors:
            raise errors.pop()
        return "done"

    assert world.pacing.patiently(call) == "done"
    assert sum(world.clock.slept) == 1 + 2 + 4 + 8


def test_patience_ends_and_a_refusal_is_not_borne_at_all(world: World) -> None:
    def throttle() -> None:
        raise ThrottledError("slow down")

    with pytest.raises(ThrottledError):
        world.pacing.patiently(throttle)
    assert PATIENCE_SECONDS <= sum(world.clock.slept) <= PATIENCE_SECONDS + 15

    class RefusedError(Exception):
        response = {"ResponseMetadata": {"HTTPStatusCode": 403}}  # noqa: RUF012 - as botocore's

    def refuse() -> None:
        raise CloudError("no permission") from RefusedError()

    before = len(world.clock.slept)
    with pytest.raises(CloudError):
        world.pacing.patiently(refuse)
    assert len(world.clock.slept) == before


def test_what_is_waited_for_is_told_now_and_then_and_not_in_each_round(world: World) -> None:
    for left in range(60, 0, -1):
        world.pacing.wait_for("hosts to swap", 1.0, left)
    told = [each.seconds for each in world.events if isinstance(each, Waited)]
    assert told == [60, 30]
