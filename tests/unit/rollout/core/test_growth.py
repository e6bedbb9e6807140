"""How many calls a rollout makes: they grow with pages and batches, not with hosts."""

from collections import Counter

import pytest

from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.fake_group import FakeGroup
from cdinfra.rollout.hands import GROUP
from cdinfra.rollout.strategy import Strategy

SIZES = (1_000, 10_000)


@pytest.fixture(scope="module")
def calls() -> dict[int, Counter[str]]:
    """Return how often each call was made, by the number of hosts."""
    made = {}
    for hosts in SIZES:
        group = FakeGroup(hosts)
        rollouts = group.rollouts()
        result = rollouts.carry_out(rollouts.plan_deploy(":v2", Strategy()))
        assert result.outcome is RolloutOutcome.DEPLOYED
        assert result.changed == hosts
        made[hosts] = group.fleet.calls
    return made


@pytest.mark.parametrize("hosts", SIZES)
def test_calls_grow_with_pages_and_batches(calls: dict[int, Counter[str]], hosts: int) -> None:
    made, pages, batches = calls[hosts], -(-hosts // GROUP), 5
    # Every host is sent to once a step, in groups; each batch ends with a group of its own.
    assert made["transport.send pull"] == pages
    assert made["transport.send deploy"] <= pages + batches
    # Before it, after each batch, and at the end but for the last batch.
    assert made["transport.send status"] <= 3 * (pages + batches)
    assert made["journal.write"] == batches + 4
    assert made["tagger.tag_hosts"] == 1
    assert made["fleet.list_hosts"] == 5
    assert made["history.append"] == 1


def test_ten_times_the_hosts_make_less_than_five_times_the_calls(
    calls: dict[int, Counter[str]],
) -> None:
    assert {hosts: sum(each.values()) for hosts, each in calls.items()} == {1_000: 126, 10_000: 568}
