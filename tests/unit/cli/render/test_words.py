from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cli.render.words import clock, count, duration, printable, stamp


@given(st.text())
def test_foreign_text_never_moves_the_cursor_or_starts_a_line(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable() or not shown
    assert printable(shown) == shown


def test_what_was_escaped_can_still_be_told() -> None:
    assert printable("a\nb\x1b[31m\u202e") == "a\\nb\\x1b[31m\\u202e"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0 s"),
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.7, "1 h 00 min"),
        (3720, "1 h 02 min"),
        (48 * 3600 - 1, "47 h 59 min"),
        (100 * 3600, "4 d 04 h"),
    ],
)
def test_a_duration_reads_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_count_agrees_with_its_noun() -> None:
    assert [count(n, "stack") for n in (0, 1, 2)] == ["0 stacks", "1 stack", "2 stacks"]
    assert count(2, "property", "properties") == "2 properties"


def test_times_are_told_in_utc() -> None:
    moment = datetime(2026, 1, 31, 10, 5, tzinfo=timezone(timedelta(hours=1)))
    assert clock(moment) == "09:05:00"
    assert stamp(moment) == "2026-01-31 09:05:00Z"
    assert stamp(None) == ""
    assert stamp(datetime(2026, 1, 31, tzinfo=UTC)).startswith("2026-01-31")
