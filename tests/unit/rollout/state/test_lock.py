"""The deploy lock: taken, waited for, renewed, lost, given back, broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from cdinfra.errors import (
    BusyError,
    CloudError,
    InvalidInputError,
    LockLostError,
    NoCredentialsError,
    ThrottledError,
)

if TYPE_CHECKING:
    from cdinfra.rollout.state.lease import Lease
    from tests.unit.rollout.state.conftest import World

KEY = "locks/shop-dev-web.json"
TIMEOUT = CloudError("cannot write: the answer did not come")


def refusal() -> CloudError:
    error = CloudError("cannot write: no s3:PutObject (AccessDenied)")
    status = {"HTTPStatusCode": 403}
    answer = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": status}
    error.__cause__ = ClientError(answer, "PutObject")  # type: ignore[arg-type] # as answered
    return error


def take(world: World, owner: str = "me@laptop", **more: float) -> Lease:
    return world.lock(owner).take(purpose="deploy", release="web@sha256:1", **more)  # type: ignore[arg-type] # seconds alone


def test_a_lock_that_was_never_taken_is_free(world: World) -> None:
    state = world.lock("me").read()
    assert (state.generation, state.holder, state.is_held, state.seconds_left) == (
        0,
        None,
        False,
        0,
    )


def test_whoever_takes_the_lock_is_named_with_what_for(world: World) -> None:
    lease = take(world)
    state = world.lock("other").read()
    assert (lease.generation, state.generation, state.is_held) == (1, 1, True)
    assert str(state.holder) == "me@laptop (deploy of web@sha256:1, https://ci/7)"
    assert state.seconds_left == 62


def test_a_lock_that_is_held_is_refused_with_the_holder_and_the_time_left(world: World) -> None:
    take(world)
    world.clock.sleep(20)
    with pytest.raises(BusyError) as caught:
        take(world, "you@desk")
    assert caught.value.message == (
        "the deploy lock of web is held by me@laptop (deploy of web@sha256:1, https://ci/7); "
        "42 s of its lease are left"
    )
    assert "cdinfra lock break web" in caught.value.hint


def test_a_lock_that_is_given_back_meanwhile_is_taken(world: World) -> None:
    lease = take(world)
    told: list[tuple[str, float]] = []

    def on_wait(what: str, seconds: float) -> None:
        told.append((what, seconds))
        if len(told) == 2:
            lease.release()

    after = world.lock("you").take(purpose="deploy", seconds=10, on_wait=on_wait)
    assert after.generation == 2
    words = "the lock, which me@laptop (deploy of web@sha256:1, https://ci/7) holds"
    assert told == [(words, 10), (words, 9)]


def test_waiting_ends_when_it_was_said(world: World) -> None:
    lease = take(world)
    world.clock.during_sleep = lease.renew
    with pytest.raises(BusyError):
        take(world, "you", seconds=100)
    assert sum(world.clock.slept) == 100


def test_the_lock_of_a_deployer_that_died_is_taken_when_its_lease_runs_out(world: World) -> None:
    take(world)
    assert take(world, "you", seconds=600).generation == 2
    assert 62 <= sum(world.clock.slept) <= 63


@pytest.mark.parametrize("ahead", [-86_400, 86_400])
def test_the_clock_of_a_deployer_does_not_matter(world: World, ahead: float) -> None:
    take(world)
    world.clock.sleep(59)
    with pytest.raises(BusyError):
        world.lock("you", ahead_seconds=ahead).take(purpose="deploy")


def test_a_lease_is_renewed_when_a_third_of_it_is_over_and_not_before(world: World) -> None:
    lease = take(world)
    before = len(world.storage.calls)
    for _ in range(19):
        world.clock.sleep(1)
        lease.renew()
    assert len(world.storage.calls) == before
    world.clock.sleep(1)
    lease.renew()
    assert world.storage.calls[before:] == [f"replace_object {KEY}"]
    world.clock.sleep(59)
    assert world.lock("you").read().is_held


def test_a_renewal_tells_who_has_the_lock_by_now(world: World) -> None:
    lease = take(world)
    world.clock.sleep(63)
    take(world, "you@desk")
    with pytest.raises(LockLostError) as caught:
        lease.renew()
    assert caught.value.message == (
        "the deploy lock of web is not ours any more: "
        "you@desk (deploy of web@sha256:1, https://ci/7) has taken it"
    )
    with pytest.raises(LockLostError):
        lease.renew()
    assert not lease.release()
    assert world.lock("me").read().holder is not None


def test_a_renewal_that_comes_late_is_good_where_nobody_was_faster(world: World) -> None:
    lease = take(world)
    world.clock.sleep(3600)
    lease.renew()
    assert world.lock("you").read().is_held


def test_a_failure_that_passes_is_tried_again_until_the_lease_is_over(world: World) -> None:
    lease = take(world)
    world.clock.sleep(20)
    world.storage.script("replace_object", ThrottledError("slow down"), ThrottledError("no"))
    lease.renew()
    world.clock.sleep(20)
    lease.renew()
    world.clock.sleep(19)
    lease.renew()
    world.clock.sleep(20)
    world.storage.script("replace_object", *[ThrottledError("slow down")] * 9)
    for _ in range(2):
        lease.renew()
        world.clock.sleep(20)
    with pytest.raises(LockLostError, match=r"could not be renewed for 60 s.*slow down"):
        lease.renew()


@pytest.mark.parametrize("error", [refusal(), NoCredentialsError("expired")])
def test_a_failure_that_does_not_pass_is_told_at_once(world: World, error: CloudError) -> None:
    lease = take(world)
    world.clock.sleep(20)
    world.storage.script("replace_object", error)
    with pytest.raises(type(error), match=error.message.replace("(", r"\(").replace(")", r"\)")):
        lease.renew()
    lease.renew()
    assert world.lock("you").read().seconds_left == 62


def test_a_lock_that_is_given_back_keeps_its_number(world: World) -> None:
    lease = take(world)
    assert lease.release()
    assert not lease.release()
    state = world.lock("you").read()
    assert (state.generation, state.holder, state.is_held) == (1, None, False)
    world.clock.sleep(30)
    with pytest.raises(LockLostError, match="was given back"):
        lease.renew()
    assert take(world, "you").generation == 2


@pytest.mark.parametrize("operation", ["create_object", "replace_object"])
def test_a_taking_whose_answer_was_lost_is_known_as_our_own(world: World, operation: str) -> None:
    if operation == "replace_object":
        take(world).release()
    world.storage.lose_answers(operation, TIMEOUT)
    lease = take(world)
    world.clock.sleep(20)
    lease.renew()
    assert lease.release()


def test_a_renewal_whose_answer_was_lost_twice_is_known_as_our_own(world: World) -> None:
    lease = take(world)
    world.clock.sleep(20)
    world.storage.lose_answers("replace_object", TIMEOUT)
    # Reading back fails as well, so for now nobody knows what became of it.
    world.storage.script("read_object", TIMEOUT)
    lease.renew()
    world.clock.sleep(1)
    lease.renew()
    assert lease.release()
    assert world.lock("you").read().holder is None


def test_whoever_is_faster_between_look_and_taking_has_the_lock(world: World) -> None:
    def faster(call: str) -> None:
        if call.startswith("create_object"):
            world.storage.meanwhile = lambda _: None
            take(world, "you@desk")

    world.storage.meanwhile = faster
    with pytest.raises(BusyError, match="you@desk"):
        take(world)


def test_a_lock_is_not_taken_that_was_renewed_between_look_and_taking(world: World) -> None:
    lease = take(world)
    world.clock.sleep(63)

    def faster(call: str) -> None:
        if call.startswith("replace_object"):
            world.storage.meanwhile = lambda _: None
            lease.renew()

    world.storage.meanwhile = faster
    with pytest.raises(BusyError, match="me@laptop"):
        take(world, "you@desk")


def test_a_lock_that_others_have_each_time_a_moment_before_is_given_up(world: World) -> None:
    def faster(call: str) -> None:
        if call.startswith(("create_object", "replace_object")):
            world.storage.meanwhile = lambda _: None
            take(world, "you@desk").release()
            world.storage.meanwhile = faster

    world.storage.meanwhile = faster
    with pytest.raises(CloudError, match="others write it all the time"):
        take(world)
    assert sum(world.clock.slept) < 15


def test_breaking_takes_the_lock_from_its_holder_who_is_told_why(world: World) -> None:
    lease = take(world)
    before = world.lock("boss@desk").break_lock(reason="it hangs", generation=1)
    assert (before.generation, before.is_held) == (1, True)
    state = world.lock("you").read()
    assert (state.generation, state.holder, state.is_held) == (2, None, False)
    assert state.broken is not None
    assert (state.broken.by, state.broken.reason) == ("boss@desk", "it hangs")
    world.clock.sleep(20)
    with pytest.raises(LockLostError, match="boss@desk has broken it: it hangs"):
        lease.renew()
    assert take(world, "you").generation == 3


def test_a_lock_that_nobody_holds_is_not_broken(world: World) -> None:
    assert world.lock("boss").break_lock().generation == 0
    take(world).release()
    assert world.lock("boss").break_lock().holder is None
    assert world.lock("boss").read().generation == 1


def test_a_lock_whose_lease_has_run_out_can_be_broken(world: World) -> None:
    lease = take(world)
    world.clock.sleep(100)
    world.lock("boss").break_lock()
    with pytest.raises(LockLostError):
        lease.renew()


def test_only_the_lock_that_was_looked_at_is_broken(world: World) -> None:
    take(world).release()
    take(world, "you@desk")
    with pytest.raises(BusyError, match="you@desk"):
        world.lock("boss").break_lock(generation=1)
    assert world.lock("boss").read().is_held


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "Expecting value"),
        ("\xff\x00", "Expecting value"),
        ("[]", "names no format"),
        ('{"format": 2}', "it has format 2, and this cdinfra knows format 1"),
        ('{"format": 1, "generation": "7"}', "is missing"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_an_object_that_is_no_lock_is_named(world: World, body: str, why: str) -> None:
    world.put(KEY, body)
    with pytest.raises(InvalidInputError) as caught:
        world.lock("me").read()
    assert caught.value.message.startswith(f"s3://bucket/{KEY}: is not what cdinfra writes there:")
    assert why in caught.value.message


def test_a_lock_that_was_given_back_unheard_is_not_held_again_by_a_renewal(world: World) -> None:
    lease = take(world)
    world.clock.sleep(20)
    world.storage.lose_answers("replace_object", TIMEOUT)
    world.storage.script("read_object", TIMEOUT)
    with pytest.raises(CloudError):
        lease.release()
    with pytest.raises(LockLostError, match="it was given back"):
        lease.renew()
    assert world.lock("you").read().holder is None
