from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.deploy.plain import as_bytes, plain, restored, walk
from cdinfra.deploy.plan import Replacement
from cdinfra.model import Hook, OutputReference, StackSettings, When


@dataclass(frozen=True, kw_only=True)
class Leaf:
    name: str
    replacement: Replacement = Replacement.NEVER


@dataclass(frozen=True, kw_only=True)
class Tree:
    leaves: tuple[Leaf, ...]
    note: str | None = None
    count: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)
    anything: Mapping[str, Any] = field(default_factory=dict)


LEAVES = st.builds(Leaf, name=st.text(), replacement=st.sampled_from(Replacement))
TREES = st.builds(
    Tree,
    leaves=st.lists(LEAVES, max_size=3).map(tuple),
    note=st.none() | st.text(),
    count=st.integers(),
    tags=st.dictionaries(st.text(), st.text(), max_size=3),
)


@given(TREES)
def test_a_value_comes_back_from_json_as_it_was(tree: Tree) -> None:
    assert restored(Tree, plain(tree)) == tree


def test_a_member_that_has_a_default_may_be_missing() -> None:
    assert restored(Tree, {"leaves": []}) == Tree(leaves=())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], ": is no object"),
        ({}, "/leaves: is missing"),
        ({"leaves": [], "age": 1}, "/age: is not known"),
        ({"leaves": "x"}, "/leaves: is of the wrong type"),
        ({"leaves": [{"name": 1}]}, "/leaves/0/name: is of the wrong type"),
        ({"leaves": [{"name": "a", "replacement": "x"}]}, "/leaves/0/replacement: is of"),
        ({"leaves": [], "count": True}, "/count: is of the wrong type"),
        ({"leaves": [], "tags": {"a": None}}, "/tags/a: is of the wrong type"),
        ({"leaves": [], "note": 3}, "/note: is of the wrong type"),
    ],
)
def test_json_of_another_form_is_refused_with_its_place(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        restored(Tree, value)


def test_the_same_document_gives_the_same_bytes() -> None:
    assert as_bytes({"b": 1, "a": "ü"}) == '{\n  "b": 1,\n  "a": "ü"\n}\n'.encode()


def test_what_is_empty_is_a_leaf_too() -> None:
    assert dict(walk({"a": [], "b": {}, "c": [{"d": None}]})) == {
        ".a": [],
        ".b": {},
        ".c[0].d": None,
    }


def test_settings_of_a_stack_come_back_with_references_and_hooks() -> None:
    settings = StackSettings(
        role_arn=OutputReference(stack="roles", output="Arn"),
        notification_arns=("arn:aws:sns:eu-central-1:123456789012:ops",),
        stack_policy={
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}
            ]
        },
        hooks=(Hook(command=("make", "migrate"), when=When.BEFORE),),
    )
    assert restored(StackSettings, plain(settings)) == settings
