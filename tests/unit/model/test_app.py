from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.errors import InvalidInputError
from cdinfra.model import App, BuildContext, StackTemplate


@dataclass(frozen=True, kw_only=True)
class Plain:
    name: str
    needs: tuple[str, ...] = ()
    foundational: bool = False

    def build(self, context: BuildContext) -> StackTemplate:
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document={},
            dependencies=self.needs,
            tags=context.all_tags(),
        )


def shop(*stacks: Plain) -> App:
    app = App("shop", env="dev", environments=("dev", "staging"), owner="team", tags={"a": "b"})
    for stack in stacks:
        app.add(stack)
    return app


def refusal(**arguments: object) -> list[str]:
    values = {"name": "shop", "env": "dev", "owner": "team", **arguments}
    with pytest.raises(InvalidInputError) as caught:
        App(values.pop("name"), **values)  # type: ignore[arg-type]
    return [str(each) for each in caught.value.problems]


def test_stacks_are_named_after_app_environment_and_stack() -> None:
    assert [each.stack_name for each in shop(Plain(name="web")).build()] == ["shop-dev-web"]


def test_every_stack_carries_the_apps_tags() -> None:
    (template,) = shop(Plain(name="web")).build()
    assert template.tags == {
        "a": "b",
        "cdinfra:app": "shop",
        "cdinfra:env": "dev",
        "cdinfra:owner": "team",
    }


def test_templates_come_in_an_order_in_which_they_can_be_created() -> None:
    app = shop(Plain(name="web", needs=("network",)), Plain(name="network"))
    assert [each.name for each in app.build()] == ["network", "web"]


def test_every_stack_waits_for_the_foundation() -> None:
    app = shop(Plain(name="web"), Plain(name="base", foundational=True))
    base, web = app.build()
    assert (base.dependencies, web.dependencies) == ((), ("base",))


def test_stacks_in_a_circle_are_refused() -> None:
    app = shop(Plain(name="one", needs=("two",)), Plain(name="two", needs=("one",)))
    with pytest.raises(InvalidInputError, match=r"refer to each other in a circle: .*one"):
        app.build()


def test_a_reference_to_a_stack_that_is_not_added_names_the_nearest() -> None:
    app = shop(Plain(name="web", needs=("netwrk",)), Plain(name="network"))
    with pytest.raises(InvalidInputError) as caught:
        app.build()
    assert caught.value.message == (
        "stacks/web: refers to the stack 'netwrk', which is not added to the app "
        "(did you mean 'network'?)"
    )


def test_two_stacks_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="stacks/web: is added twice"):
        shop(Plain(name="web"), Plain(name="web"))


def test_a_stack_is_returned_as_it_was_added() -> None:
    stack = Plain(name="web")
    assert shop().add(stack) is stack


def test_everything_wrong_is_told_at_once() -> None:
    problems = refusal(name="Shop", env="prod", owner="", tags={"a b": "c", "aws:x": "y"})
    assert [each.split(":")[0] for each in problems] == [
        "app",
        "app/tags/a b",
        "app/tags/aws",
        "env",
        "app/owner",
    ]


def test_a_misspelt_environment_names_the_nearest() -> None:
    (problem,) = refusal(env="stagin", environments=("dev", "staging"))
    assert problem == "env: 'stagin' is not one (did you mean 'staging'?)"


def test_a_setting_is_chosen_by_environment() -> None:
    assert shop().choose({"dev": 1, "staging": 2}) == 1


def test_a_setting_for_an_unknown_environment_and_a_missing_one_are_told() -> None:
    with pytest.raises(InvalidInputError) as caught:
        shop().choose({"dev": 1, "stagin": 2})
    assert [str(each) for each in caught.value.problems] == [
        "choose/stagin: is no environment (did you mean 'staging'?)",
        "choose/staging: has no value",
    ]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_however_stacks_need_one_another_each_comes_after_what_it_needs(
    edges: list[tuple[int, int]],
) -> None:
    needs: dict[int, set[str]] = {number: set() for number in range(10)}
    for left, right in edges:
        if left != right:
            needs[max(left, right)].add(f"s{min(left, right)}")
    stacks = [
        Plain(name=f"s{number}", needs=tuple(needs[number])) for number in reversed(range(10))
    ]
    done: set[str] = set()
    for template in shop(*stacks).build():
        assert set(template.dependencies) <= done
        done.add(template.name)
    assert len(done) == 10
