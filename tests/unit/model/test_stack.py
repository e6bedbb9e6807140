from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from cdinfra.model import StackTemplate

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=5), JSON))
def test_the_body_says_what_the_document_says_and_nothing_else(document: dict[str, object]) -> None:
    template = StackTemplate(name="one", stack_name="shop-dev-one", document=document)
    assert json.loads(template.body) == document
    assert (
        template.body
        == StackTemplate(
            name="one", stack_name="shop-dev-one", document=json.loads(template.body)
        ).body
    )


def test_the_body_is_compact_and_keeps_letters_as_they_are() -> None:
    template = StackTemplate(name="one", stack_name="x", document={"a": ["é", 1]})
    assert template.body == '{"a":["é",1]}'
