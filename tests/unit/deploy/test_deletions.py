from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.errors import InvalidInputError, StackFailedError
from cdinfra.events import StackFinished

if TYPE_CHECKING:
    from cdinfra.deploy.plan import Plan
    from tests.unit.deploy.conftest import Make, PlainStack, Run


def down(run: Run, *stacks: PlainStack, only: tuple[str, ...] = ()) -> Plan:
    with run.deployer(*stacks) as deployer:
        return deployer.plan_down(only)


def test_a_stack_is_deleted_before_those_that_it_depends_on(run: Run, make: Make) -> None:
    stacks = (make.network(), make.consumer("web"), make.consumer("edge", upstream="web"))
    run.up(*stacks)
    assert [each.stack for each in down(run, *stacks).actions] == ["edge", "web", "network"]


def test_the_foundation_goes_last(run: Run, make: Make) -> None:
    foundation = make.plain(
        name="foundation",
        document={"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}},
        foundational=True,
    )
    run.up(foundation, make.single("one"))
    actions = down(run, foundation, make.single("one")).actions
    assert [each.stack for each in actions] == ["one", "foundation"]
    assert actions[1].after == ("one",)


def test_stacks_that_infra_py_no_longer_knows_are_deleted_in_their_order_too(
    run: Run, make: Make
) -> None:
    run.up(make.network(), make.consumer("web"))
    actions = down(run, make.single("unrelated")).actions
    assert [each.stack for each in actions] == ["web", "network"]
    assert actions[1].after == ("web",)


def test_equal_values_in_a_circle_fall_back_on_the_time_of_creation(run: Run, make: Make) -> None:
    context = make.shop().context
    for number, name in enumerate(("first", "second")):
        stack = run.aws.stacks.add(
            make.single(name).build(context), parameters={"P": "same-long-value"}
        )
        stack.outputs = {"O": "same-long-value"}
        stack.created_at += timedelta(seconds=number)
    assert [each.stack for each in down(run).actions] == ["second", "first"]


def test_short_values_make_no_dependency(run: Run, make: Make) -> None:
    context = make.shop().context
    for name in ("first", "second"):
        stack = run.aws.stacks.add(make.single(name).build(context), parameters={"P": "true"})
        stack.outputs = {"O": "true"}
    assert [each.after for each in down(run).actions] == [(), ()]


def test_one_stack_can_be_deleted_alone(run: Run, make: Make) -> None:
    stacks = (make.network(), make.consumer("web"))
    run.up(*stacks)
    assert [each.stack for each in down(run, *stacks, only=("web",)).actions] == ["web"]


def test_all_that_need_a_stack_are_named_at_once(run: Run, make: Make) -> None:
    stacks = (make.network(), make.consumer("web"), make.consumer("worker"))
    run.up(*stacks)
    with pytest.raises(InvalidInputError) as caught:
        down(run, *stacks, only=("network",))
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].hint == "name them too: network web worker"


def test_a_stack_that_another_one_needs_is_kept(run: Run, make: Make) -> None:
    stacks = (make.network(), make.consumer("web"))
    run.up(*stacks)
    with pytest.raises(InvalidInputError) as caught:
        down(run, *stacks, only=("network",))
    assert caught.value.message == (
        "stacks/network: cannot be deleted while 'web' depends on it (name it too: network web)"
    )


def test_an_unknown_name_is_refused_with_the_nearest(run: Run, make: Make) -> None:
    with pytest.raises(InvalidInputError, match="did you mean 'network'"):
        down(run, make.network(), only=("netwok",))


def test_nothing_deployed_means_nothing_to_delete(run: Run, make: Make) -> None:
    assert down(run, make.network()).actions == ()
    assert down(run, make.network()).is_empty


def test_a_protected_stack_is_refused(run: Run, make: Make) -> None:
    run.aws.stacks.add(make.single("one").build(make.shop().context)).protected = True
    with pytest.raises(StackFailedError) as caught:
        down(run, make.single("one"))
    assert "termination protection" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "status",
    [
        StackStatus.DELETE_FAILED,
        StackStatus.ROLLBACK_COMPLETE,
        StackStatus.UPDATE_ROLLBACK_FAILED,
        StackStatus.REVIEW_IN_PROGRESS,
    ],
)
def test_a_broken_stack_can_be_deleted(run: Run, make: Make, status: StackStatus) -> None:
    run.aws.stacks.add(make.single("one").build(make.shop().context), status=status)
    with run.deployer(make.single("one")) as deployer:
        result = deployer.execute(deployer.preview(deployer.plan_down()))
    assert [str(each.outcome) for each in result.stacks] == ["deleted"]
    assert run.aws.stacks.describe_stack("shop-dev-one") is None


def test_down_waits_for_an_update_under_way(run: Run, make: Make) -> None:
    run.aws.stacks.add(
        make.single("one").build(make.shop().context),
        status=StackStatus.UPDATE_IN_PROGRESS,
        ends_as=StackStatus.UPDATE_COMPLETE,
    )
    assert down(run, make.single("one")).actions[0].status == "UPDATE_COMPLETE"


def test_a_deletion_that_fails_keeps_what_the_stack_needs(run: Run, make: Make) -> None:
    stacks = (make.network(), make.consumer("web"))
    run.up(*stacks)
    run.aws.stacks.fail("shop-dev-web", "Group", "it is in use")
    with run.deployer(*stacks) as deployer:
        result = deployer.execute(deployer.plan_down())
    assert [str(each.outcome) for each in result.stacks] == ["failed", "skipped"]
    assert (
        result.stacks[0].cause == "Group (AWS::EC2::SecurityGroup shop-dev-web-group): it is in use"
    )
    assert run.told(StackFinished)[-1].cause == "web failed"
