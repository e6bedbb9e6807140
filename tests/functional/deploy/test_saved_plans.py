"""Saved plans and the guard on data, against the real local cloud."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.deploy.approval import Approval
from cdinfra.deploy.moved_plan import refuse_moved
from cdinfra.deploy.plan_file import load_plan, plan_document, save_plan
from cdinfra.deploy.saved_plan import CloudPlace, SavedPlan
from cdinfra.errors import MovedPlanError
from cdinfra.events import Outcome
from cdinfra.model import Literal, OutputReference

if TYPE_CHECKING:
    from pathlib import Path

    from cdinfra.deploy.result import StackResult
    from tests.functional.deploy.conftest import Make, Plain, Shop

PLACE = CloudPlace(cloud="local", account="123456789012", region="eu-central-1")
SECRET = "correct-horse-battery-staple"


def saved(shop: Shop, *stacks: Plain) -> SavedPlan:
    with shop.deployer(*stacks) as deployer:
        return deployer.saved(deployer.preview(deployer.plan_up()), PLACE)


def carry_out(
    shop: Shop, *stacks: Plain, plan: SavedPlan | None = None, **approval: Any
) -> dict[str, StackResult]:
    """Do what a saved plan says, as ``up --plan`` does."""
    with shop.deployer(*stacks) as deployer:
        fresh = deployer.preview(deployer.plan_up())
        if plan is not None:
            refuse_moved(plan, deployer.saved(fresh, PLACE))
        result = deployer.execute(fresh, Approval(exactly=plan is not None, **approval))
    return {each.stack: each for each in result.stacks}


def setting(make: Make, value: str) -> Plain:
    """Return a stack whose output changes in place, so that nobody foresees it."""
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}
    return make.plain(
        name="setting",
        resources={"Setting": parameter},
        outputs={"Value": {"Fn::GetAtt": ["Setting", "Value"]}},
    )


def named_by(make: Make, source: OutputReference) -> Plain:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Ref": "Name"}}}
    return make.plain(
        name="logs",
        resources={"Group": group},
        declared={"Name": {"Type": "String"}},
        parameters={"Name": source},
    )


def test_a_plan_whose_stacks_feed_one_another_is_carried_out(
    shop: Shop, make: Make, tmp_path: Path
) -> None:
    stacks = (make.network(), make.web())
    save_plan(tmp_path / "plan.json", saved(shop, *stacks))
    done = carry_out(shop, *stacks, plan=load_plan(tmp_path / "plan.json"))
    assert {name: each.outcome for name, each in done.items()} == {
        "network": Outcome.CREATED,
        "web": Outcome.CREATED,
    }
    replaced = (make.network(cidr="10.7.0.0/16"), make.web())
    done = carry_out(shop, *replaced, plan=saved(shop, *replaced))
    assert {each.outcome for each in done.values()} == {Outcome.UPDATED}


def test_a_plan_does_not_outlive_what_it_was_made_for(shop: Shop, make: Make) -> None:
    shop.up(make.logs(days=7))
    plan = saved(shop, make.logs(days=14))
    carry_out(shop, make.logs(days=14), plan=plan)
    with pytest.raises(MovedPlanError, match="stacks/logs/deployed/updated_at: was"):
        carry_out(shop, make.logs(days=14), plan=plan)


def test_a_plan_leaves_no_change_set_behind(shop: Shop, make: Make) -> None:
    shop.up(make.logs(days=7))
    before = shop.calls()
    saved(shop, make.logs(days=14))
    after = shop.calls()
    made, deleted = (
        sum(number for name, number in after.items() if name.endswith(call))
        - sum(number for name, number in before.items() if name.endswith(call))
        for call in ("CreateChangeSet", "DeleteChangeSet")
    )
    assert made == deleted == 1


def test_an_output_that_moves_unforeseen_ends_a_reviewed_plan(shop: Shop, make: Make) -> None:
    source = OutputReference(stack="setting", output="Value")
    shop.up(setting(make, f"/{shop.name}/one"), named_by(make, source))
    changed = (setting(make, f"/{shop.name}/two"), named_by(make, source))
    done = carry_out(shop, *changed, plan=saved(shop, *changed))
    assert done["setting"].outcome is Outcome.UPDATED
    assert done["logs"].outcome is Outcome.FAILED
    assert "was to stay as it is, and would change now" in done["logs"].cause
    # A new plan shows it, and does it.
    assert carry_out(shop, *changed, plan=saved(shop, *changed))["logs"].outcome is Outcome.UPDATED


def test_data_that_would_be_lost_unforeseen_is_kept(shop: Shop, make: Make) -> None:
    source = OutputReference(stack="setting", output="Value")
    shop.up(setting(make, f"/{shop.name}/one"), named_by(make, source))
    changed = (setting(make, f"/{shop.name}/two"), named_by(make, source))
    done = carry_out(shop, *changed, guards_data=True)
    assert done["logs"].outcome is Outcome.FAILED
    assert "logs/Group: AWS::Logs::LogGroup" in done["logs"].cause
    assert "--allow-data-loss logs/Group" in done["logs"].hint
    done = carry_out(shop, *changed, guards_data=True, data_loss=("logs/Group",))
    assert done["logs"].outcome is Outcome.UPDATED


def hidden(make: Make, password: str) -> Plain:
    parameter = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": {"Ref": "Password"}},
    }
    return make.plain(
        name="vault",
        resources={"Setting": parameter},
        declared={"Password": {"Type": "String", "NoEcho": True}},
        parameters={"Password": Literal(value=password)},
    )


def test_a_hidden_value_is_neither_in_the_file_nor_in_what_moved(shop: Shop, make: Make) -> None:
    shop.up(hidden(make, SECRET))
    plan = saved(shop, hidden(make, f"{SECRET}-2"))
    assert SECRET not in json.dumps(plan_document(plan))
    with pytest.raises(MovedPlanError) as refused:
        carry_out(shop, hidden(make, f"{SECRET}-3"), plan=plan)
    assert "parameters/Password: has another value now, which is hidden" in refused.value.message
    assert SECRET not in refused.value.message
    done = carry_out(shop, hidden(make, f"{SECRET}-2"), plan=plan)
    assert done["vault"].outcome is Outcome.UPDATED
