from hypothesis import given
from hypothesis import strategies as st

from cdinfra.aws.connection import Clients, Connection
from cdinfra.local.resources.contract import Request
from cdinfra.local.resources.tags import (
    own_tags,
    shown_tags,
    stale_tags,
    tag_list,
    tag_mapping,
    wanted_tags,
)

TAGS = st.dictionaries(st.text(min_size=1), st.text())


def request(own: dict[str, str], stack: dict[str, str]) -> Request:
    return Request(
        logical_id="Thing",
        stack_name="shop",
        stack_id="arn",
        region="eu-central-1",
        account="123456789012",
        properties={"Tags": tag_list(own)},
        tags=stack,
        clients=Clients(Connection()),
        token="t",
    )


@given(own=TAGS, stack=TAGS)
def test_a_resource_has_the_tags_of_its_stack_and_its_own_win(
    own: dict[str, str], stack: dict[str, str]
) -> None:
    assert wanted_tags(request(own, stack)) == {**stack, **own}


@given(own=TAGS, stack=TAGS)
def test_what_is_shown_of_the_wanted_tags_is_what_the_template_says(
    own: dict[str, str], stack: dict[str, str]
) -> None:
    asked = request(own, stack)
    assert shown_tags(asked, wanted_tags(asked)) == own


@given(own=TAGS)
def test_a_tag_of_somebody_else_is_shown_and_taken_off(own: dict[str, str]) -> None:
    actual = {"strange key": "x", "aws:made": "by AWS", **own}
    assert shown_tags(request(own, {}), actual) == {"strange key": "x", **own}
    expected = [] if "strange key" in own else ["strange key"]
    assert stale_tags(own, actual) == expected


@given(own=TAGS)
def test_tags_are_the_same_as_a_list_and_as_a_mapping(own: dict[str, str]) -> None:
    assert tag_mapping(tag_list(own)) == own
    assert own_tags(request(own, {})) == own


def test_a_resource_has_its_stacks_tags_and_its_own() -> None:
    asked = request({"a": "b"}, {"aws:cloudformation:stack-name": "shop", "app": "shop"})
    assert wanted_tags(asked) == {
        "aws:cloudformation:stack-name": "shop",
        "app": "shop",
        "a": "b",
    }
