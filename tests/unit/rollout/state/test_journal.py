"""The journals: what is meant to be done, read again by whoever goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cdinfra.errors import CloudError, InvalidInputError, LockLostError
from cdinfra.rollout.events import Phase, RolloutOutcome
from cdinfra.rollout.state.journal import Journals

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.rollout.record import Record
    from tests.unit.rollout.state.conftest import World

KEY = "rollouts/shop-dev-web/0000000007.json"


def test_a_journal_is_read_as_it_was_written(world: World, record: Callable[..., Record]) -> None:
    world.journals.write(record(7))
    assert world.journals.newest() == record(7)
    assert world.journals.read(7) == record(7)
    assert world.journals.read(6) is None
    assert json.loads(world.get(KEY))["format"] == 1


def test_a_journal_is_written_again_as_the_rollout_goes_on(
    world: World, record: Callable[..., Record]
) -> None:
    world.journals.write(record(7))
    later = replace(record(7), phase=Phase.SWAP, batch=2, has_changed=True)
    world.journals.write(later)
    assert Journals(world.storage, world.group).newest() == later
    writes = [each for each in world.storage.calls if "read" not in each and "list" not in each]
    assert writes == [f"create_object {KEY}", f"replace_object {KEY}"]


def test_a_journal_that_somebody_else_writes_is_a_lost_lock(
    world: World, record: Callable[..., Record]
) -> None:
    world.journals.write(record(7))
    with pytest.raises(LockLostError, match=KEY):
        Journals(world.storage, world.group).write(record(7, RolloutOutcome.DEPLOYED))
    world.put(KEY, "{}")
    with pytest.raises(LockLostError, match="written by somebody else"):
        world.journals.write(record(7, RolloutOutcome.DEPLOYED))


def test_a_journal_that_was_read_can_be_finished(
    world: World, record: Callable[..., Record]
) -> None:
    world.journals.write(record(7))
    other = Journals(world.storage, world.group)
    assert other.newest() is not None
    other.write(record(7, RolloutOutcome.DEPLOYED))
    assert world.journals.newest_unfinished() is None


@pytest.mark.parametrize("operation", ["create_object", "replace_object"])
def test_a_writing_whose_answer_was_lost_is_known_as_our_own(
    world: World, record: Callable[..., Record], operation: str
) -> None:
    world.storage.lose_answers(operation, CloudError("no answer"))
    world.journals.write(record(7))
    world.journals.write(record(7, RolloutOutcome.DEPLOYED))
    assert world.journals.newest() == record(7, RolloutOutcome.DEPLOYED)


def test_the_newest_journal_says_what_is_unfinished(
    world: World, record: Callable[..., Record]
) -> None:
    assert world.journals.newest() is world.journals.newest_unfinished() is None
    world.journals.write(record(1))
    assert world.journals.newest_unfinished() == record(1)
    world.journals.write(record(3, RolloutOutcome.DEPLOYED))
    assert world.journals.newest_unfinished() is None
    world.journals.write(record(4, RolloutOutcome.INTERRUPTED))
    assert world.journals.newest_unfinished() == record(4, RolloutOutcome.INTERRUPTED)


def test_a_rollout_that_changed_nothing_does_not_hide_one_that_crashed(
    world: World, record: Callable[..., Record]
) -> None:
    world.journals.write(record(1, RolloutOutcome.DEPLOYED))
    world.journals.write(record(2))
    world.journals.write(record(3, RolloutOutcome.NOTHING_CHANGED))
    assert world.journals.newest_unfinished() == record(2)
    world.journals.write(record(4, RolloutOutcome.ROLLED_BACK))
    assert world.journals.newest_unfinished() is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"purpose": "conquer"}, "/purpose: is of the wrong type"),
        ({"began_at": "yesterday"}, "/began_at: is no moment"),
        ({"began_at": "2026-01-31T09:00:00"}, "/began_at: is no moment"),
        ({"surprise": 1}, "/surprise: is not known"),
        ({"format": 2}, "it has format 2"),
        ({"batches": [["i-1"], "i-2"]}, "/batches/1: is of the wrong type"),
    ],
)
def test_an_object_that_is_no_journal_is_named(
    world: World, record: Callable[..., Record], change: dict[str, object], why: str
) -> None:
    world.journals.write(record(7))
    world.put(KEY, json.dumps({**json.loads(world.get(KEY)), **change}))
    with pytest.raises(InvalidInputError) as caught:
        world.journals.newest_unfinished()
    assert caught.value.message.startswith(f"s3://bucket/{KEY}: ")
    assert why in caught.value.message
    world.put(KEY, "nonsense")
    with pytest.raises(InvalidInputError, match=KEY):
        world.journals.newest()


def test_what_lies_beside_the_journals_is_none(world: World, record: Callable[..., Record]) -> None:
    world.journals.write(record(7))
    world.put("rollouts/shop-dev-web/notes.json", "{}")
    world.put("rollouts/shop-dev-web-2/0000000009.json", "{}")
    assert world.journals.newest() == record(7)
