from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.cloudformation.drift import PropertyDifference
from cdinfra.local.cloudformation.redaction import redacted, redacted_difference

VALUES = st.recursive(
    st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
)


@given(VALUES, VALUES)
def test_without_a_secret_all_is_shown(value: Any, found: Any) -> None:
    assert redacted(value, value, found) == found


@pytest.mark.parametrize(
    ("secret", "shown", "found", "expected"),
    [
        ({"a": "s", "b": 1}, {"a": "****", "b": 1}, {"a": "t", "b": 2}, {"a": "****", "b": 2}),
        ({"a": ["s", "x"]}, {"a": ["****", "x"]}, {"a": ["x", "s"]}, {"a": "****"}),
        ({"a": {"b": "s"}}, {"a": {"b": "****"}}, {"a": "s"}, {"a": "****"}),
        ({"a": ["s", "t"]}, {"a": "****"}, {"a": ["s"], "c": 1}, {"a": "****", "c": 1}),
    ],
)
def test_what_stands_where_a_secret_stands_is_not_shown(
    secret: Any, shown: Any, found: Any, expected: Any
) -> None:
    assert redacted(secret, shown, found) == expected


@pytest.mark.parametrize(
    ("path", "value"),
    [("/a/plain", "1"), ("/a/secret", "****"), ("/list/0", "****"), ("/a", "****"), ("/b/0", "1")],
)
def test_a_difference_shows_its_values_where_no_secret_stands(path: str, value: str) -> None:
    given_ = {"a": {"plain": "1", "secret": "s"}, "list": ["s"], "b": ["x"]}
    shown = {"a": {"plain": "1", "secret": "****"}, "list": ["****"], "b": ["x"]}
    difference = PropertyDifference(
        path=path, expected="1", actual="1", difference_type="NOT_EQUAL"
    )
    found = redacted_difference(given_, shown, difference)
    assert (found.expected, found.actual) == (value, value)
