from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.hosts.commands.output import (
    PLUGIN_BYTES,
    STDERR_BYTES,
    STDOUT_BYTES,
    shown,
    shown_together,
)


def test_output_below_the_limit_is_whole() -> None:
    assert shown(b"x" * (STDOUT_BYTES - 1), STDOUT_BYTES) == "x" * (STDOUT_BYTES - 1)


def test_output_at_the_limit_is_cut_and_says_so() -> None:
    text = shown(b"x" * STDERR_BYTES, STDERR_BYTES)
    assert len(text) == STDERR_BYTES
    assert text.endswith("xxx--output truncated--")


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert shown(b"a\xffb", STDOUT_BYTES) == "a\ufffdb"


def test_errors_stand_below_a_title_of_their_own() -> None:
    assert shown_together(b"out\n", b"") == "out\n"
    assert shown_together(b"out\n", b"err\n") == "out\n\n----------ERROR-------\nerr\n"


def test_of_two_long_outputs_the_beginning_of_each_is_shown() -> None:
    text = shown_together(b"o" * 5000, b"e" * 5000)
    out, error = text.split("\n----------ERROR-------\n")
    assert out.endswith("ooo\n---Output truncated---")
    assert error.endswith("eee\n---Error truncated----")


def test_a_short_output_leaves_its_room_to_the_other() -> None:
    assert shown_together(b"o" * 5000, b"err").endswith(
        "ooo\n---Output truncated---\n----------ERROR-------\nerr"
    )
    assert shown_together(b"out", b"e" * 5000).endswith("eee\n---Error truncated----")


@given(st.integers(0, 6000), st.integers(0, 6000))
def test_both_together_are_never_longer_than_the_service_shows(out: int, error: int) -> None:
    text = shown_together(b"o" * out, b"e" * error)
    assert len(text) <= PLUGIN_BYTES
    is_whole = text.count("o") - text.count("out") >= 0 and "truncated" not in text
    assert is_whole == (out + error + (24 if error else 0) < PLUGIN_BYTES)
