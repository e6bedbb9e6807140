"""The history: appended to, never changed, chained; and what can be gone back to."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from cdinfra.deploy.plain import sha256
from cdinfra.errors import CloudError, InvalidInputError
from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.state.history import ChainBreak, History

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.rollout.record import Account
    from tests.unit.rollout.state.conftest import World

    Make = Callable[..., Account]


def key(number: int) -> str:
    return f"history/shop-dev-web/{number:010}.json"


@pytest.fixture
def three(world: World, account: Make) -> World:
    """A history of three releases: a, b, c."""
    world.history.append(account("a"))
    world.history.append(account("b", "a", generation=2))
    world.history.append(account("c", "b", generation=5))
    return world


def test_entries_are_numbered_and_each_names_the_one_before_by_hash(
    world: World, account: Make
) -> None:
    first = world.history.append(account("a"))
    second = world.history.append(account("b", "a"))
    assert (first.number, first.previous, second.number) == (1, "", 2)
    assert second.previous == sha256(world.get(key(1)).encode())
    assert world.history.entry(2) == second
    assert json.loads(world.get(key(2)))["account"]["author"]["who"] == "me@laptop"


def test_entries_come_newest_first_and_are_read_when_they_are_wanted(three: World) -> None:
    before = len(three.storage.calls)
    found = list(islice(three.history.entries(), 2))
    assert [each.number for each in found] == [3, 2]
    assert three.storage.calls[before:] == [
        "list_keys history/shop-dev-web/",
        f"read_object {key(3)}",
        f"read_object {key(2)}",
    ]


def test_an_entry_whose_answer_was_lost_is_there_once(world: World, account: Make) -> None:
    world.storage.lose_answers("create_object", CloudError("no answer"))
    assert world.history.append(account("a")).number == 1
    assert [each.number for each in world.history.entries()] == [1]


def test_an_entry_comes_after_one_that_somebody_else_has_added(world: World, account: Make) -> None:
    def faster(call: str) -> None:
        if call.startswith("create_object"):
            world.storage.meanwhile = lambda _: None
            History(world.storage, world.group).append(account("a"))

    world.storage.meanwhile = faster
    assert world.history.append(account("b", "a")).number == 2
    assert world.history.verify() is None


def test_the_newest_generation_is_that_of_the_newest_entry(three: World) -> None:
    assert three.history.newest_generation() == 5


def test_before_the_first_entry_there_is_nothing(world: World) -> None:
    assert list(world.history.entries()) == []
    assert world.history.newest_generation() == 0
    assert world.history.last_good(before=world.release("a")) == ""
    assert world.history.releases_to_keep() == ()
    assert world.history.verify() is None
    with pytest.raises(InvalidInputError) as caught:
        world.history.release_to_go_back_to(None)
    assert "no earlier release" in caught.value.message
    assert "cdinfra deploy web IMAGE" in caught.value.message


def test_going_back_takes_the_release_of_an_entry_or_the_one_before_the_current(
    three: World,
) -> None:
    assert three.history.release_to_go_back_to(None) == three.release("b")
    assert three.history.release_to_go_back_to(1) == three.release("a")
    for number in (0, -1, 4):
        with pytest.raises(InvalidInputError, match=f"{number}: the history of web has no such"):
            three.history.release_to_go_back_to(number)


def test_a_release_that_failed_is_none_to_go_back_to(three: World, account: Make) -> None:
    three.history.append(account("d", "c", outcome=RolloutOutcome.ROLLED_BACK))
    assert three.history.release_to_go_back_to(None) == three.release("b")
    three.history.append(account("e", "c"))
    assert three.history.release_to_go_back_to(None) == three.release("c")


def test_going_back_twice_goes_back_twice_and_not_forward_again(
    three: World, account: Make
) -> None:
    three.history.append(account("b", "c", purpose=Purpose.ROLLBACK))
    assert three.history.release_to_go_back_to(None) == three.release("a")
    three.history.append(account("c", "b"))
    three.history.append(account("d", "c"))
    assert three.history.release_to_go_back_to(None) == three.release("c")


def test_what_ran_before_the_first_rollout_can_be_gone_back_to(world: World, account: Make) -> None:
    world.history.append(account("b", "a"))
    assert world.history.release_to_go_back_to(None) == world.release("a")
    assert world.history.releases_to_keep() == (world.release("b"), world.release("a"))


def test_the_last_three_releases_are_kept(three: World, account: Make) -> None:
    three.history.append(account("d", "c"))
    assert three.history.releases_to_keep() == (
        three.release("d"),
        three.release("c"),
        three.release("b"),
    )


def test_a_whole_chain_has_no_break(three: World) -> None:
    assert three.history.verify() is None


def test_the_first_entry_that_does_not_fit_is_named(three: World) -> None:
    text = three.get(key(2))
    three.put(key(2), text.replace("me@laptop", "you@desk"))
    found = three.history.verify()
    reason = "the entry before it is another one than when it was written"
    assert found == ChainBreak(number=3, reason=reason)
    three.put(key(2), text)
    del three.storage.objects["bucket", key(1)]
    assert three.history.verify() == ChainBreak(number=1, reason="it is missing")


@pytest.mark.parametrize("body", ["nonsense", '{"format": 1}', '{"format": 3}'])
def test_an_object_that_is_no_entry_is_named(three: World, body: str) -> None:
    three.put(key(2), body)
    with pytest.raises(InvalidInputError, match=f"s3://bucket/{key(2)}: is not what cdinfra"):
        list(three.history.entries())
    found = three.history.verify()
    assert found is not None
    assert (found.number, key(2) in found.reason) == (2, True)


def test_an_entry_that_was_copied_to_another_number_is_named(three: World) -> None:
    three.put(key(3), three.get(key(2)))
    with pytest.raises(InvalidInputError, match=f"{key(3)}: says of itself that it is entry 2"):
        three.history.entry(3)
