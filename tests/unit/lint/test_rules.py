"""Each rule finds what it should, and nothing where all is well: ``cases`` has both."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdinfra.lint import Rule, Template
from cdinfra.lint.exceptions import broken_exemptions
from cdinfra.lint.rules import RULES
from cdinfra.model.template_text import load_body

CASES = Path(__file__).parent / "cases"
_SIZE = re.compile(r"TEXT OF (\d+) BYTES")


def cases(kind: str) -> list[object]:
    """Return the templates of one kind, as parameters of a test."""
    return [
        pytest.param(rule, document, id=f"{rule.id}-{number}")
        for rule in RULES
        for number, document in enumerate(load_cases(rule.id)[kind], start=1)
    ]


def load_cases(rule: str) -> dict[str, list[Any]]:
    text = (CASES / f"{rule}.yaml").read_text(encoding="utf-8")
    sized = _SIZE.sub(lambda found: "#!" + "x" * (int(found[1]) - 2), text)
    return load_body(sized)


def as_template(document: Any) -> Template:
    return Template(name="web", document=document)


@pytest.mark.parametrize(("rule", "document"), cases("fails"))
def test_a_rule_finds_one_thing_and_says_where(rule: Rule, document: Any) -> None:
    (hit,) = rule.check(as_template(document))
    assert hit.message
    assert not hit.message.endswith(".")
    section, name, *_ = hit.path
    assert name in document[str(section)]


@pytest.mark.parametrize(("rule", "document"), cases("passes"))
def test_a_rule_finds_nothing_where_all_is_well(rule: Rule, document: Any) -> None:
    assert list(rule.check(as_template(document))) == []


def test_every_case_is_one_of_a_rule() -> None:
    assert {file.stem for file in CASES.iterdir()} == {rule.id for rule in RULES}


def test_ids_are_in_order_and_none_is_given_twice() -> None:
    ids = [rule.id for rule in RULES]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
def test_what_people_read_of_a_rule_are_sentences(rule: Rule) -> None:
    for text in (rule.title, rule.reason):
        assert text[0].isupper() or text.startswith("cloud-init")
        assert text.endswith((".", "…)."))
    assert rule.source
    assert not rule.source.endswith(".")


WORDS = sorted(
    {
        word
        for rule in RULES
        for word in re.findall(r"[A-Z][A-Za-z]+(?:::[A-Za-z0-9]+)*", str(load_cases(rule.id)))
    }
)
"""Every type, property and value that the cases name: what rules look for."""

TYPES = [word for word in WORDS if "::" in word]
VALUES = st.recursive(
    st.sampled_from(
        [None, True, 3, "*", "", "#cloud-config\na: 1", "0.0.0.0/0", {"Ref": "A"}, *WORDS]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=20,
)
RESOURCES = st.dictionaries(
    st.sampled_from("AB"),
    VALUES | st.fixed_dictionaries({"Type": st.sampled_from(TYPES), "Properties": VALUES}),
    max_size=2,
)


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {"Resources": RESOURCES | VALUES, "Parameters": VALUES, "Metadata": VALUES}
    )
)
def test_rules_stand_any_shape_of_template(document: Any) -> None:
    template = as_template(document)
    for rule in RULES:
        for hit in rule.check(template):
            assert hit.path
    assert all(hit.message for hit in broken_exemptions(template))
