"""Every kind of source that a parameter can have stands in a manifest, there and back."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.errors import InvalidInputError
from cdinfra.model import ParameterSource
from cdinfra.publish.sources import KINDS, parse_source, source_object

ANY_SOURCE = st.one_of([st.from_type(kind) for kind in get_args(ParameterSource)])


@given(source=ANY_SOURCE)
def test_a_source_comes_back_as_it_was(source: ParameterSource) -> None:
    written = json.loads(json.dumps(source_object(source)))
    assert parse_source("here", written) == source


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len(KINDS) == len(get_args(ParameterSource))
    assert {"literal", "output_reference", "retained"} <= KINDS.keys()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (7, "here: is no source of a parameter"),
        ({"value": "x"}, "here: is no source of a parameter"),
        ({"kind": "litral", "value": "x"}, "here/kind: 'litral' is none (did you mean 'literal'?)"),
        ({"kind": "literal"}, "here: has other members than a literal: value"),
        ({"kind": "literal", "value": "x", "y": 1}, "here: has other members than a literal: y"),
    ],
)
def test_what_is_no_source_is_refused_with_its_place(value: object, told: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_source("here", value)
    assert caught.value.message == told
