"""The page about plans names every member of the file, and every effect of user data."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from cdinfra.cli.render.user_data import MEANINGS
from cdinfra.deploy.plan import StackAction
from cdinfra.deploy.plan_file import FORMAT, LEFT_OUT
from cdinfra.deploy.saved_plan import SavedPlan, SavedStack
from cdinfra.deploy.user_data_change import SettingChange, UserDataChange
from cdinfra.errors import RefusedError

PAGE = (Path(__file__).parents[3] / "docs" / "plans.md").read_text(encoding="utf-8")
MEMBERS = {each.name for kind in (SavedPlan, StackAction, SavedStack) for each in fields(kind)} - {
    *LEFT_OUT,
    "action",
}


@pytest.mark.parametrize("member", sorted(MEMBERS))
def test_every_member_of_the_file_has_a_row(member: str) -> None:
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    assert f"`{member}`" in ", ".join(cells)


def test_the_version_of_the_form_is_told() -> None:
    assert f"version of this form: {FORMAT} |" in PAGE


@pytest.mark.parametrize("kind", [UserDataChange, SettingChange])
def test_every_member_of_changed_user_data_is_told(kind: type) -> None:
    for each in fields(kind):
        assert f"`{each.name}`" in PAGE


def test_what_a_change_of_user_data_means_is_told() -> None:
    shortened = {meaning.split(",")[0].split(";")[0] for meaning in MEANINGS.values()}
    told = {each.replace("the instance is stopped", "it is stopped") for each in shortened}
    assert {each for each in told if each not in PAGE} == set()


def test_the_exit_code_of_a_refusal_is_told() -> None:
    assert PAGE.count(f"exit code {RefusedError.exit_code}") == 2
