from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.errors import InvalidInputError
from cdinfra.model import App, BuildContext, StackTemplate
from cdinfra.model.checks import app_problems, choice_problems, definition_problems

ANYTHING = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=5),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)


@dataclass(frozen=True)
class Given:
    """A stack whose build returns what it is given."""

    built: Any
    name: Any = "web"
    foundational: bool = False

    def build(self, context: BuildContext) -> StackTemplate:  # noqa: ARG002 - as the protocol says
        return self.built  # type: ignore[no-any-return]


def template(**changes: Any) -> StackTemplate:
    values = {"name": "web", "stack_name": "shop-dev-web", "document": {}, **changes}
    return StackTemplate(**values)


def refusal(stack: Any) -> str:
    app = App("shop", env="dev", owner="team")
    with pytest.raises(InvalidInputError) as caught:
        built(app, stack)
    return caught.value.message


def built(app: App, stack: Any) -> tuple[StackTemplate, ...]:
    app.add(stack)
    return app.build()


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"name": 5}, "app"),
        ({"environments": "dev"}, "app/environments"),
        ({"environments": None}, "app/environments"),
        ({"environments": ("dev", 5)}, "app/environments"),
        ({"owner": 5}, "app/owner"),
        ({"owner": ""}, "app/owner"),
        ({"region": 7}, "app/region"),
        ({"region": ""}, "app/region"),
        ({"tags": ["a"]}, "app/tags"),
        ({"env": None}, "env"),
    ],
)
def test_a_wrong_type_is_told_by_its_path(arguments: dict[str, Any], path: str) -> None:
    values = {"name": "shop", "env": "dev", "owner": "team", **arguments}
    with pytest.raises(InvalidInputError) as caught:
        App(values.pop("name"), **values)
    assert [each.path for each in caught.value.problems] == [path]


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_whatever_an_app_is_given_is_judged(
    name: object, env: object, environments: object, owner: object, region: object, tags: object
) -> None:
    problems = app_problems(
        name, env=env, environments=environments, owner=owner, region=region, tags=tags
    )
    assert all(each.path and each.message for each in problems)


@pytest.mark.parametrize(
    ("stack", "told"),
    [
        (None, "stacks: None is no stack"),
        ("network", "stacks: 'network' is no stack"),
        (Given, "stacks: Given is a class (make one: Given(…))"),
        (Given(None, name="Web_1"), "stacks/Web_1: 'Web_1' is not a valid name"),
        (Given(None, name=None), "stacks/None: None is not a string"),
        (Given(None), "stacks/web: its build returns NoneType, not a StackTemplate"),
        (Given(template(name="other")), "stacks/web: its template is called 'other'"),
        (Given(template(stack_name="a b!")), "stacks/web: its template is called 'web', 'a b!'"),
        (
            Given(template(document={"A": {1, 2}})),
            "stacks/web: its template is no JSON: Object of type set",
        ),
    ],
)
def test_what_is_no_stack_is_refused(stack: object, told: str) -> None:
    assert refusal(stack).startswith(told)


def test_a_template_without_tags_gets_those_by_which_it_is_found_again() -> None:
    app = App("shop", env="dev", owner="team")
    app.add(Given(template(tags={"own": "x"})))
    (built,) = app.build()
    assert built.tags == {**app.context.all_tags(), "own": "x"}


def test_templates_are_built_once_until_a_stack_is_added() -> None:
    app = App("shop", env="dev", owner="team")
    app.add(Given(template()))
    assert app.build() is app.build()
    app.add(Given(template(name="two", stack_name="shop-dev-two"), name="two"))
    assert [each.name for each in app.build()] == ["web", "two"]


@given(ANYTHING)
def test_whatever_is_no_stack_is_told(value: object) -> None:
    assert definition_problems(value)


def test_a_choice_that_is_no_dict_is_told() -> None:
    (problem,) = choice_problems(["dev"], ("dev",))
    assert str(problem).startswith("choose: ['dev'] is no dict")
