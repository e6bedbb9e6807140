from collections.abc import Mapping
from typing import Any

import pytest

from cdinfra import App
from cdinfra.errors import FindingsError
from cdinfra.lint import Settings
from cdinfra.model import BuildContext, StackTemplate
from cdinfra.publish.linted import check_publishable

ALONE = Settings(cloud_init=None)


class Topics:
    name = "topics"
    foundational = False

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self.properties = properties

    def build(self, context: BuildContext) -> StackTemplate:
        topic = {"Type": "AWS::SNS::Topic", "Properties": self.properties}
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document={"Resources": {"Topic": topic}},
        )


def app(properties: Mapping[str, Any]) -> App:
    shop = App("shop", env="dev", owner="team")
    shop.add(Topics(properties))
    return shop


def test_an_app_without_errors_may_be_published() -> None:
    assert check_publishable(app({"DisplayName": "News"}), ALONE).findings == ()


def test_an_app_with_errors_is_refused_with_each_of_them_and_its_line() -> None:
    with pytest.raises(FindingsError) as caught:
        check_publishable(app({"Nmae": "x", "Ohter": "y"}), ALONE)
    first, *rest = caught.value.message.splitlines()
    assert first == "lint finds errors, so that nothing is published:"
    assert [line.split()[:3] for line in rest] == [["topics", "E3002", "Topic"]] * 2
    assert all("test_linted.py:" in line for line in rest)
    assert caught.value.exit_code == 8


def test_an_exception_that_the_template_states_lets_it_through() -> None:
    shop = app({"Nmae": "x"})
    shop.allow("E3002", stack=shop.stacks[0], resource="Topic", reason="it is new")
    assert len(check_publishable(shop, ALONE).allowed) == 1
