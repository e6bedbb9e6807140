import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.hosts.balancer.quoting import (
    UnsafeTextError,
    literal_format,
    quoted,
    wildcard_regex,
)

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))


def unquoted(word: str) -> tuple[str, str]:
    """Read a word as HAProxy does: text in single quotes, or one escaped character."""
    text, rest = "", word
    while rest:
        if rest.startswith("'"):
            inner, end, rest = rest[1:].partition("'")
            assert end, word
            text += inner
        elif rest.startswith("\\"):
            text, rest = text + rest[1], rest[2:]
        else:
            return text, rest
    return text, rest


@given(PRINTABLE)
def test_a_quoted_text_is_read_back_as_it_was_and_nothing_stands_beside_it(text: str) -> None:
    assert unquoted(quoted(text)) == (text, "")


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\0b", "a\tb", "\x7f", "caf\xe9"])
def test_what_could_end_a_line_is_refused(text: str) -> None:
    with pytest.raises(UnsafeTextError, match="not printable ASCII"):
        quoted(text)


@given(PRINTABLE)
def test_a_literal_format_holds_no_variable(text: str) -> None:
    assert "%" not in literal_format(text).replace("%%", "")


@pytest.mark.parametrize(
    ("pattern", "regex"),
    [("/", "^/$"), ("/a.b", r"^/a\.b$"), ("*", "^.*$"), ("/?(", r"^/.\($"), ("", "^$")],
)
def test_only_stars_and_question_marks_are_wild(pattern: str, regex: str) -> None:
    assert wildcard_regex(pattern) == regex
