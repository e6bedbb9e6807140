import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.resources.contract import ResourceError
from cdinfra.local.resources.durations import duration_seconds


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_hours_minutes_and_seconds_add_up(hours: int, minutes: int, seconds: int) -> None:
    text = f"PT{hours}H{minutes}M{seconds}S"
    assert duration_seconds(text) == hours * 3600 + minutes * 60 + seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "15M", "PT15", "PT1.5M", "-PT1M"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ResourceError, match="no ISO 8601 duration"):
        duration_seconds(text)


def test_days_count_too() -> None:
    assert duration_seconds("P1DT1S") == 86_401
