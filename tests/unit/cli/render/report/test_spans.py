"""Bars of a rollout, whatever somebody has written into the history."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cli.render.report.spans import MOST_TICKS, spans, ticks, whole_seconds
from cdinfra.rollout.events import HostState
from cdinfra.rollout.timeline import HostTimes


def times(*moves: tuple[HostState, float]) -> HostTimes:
    states, since = zip(*moves, strict=True)
    return HostTimes(instance_id="i-1", states=states, since=since)


def test_a_state_lasts_until_the_next_and_the_last_one_until_the_end() -> None:
    host = times((HostState.PULLING, 1), (HostState.SWAPPING, 4), (HostState.DONE, 9))
    assert [(each.state, each.begin, each.end) for each in spans(host, 12)] == [
        (HostState.PULLING, 1, 4),
        (HostState.SWAPPING, 4, 9),
        (HostState.DONE, 9, 12),
    ]


def test_states_of_no_time_are_left_out_but_for_failures_and_the_last() -> None:
    moves = ((HostState.WAITING, 0), (HostState.PULLING, 0), (HostState.FAILED, 5))
    host = times(*moves, (HostState.GOING_BACK, 5), (HostState.BACK, 9))
    assert [each.state for each in spans(host, 9)] == [
        HostState.PULLING,
        HostState.FAILED,
        HostState.GOING_BACK,
        HostState.BACK,
    ]


@given(
    st.lists(st.sampled_from(HostState), max_size=6),
    st.lists(st.floats(), max_size=6),
    st.floats(0.1, 1e9),
)
def test_bars_follow_each_other_within_the_rollout(
    states: list[HostState], since: list[float], whole: float
) -> None:
    host = HostTimes(instance_id="i-1", states=tuple(states), since=tuple(since))
    moments = [edge for each in spans(host, whole) for edge in (each.begin, each.end)]
    assert moments == sorted(moments)
    assert all(0 <= each <= whole for each in moments)


@given(st.floats(0.1, 1e9))
def test_the_axis_begins_with_0_and_has_few_marks_within_the_rollout(whole: float) -> None:
    found = ticks(whole)
    assert found[0] == 0
    assert list(found) == sorted(set(found))
    assert 2 <= len(found) <= MOST_TICKS + 1
    assert found[-1] <= whole + 0.05


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -5.0, 0.0])
def test_a_time_that_is_none_still_has_a_picture(seconds: float, account_of: Any) -> None:
    account = replace(account_of(2), seconds=seconds, times=())
    assert whole_seconds(account) == 0.1
