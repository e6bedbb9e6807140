"""What comes up only while a plan is carried out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cdinfra.deploy.approval import ANYTHING, Approval
from cdinfra.deploy.plan import ChangeAction, Replacement, ResourceChange, StackAction, Verb
from cdinfra.errors import DataLossError, MovedPlanError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

EXACTLY = Approval(exactly=True)
RESOURCES = {
    "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": {"Ref": "VpcId"}}},
    "Host": {"Type": "AWS::EC2::Instance", "Properties": {"SecurityGroupIds": [{"Ref": "Group"}]}},
    "Store": {"Type": "AWS::S3::Bucket", "Properties": {"Tags": [{"Ref": "Host"}]}},
    "Topic": {"Type": "AWS::SNS::Topic"},
}


def change(logical_id: str, replacement: Replacement = Replacement.NEVER) -> ResourceChange:
    resource_type: str = RESOURCES[logical_id]["Type"]  # type: ignore[assignment] # all text
    return ResourceChange(
        logical_id=logical_id,
        resource_type=resource_type,
        action=ChangeAction.MODIFY,
        replacement=replacement,
    )


def check(
    *now: ResourceChange,
    foreseen: tuple[ResourceChange, ...] = (),
    approval: Approval = EXACTLY,
    verb: Verb = Verb.UPDATE,
    resources: Mapping[str, Any] | None = None,
) -> None:
    action = StackAction(
        stack="web",
        stack_name="shop-dev-web",
        verb=verb,
        reason="changes if the outputs of network change",
        body=json.dumps({"Resources": resources or RESOURCES}),
        resources=foreseen,
    )
    approval.check(action, now, {"Resources": RESOURCES})


def test_what_the_plan_says_is_done_and_less_is_no_matter() -> None:
    foreseen = (change("Group", Replacement.CONDITIONAL), change("Topic"))
    check(change("Group", Replacement.ALWAYS), foreseen=foreseen)
    check(change("Group"), foreseen=foreseen)
    check(foreseen=foreseen)


@pytest.mark.parametrize(
    "unforeseen",
    [change("Topic"), change("Host", Replacement.ALWAYS), change("Store", Replacement.CONDITIONAL)],
)
def test_what_the_plan_does_not_say_is_not_done(unforeseen: ResourceChange) -> None:
    with pytest.raises(MovedPlanError, match=f"stacks/web/resources/{unforeseen.logical_id}: "):
        check(unforeseen, foreseen=(change("Group", Replacement.CONDITIONAL),))
    check(unforeseen, approval=ANYTHING)


def test_a_replacement_that_the_plan_does_not_say_is_not_done() -> None:
    with pytest.raises(MovedPlanError, match="would be replaced"):
        check(change("Group", Replacement.ALWAYS), foreseen=(change("Group"),))


def test_what_refers_to_a_change_may_be_listed_beside_it() -> None:
    check(
        change("Host", Replacement.CONDITIONAL),
        change("Store"),
        foreseen=(change("Group", Replacement.CONDITIONAL),),
    )


def test_a_stack_that_was_to_stay_stays() -> None:
    with pytest.raises(MovedPlanError, match="was to stay as it is, and would change now"):
        check(change("Topic"), verb=Verb.UNCHANGED)


def test_an_unforeseen_loss_of_data_needs_a_name_as_any_other() -> None:
    replaced = change("Store", Replacement.ALWAYS)
    with pytest.raises(DataLossError, match="web/Store"):
        check(replaced, approval=Approval(guards_data=True))
    check(replaced, approval=Approval(guards_data=True, data_loss=("web/Store",)))
    kept = {**RESOURCES, "Store": {**RESOURCES["Store"], "UpdateReplacePolicy": "Retain"}}
    check(replaced, approval=Approval(guards_data=True), resources=kept)
