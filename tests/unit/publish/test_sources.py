"""Every kind of source that a parameter can have stands in a manifest, there and back."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.errors import InvalidInputError
from cdinfra.model import (
    FromEnvironment,
    FromFile,
    FromSsm,
    Literal,
    OutputReference,
    ParameterSource,
    Retained,
    StackOutput,
)
from cdinfra.publish.sources import KINDS, parse_source, source_object

WORDS = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,9}", fullmatch=True)
STRATEGIES: dict[type, st.SearchStrategy[ParameterSource]] = {
    Literal: st.from_type(Literal),
    OutputReference: st.from_type(OutputReference),
    Retained: st.from_type(Retained),
    FromEnvironment: st.builds(FromEnvironment, WORDS, default=st.none() | st.text()),
    FromFile: st.builds(FromFile, WORDS.map("{}.yaml".format), key=st.none() | WORDS),
    FromSsm: st.builds(FromSsm, WORDS.map("/{}".format)),
    StackOutput: st.builds(
        StackOutput, WORDS, WORDS, region=st.sampled_from([None, "us-east-1", "eu-west-2"])
    ),
}
ANY_SOURCE = st.one_of([STRATEGIES[kind] for kind in get_args(ParameterSource)])


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
