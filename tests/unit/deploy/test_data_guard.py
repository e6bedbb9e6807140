from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import STACK_TYPE
from cdinfra.deploy.data_guard import data_losses, refuse_data_loss, refuse_idle_names
from cdinfra.deploy.plan import (
    ChangeAction,
    Plan,
    Replacement,
    ResourceChange,
    StackAction,
    Verb,
)
from cdinfra.errors import DataLossError, InvalidInputError

if TYPE_CHECKING:
    from typing import Any

    from tests.unit.deploy.conftest import Make, Run


def lost(
    logical_id: str, action: ChangeAction = ChangeAction.REMOVE, **more: Any
) -> ResourceChange:
    settings = {"resource_type": "AWS::S3::Bucket", "loses_data": True, **more}
    return ResourceChange(logical_id=logical_id, action=action, **settings)


def plan(*resources: ResourceChange) -> Plan:
    action = StackAction(
        stack="data", stack_name="shop-dev-data", verb=Verb.UPDATE, resources=resources
    )
    return Plan(app="shop", env="dev", actions=(action,))


REPLACED = lost("Table", ChangeAction.MODIFY, replacement=Replacement.ALWAYS)
MAYBE = lost("Disk", ChangeAction.MODIFY, replacement=Replacement.CONDITIONAL)
BOTH = plan(lost("Bucket", physical_id="pictures"), REPLACED, MAYBE)


def test_every_loss_is_named_with_its_id_and_the_option_that_permits_it() -> None:
    with pytest.raises(DataLossError) as refused:
        refuse_data_loss(data_losses(BOTH), ())
    assert refused.value.message.splitlines() == [
        "data/Bucket: AWS::S3::Bucket pictures is deleted, and its data is lost",
        "data/Table: AWS::S3::Bucket is replaced, and its data is lost",
        "data/Disk: AWS::S3::Bucket may be replaced, and its data may be lost",
    ]
    assert refused.value.hint.endswith(
        "--allow-data-loss data/Bucket --allow-data-loss data/Table --allow-data-loss data/Disk"
    )
    assert refused.value.exit_code == 10


def test_what_is_named_may_go_and_nothing_else() -> None:
    refuse_data_loss(data_losses(BOTH), ("data/Bucket", "data/Table", "data/Disk"))
    with pytest.raises(DataLossError) as refused:
        refuse_data_loss(data_losses(BOTH), ("data/Bucket", "data/Table"))
    assert [each.path for each in refused.value.problems] == ["data/Disk"]


def test_what_keeps_its_data_needs_no_name() -> None:
    kept = plan(ResourceChange(logical_id="Topic", resource_type="T", action=ChangeAction.REMOVE))
    refuse_data_loss(data_losses(kept), ())
    assert data_losses(kept) == ()


def test_a_name_that_loses_nothing_is_refused_with_the_nearest_one_that_does() -> None:
    with pytest.raises(InvalidInputError) as refused:
        refuse_idle_names(BOTH, ("data/Bukcet", "data/Table"))
    (problem,) = refused.value.problems
    assert str(problem) == (
        "--allow-data-loss data/Bukcet: loses nothing in this plan (did you mean 'data/Bucket'?)"
    )
    with pytest.raises(InvalidInputError, match=r"loses nothing in this plan \(leave it out\)"):
        refuse_idle_names(plan(), ("data/Bucket",))


def test_what_a_nested_stack_holds_is_not_known() -> None:
    (loss,) = data_losses(plan(lost("Inner", resource_type=STACK_TYPE)))
    assert str(loss) == f"{STACK_TYPE} is deleted, and its data may be lost"


def test_what_a_failed_creation_left_is_guarded_too(run: Run, make: Make) -> None:
    bucket = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}
    stack = make.plain(name="data", document=bucket)
    template = stack.build(make.shop().context)
    run.aws.stacks.add(template, status=StackStatus.ROLLBACK_FAILED)
    with run.deployer(stack) as deployer:
        planned = deployer.preview(deployer.plan_up())
    assert [str(each) for each in data_losses(planned)] == [
        "AWS::S3::Bucket shop-dev-data-bucket is deleted, and its data is lost"
    ]
