from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.errors import InvalidInputError
from cdinfra.model import BuildContext, check_name
from cdinfra.model.names import NAME_MAX_LENGTH, name_problems, tag_problems

STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")

VALID = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True).filter(
    lambda name: len(name) <= NAME_MAX_LENGTH
)


@given(app=VALID, env=VALID, stack=VALID)
def test_valid_names_always_make_a_name_that_cloudformation_takes(
    app: str, env: str, stack: str
) -> None:
    for name in (app, env, stack):
        assert check_name("name", name) == name
    context = BuildContext(app=app, env=env, owner="team")
    assert STACK_NAME.fullmatch(context.stack_name(stack))


@given(st.text(max_size=40))
def test_whatever_is_accepted_is_safe_everywhere(name: str) -> None:
    if not name_problems("name", name):
        assert re.fullmatch(r"[a-z0-9-]{1,32}", name)
        assert name[0].isalpha()
        assert "--" not in name
        assert not name.endswith("-")


@pytest.mark.parametrize(
    "name", ["", "Web", "1web", "web-", "-web", "web--api", "web_api", "wéb", "web\n", "w" * 33]
)
def test_a_name_that_aws_would_forbid_somewhere_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_name("stack", name)
    assert caught.value.problems[0].path == "stack"
    assert caught.value.problems[0].hint


def test_a_name_that_is_no_string_is_refused() -> None:
    (problem,) = name_problems("stack", 7)
    assert problem.message == "7 is not a string"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cost center", "x"),
        ("a/b", "x"),
        ("", "x"),
        ("k" * 129, "x"),
        ("AWS:x", "x"),
        ("cdinfra:release", "x"),
        ("key", "v" * 257),
        ("key", None),
    ],
)
def test_a_tag_that_an_instance_could_not_carry_is_refused(key: str, value: str) -> None:
    (problem,) = tag_problems("tags", {key: value})
    assert problem.path == f"tags/{key}"


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z][A-Za-z0-9+=.,_@-]{0,20}", fullmatch=True), st.text(max_size=256)
    )
)
def test_every_other_tag_is_taken(tags: dict[str, str]) -> None:
    assert tag_problems("tags", tags) == ()
