from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdinfra.deploy.host_report import HostHealth, HostReport
from cdinfra.errors import InvalidInputError
from cdinfra.rollout.fake_fleet import ZONES, build_host
from cdinfra.rollout.fake_group import GROUP, release
from cdinfra.rollout.image import Image
from cdinfra.rollout.observed import Observed, ObservedHost
from cdinfra.rollout.plan import Purpose, RolloutPlan
from cdinfra.rollout.planner import plan, spread
from cdinfra.rollout.strategy import Share, Strategy, Way

OLD, NEW = release(1), release(2)
NOW = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)

SHARES = st.one_of(
    st.builds(Share, number=st.integers(0, 12_000)),
    st.integers(0, 100).map(lambda number: Share(number=number, is_percent=True)),
)
STRATEGIES = st.builds(Strategy, canary=SHARES, batch=SHARES, max_unavailable=SHARES)


def seen(number: int, *, runs: str = OLD, health: HostHealth = HostHealth.HEALTHY) -> ObservedHost:
    report = HostReport(running=(runs,) if runs else (), desired=runs, health=health, agent="a1")
    return ObservedHost(host=build_host(number), report=report)


def fleet(size: int, *, current: int = 0, is_balanced: bool = False) -> Observed:
    hosts = [seen(number, runs=NEW if number < current else OLD) for number in range(size)]
    return Observed(hosts=tuple(hosts), release=OLD, is_balanced=is_balanced, seen_at=NOW)


def planned(
    observed: Observed, strategy: Strategy | None = None, purpose: Purpose = Purpose.DEPLOY
) -> RolloutPlan:
    return plan(purpose, GROUP, Image(release=NEW), observed, strategy or Strategy())


@settings(max_examples=60, deadline=None)
@given(
    size=st.one_of(st.integers(0, 60), st.integers(0, 10_000)),
    part=st.integers(0, 100),
    strategy=STRATEGIES,
    is_balanced=st.booleans(),
)
def test_every_host_is_in_exactly_one_batch_or_current_and_no_limit_is_passed(
    size: int, part: int, strategy: Strategy, *, is_balanced: bool
) -> None:
    observed = fleet(size, current=size * part // 100, is_balanced=is_balanced)
    made = planned(observed, strategy)
    ids = [each.instance_id for each in (*made.hosts, *made.current)]
    assert sorted(ids) == sorted(each.host.instance_id for each in observed.hosts)
    assert len(made.current) == size * part // 100
    canary, largest = strategy.canary.of(size), max(1, strategy.batch.of(size))
    for each in made.batches:
        assert 1 <= len(each.hosts) <= (canary if each.is_canary else largest)
        assert 1 <= each.at_once <= len(each.hosts)
        assert each.at_once <= max(1, strategy.max_unavailable.of(size))
        assert not is_balanced or size == 1 or each.at_once < size
    assert [each.is_canary for each in made.batches[1:]] == [False] * (len(made.batches) - 1)


@given(size=st.integers(1, 300), portion=st.integers(1, 100))
def test_no_portion_of_a_third_of_the_fleet_takes_a_zone_whole(size: int, portion: int) -> None:
    hosts = spread([seen(number) for number in range(size)])
    step = max(1, min(portion, size // 3))
    in_zone = {zone: [each for each in hosts if each.host.zone == zone] for zone in ZONES}
    for start in range(0, size, step):
        taken = hosts[start : start + step]
        for zone, members in in_zone.items():
            inside = [each for each in taken if each.host.zone == zone]
            assert len(inside) < len(members) or len(members) <= 1


def test_a_small_zone_stands_in_the_middle_and_not_at_an_end() -> None:
    many = [seen(number * 3) for number in range(9)]
    few = [seen(1)]
    assert spread([*many, *few]).index(few[0]) in (4, 5)


def test_the_canary_comes_first_and_bakes() -> None:
    strategy = Strategy(
        canary=Share(number=2), batch=Share(number=50, is_percent=True), bake_seconds=60
    )
    batches = planned(fleet(10), strategy).batches
    assert [len(each.hosts) for each in batches] == [2, 5, 3]
    assert [each.is_canary for each in batches] == [True, False, False]
    assert [each.pause_seconds for each in batches] == [60, 0, 0]


def test_a_canary_of_all_that_is_left_is_none() -> None:
    assert [each.is_canary for each in planned(fleet(1)).batches] == [False]


def test_a_host_that_runs_it_but_is_not_well_changes_too() -> None:
    sick = seen(0, runs=NEW, health=HostHealth.UNHEALTHY)
    made = planned(Observed(hosts=(sick,), release=OLD, seen_at=NOW))
    assert [each.instance_id for each in made.hosts] == [sick.host.instance_id]


def test_a_host_that_runs_it_and_means_to_leave_it_changes_too() -> None:
    report = HostReport(running=(NEW,), desired=OLD, health=HostHealth.HEALTHY)
    host = ObservedHost(host=build_host(0), report=report)
    assert planned(Observed(hosts=(host,), release=OLD, seen_at=NOW)).current == ()


def test_a_redeploy_changes_hosts_that_run_it_already() -> None:
    made = planned(fleet(3, current=3), purpose=Purpose.REDEPLOY)
    assert len(made.hosts) == 3
    assert made.current == ()


def test_what_is_to_be_gone_back_to_is_the_release_of_the_group() -> None:
    assert planned(fleet(2, current=1)).from_release == OLD
    assert [each.from_release for each in planned(fleet(2, current=1)).hosts] == [OLD]


def test_a_way_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="strategy: replace is not there yet"):
        planned(fleet(1), Strategy(way=Way.REPLACE))
