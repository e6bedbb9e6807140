from dataclasses import dataclass
from typing import Any

import pytest

from cdinfra.errors import InvalidInputError
from cdinfra.model import App, BuildContext, StackTemplate
from cdinfra.model.lint_exceptions import LintException, with_exceptions

DOCUMENT: dict[str, Any] = {
    "Resources": {"Log": {"Type": "AWS::Logs::LogGroup", "Metadata": {"team": "ops"}}, "Other": {}}
}


@dataclass(frozen=True)
class Logs:
    name: str = "logs"
    foundational: bool = False

    def build(self, context: BuildContext) -> StackTemplate:
        stack_name = context.stack_name(self.name)
        return StackTemplate(name=self.name, stack_name=stack_name, document=DOCUMENT)


def app() -> App:
    return App("shop", env="dev", owner="team")


def test_an_exception_becomes_metadata_beside_what_is_there() -> None:
    stated = with_exceptions(
        "stacks/logs",
        DOCUMENT,
        (
            LintException(rule="CD404", reason="an audit", resource="Log"),
            LintException(rule="CD405", reason="a test", resource="Log"),
            LintException(rule="CD601", reason="one account"),
        ),
    )
    assert stated["Resources"]["Log"]["Metadata"] == {
        "team": "ops",
        "cdinfra": {"lint": {"allow": {"CD404": "an audit", "CD405": "a test"}}},
    }
    assert stated["Metadata"] == {"cdinfra": {"lint": {"allow": {"CD601": "one account"}}}}
    assert "cdinfra" not in DOCUMENT["Resources"]["Log"]["Metadata"]


def test_without_exceptions_a_template_stays_as_it_is() -> None:
    assert with_exceptions("stacks/logs", DOCUMENT, ()) == DOCUMENT


def test_everything_that_is_wrong_with_exceptions_is_told_at_once() -> None:
    wrong = (
        LintException(rule="CD404", reason="an audit", resource="Lgo"),
        LintException(rule="CD405", reason=" "),
    )
    with pytest.raises(InvalidInputError) as caught:
        with_exceptions("stacks/logs", DOCUMENT, wrong)
    assert [str(problem) for problem in caught.value.problems] == [
        "stacks/logs/allow/CD404: 'Lgo' is no resource of the template (did you mean 'Log'?)",
        "stacks/logs/allow/CD405: has no reason (say why it is right here)",
    ]


def test_an_app_allows_what_is_found_in_one_of_its_stacks() -> None:
    shop = app()
    logs = shop.add(Logs())
    shop.build()
    shop.allow("CD404", stack=logs, resource="Log", reason="an audit wants them")
    (template,) = shop.build()
    allow = template.document["Resources"]["Log"]["Metadata"]["cdinfra"]["lint"]["allow"]
    assert allow == {"CD404": "an audit wants them"}


def test_a_stack_that_is_not_added_cannot_be_allowed_anything() -> None:
    shop = app()
    shop.add(Logs())
    with pytest.raises(InvalidInputError, match="not added to the app"):
        shop.allow("CD404", stack=Logs("others"), reason="an audit")
    with pytest.raises(InvalidInputError, match="not added to the app"):
        shop.allow("CD404", stack="logs", reason="an audit")  # type: ignore[arg-type]


def test_rules_of_ones_own_are_kept_as_they_are_given() -> None:
    shop = app()
    shop.lint_with("one", "two")
    shop.lint_with("three")
    assert shop.lint_rules == ("one", "two", "three")
