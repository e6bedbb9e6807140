"""Saved plans: what is in the file, and when it is refused."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.deploy.moved_plan import refuse_elsewhere, refuse_moved
from cdinfra.deploy.plan_file import load_plan, plan_document, save_plan
from cdinfra.deploy.saved_plan import CloudPlace, SavedPlan
from cdinfra.errors import InvalidInputError, MovedPlanError
from cdinfra.model import Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.deploy.conftest import Make, PlainStack, Run

PLACE = CloudPlace(cloud="local", account="123456789012", region="eu-central-1")
SECRET = "correct horse battery staple"


def saved(run: Run, *stacks: PlainStack) -> SavedPlan:
    with run.deployer(*stacks) as deployer:
        return deployer.saved(deployer.preview(deployer.plan_up()), PLACE)


def vault(make: Make, password: str = SECRET, *, topic: str = "news") -> PlainStack:
    declared = {"Password": {"Type": "String", "NoEcho": True, "Default": "also " + SECRET}}
    topics = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": topic}}}
    return make.plain(
        name="vault",
        document={"Parameters": declared, "Resources": topics},
        parameters={"Password": Literal(value=password)},
    )


def moved(before: SavedPlan, after: SavedPlan) -> list[str]:
    with pytest.raises(MovedPlanError) as refused:
        refuse_moved(before, after)
    return refused.value.message.splitlines()


def test_a_plan_comes_back_from_its_file_as_it_was(run: Run, make: Make, tmp_path: Path) -> None:
    run.up(make.network(), make.consumer("web"))
    plan = saved(run, make.network(subnets=3), make.consumer("web"), vault(make))
    save_plan(tmp_path / "plan.json", plan)
    assert load_plan(tmp_path / "plan.json") == plan
    refuse_moved(load_plan(tmp_path / "plan.json"), plan)


def test_only_its_owner_can_read_the_file_and_nothing_is_left_beside_it(
    run: Run, make: Make, tmp_path: Path
) -> None:
    file = tmp_path / "plan.json"
    file.write_text("an older one")
    file.chmod(0o644)
    save_plan(file, saved(run, make.network()))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_the_same_plan_gives_the_same_bytes(run: Run, make: Make, tmp_path: Path) -> None:
    run.up(make.network())
    files = [tmp_path / name for name in ("one.json", "two.json")]
    for file in files:
        save_plan(file, saved(run, make.network(subnets=2), vault(make)))
    assert files[0].read_bytes() == files[1].read_bytes()


def test_no_hidden_value_is_in_the_file(run: Run, make: Make) -> None:
    run.up(vault(make, "the old " + SECRET))
    document = plan_document(saved(run, vault(make, topic="other")))
    assert SECRET not in json.dumps(document)
    (stack,) = document["stacks"]
    assert stack["parameters"]["Password"].startswith("scrypt:")
    assert stack["template"]["Parameters"]["Password"]["Default"] == "****"


def test_a_hidden_value_that_the_cloud_shows_is_masked_in_the_file(run: Run, make: Make) -> None:
    run.up(vault(make))
    # The double shows what a template says, so here it is as if CloudFormation masked nothing.
    told = saved(run, vault(make, "pa55", topic="the pa55 is pa55"))
    (change,) = told.stacks[0].action.resources[0].properties
    assert (change.before, change.after) == ("news", "the **** is ****")


def test_a_place_that_cannot_be_written_to_is_told(run: Run, make: Make, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be written: No such file or directory"):
        save_plan(tmp_path / "none" / "plan.json", saved(run, make.network()))


def edited(document: dict[str, Any]) -> None:
    document["stacks"][0]["verb"] = "delete"


def from_the_future(document: dict[str, Any]) -> None:
    document["format"] = 99


def without_hash(document: dict[str, Any]) -> None:
    del document["sha256"]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (edited, "was edited since it was saved: its hash is another"),
        (without_hash, "was edited since it was saved: its hash is another"),
        (from_the_future, "is of format 99, and this cdinfra knows 1"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_is_refused(
    run: Run, make: Make, tmp_path: Path, edit: Callable[[dict[str, Any]], None], message: str
) -> None:
    file = tmp_path / "plan.json"
    save_plan(file, saved(run, make.network()))
    document = json.loads(file.read_bytes())
    edit(document)
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(MovedPlanError, match=message):
        load_plan(file)


@pytest.mark.parametrize(
    ("text", "message"), [("{", "is no JSON"), ("[]", "is no plan"), ("{}", "is no plan")]
)
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(InvalidInputError, match=message):
        load_plan(file)
    with pytest.raises(InvalidInputError, match="cannot be read"):
        load_plan(tmp_path / "none.json")


def test_a_plan_for_another_place_is_refused_before_anything_is_asked(run: Run, make: Make) -> None:
    plan = saved(run, make.network())
    refuse_elsewhere(plan, app="shop", env="dev", place=PLACE)
    other = CloudPlace(cloud="aws", account="999999999999", region="us-east-1")
    with pytest.raises(MovedPlanError) as refused:
        refuse_elsewhere(plan, app="shop", env="staging", place=other)
    assert [each.path for each in refused.value.problems] == ["env", "cloud", "account", "region"]


def test_a_stack_that_moved_is_named_with_what_moved(run: Run, make: Make) -> None:
    run.up(make.network())
    plan = saved(run, make.network(subnets=2))
    run.aws.clock.sleep(60)
    run.up(make.network(vpc={"CidrBlock": "10.9.0.0/16"}))
    told = moved(plan, saved(run, make.network(subnets=2)))
    assert [line.split(":")[0] for line in told] == [
        "stacks/network/deployed/status",
        "stacks/network/deployed/updated_at",
        "stacks/network/deployed/template",
    ]


def test_a_stack_that_is_there_gone_or_another_is_told_in_one_line(run: Run, make: Make) -> None:
    nothing = saved(run, make.single("one"))
    run.up(make.single("one"))
    there = saved(run, make.single("one"))
    assert moved(nothing, there) == [
        "stacks/one/deployed: there was no stack, and now it is CREATE_COMPLETE"
    ]
    assert moved(there, nothing) == ["stacks/one/deployed: was CREATE_COMPLETE, and is gone now"]
    run.up()
    run.up(make.single("one"))
    assert moved(there, saved(run, make.single("one"))) == [
        "stacks/one/deployed: was deleted and made anew since"
    ]


def test_a_template_that_infra_py_builds_otherwise_now_is_named(run: Run, make: Make) -> None:
    run.up(make.network())
    plan = saved(run, make.network(subnets=2))
    (line,) = moved(plan, saved(run, make.network(subnets=3)))
    assert line.startswith("stacks/network/template: has the hash ")


def test_another_secret_is_told_and_not_shown(run: Run, make: Make) -> None:
    plan = saved(run, vault(make))
    (line,) = moved(plan, saved(run, vault(make, "another")))
    assert line == "stacks/vault/parameters/Password: has another value now, which is hidden"


def test_stacks_that_come_and_go_in_infra_py_are_named(run: Run, make: Make) -> None:
    run.up(make.single("one"))
    plan = saved(run, make.single("one"), make.single("two"))
    told = moved(plan, saved(run, make.single("one"), make.single("three")))
    assert told == [
        "stacks/two: was to create; now there is nothing to do with it",
        "stacks/three: is not in the plan; now its verb would be create",
    ]


def test_where_only_the_cloud_answers_otherwise_the_resources_are_named(
    run: Run, make: Make
) -> None:
    run.up(make.network(vpc={"CidrBlock": "10.0.0.0/16"}))
    wanted = make.network(vpc={"CidrBlock": "10.1.0.0/16"})
    plan = saved(run, wanted)
    run.aws.stacks.replaced_types.add("AWS::EC2::VPC")
    assert moved(plan, saved(run, wanted)) == [
        "stacks/network/resources/Vpc/replacement: was 'False', and is 'True' now",
        "stacks/network/resources/Vpc/properties: is another now",
    ]
