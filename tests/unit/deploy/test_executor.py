from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.errors import (
    CloudError,
    LocalCloudError,
    NoCredentialsError,
    StackFailedError,
    ThrottledError,
)
from cdinfra.events import Notice, Outcome, ResourceChanged, StackFinished, StackStarted

if TYPE_CHECKING:
    from tests.unit.deploy.conftest import Make, Run


def test_stacks_are_created_in_the_order_of_their_dependencies(run: Run, make: Make) -> None:
    outcomes = run.up(make.consumer("web"), make.network())
    assert outcomes == {"network": "created", "web": "created"}
    finished = [each.stack for each in run.told(StackFinished)]
    assert finished == ["network", "web"]


def test_outputs_feed_the_parameters_of_the_stacks_behind_them(run: Run, make: Make) -> None:
    run.up(make.network(), make.consumer("web"))
    assert run.aws.stacks.describe_stack("shop-dev-web").parameters == {
        "VpcId": "shop-dev-network-vpc"
    }


def test_independent_stacks_are_worked_on_at_the_same_time(run: Run, make: Make) -> None:
    run.up(make.single("one"), make.single("two"))
    kinds = [type(each) for each in run.events if not isinstance(each, ResourceChanged)]
    assert kinds == [StackStarted, StackStarted, StackFinished, StackFinished]


def test_a_second_run_finds_nothing_to_do_and_makes_nothing(run: Run, make: Make) -> None:
    stacks = (make.network(), make.consumer("web"))
    run.up(*stacks)
    run.aws.stacks.calls.clear()
    assert run.up(*stacks) == {"network": "unchanged", "web": "unchanged"}
    assert len(run.aws.stacks.calls) <= 2 * len(stacks)
    assert not run.calls("create_change_set")


def test_the_previewed_change_set_is_the_one_that_is_executed(run: Run, make: Make) -> None:
    run.up(make.network())
    with run.deployer(make.network(subnets=2)) as deployer:
        shown = deployer.preview(deployer.plan_up())
        result = deployer.execute(shown)
    assert result.stacks[0].outcome is Outcome.UPDATED
    assert run.calls("execute_change_set")[-1].endswith(shown.actions[0].change_set_arn)
    assert len(run.calls("create_change_set")) == 2


def test_a_new_change_set_is_made_when_an_output_turned_out_different(run: Run, make: Make) -> None:
    web = make.consumer("web")
    run.up(make.network(), web)
    changed = {"Parameters": {"VpcId": {"Type": "String"}}, **web.document}
    changed["Resources"] = {**web.document["Resources"], "More": {"Type": "AWS::SNS::Topic"}}
    network = make.network()
    moved = {**network.document, "Outputs": {"VpcId": {"Value": "vpc-moved"}}}
    network = make.plain(name="network", document=moved)
    web = make.plain(name="web", document=changed, parameters=web.parameters)
    assert run.up(network, web) == {"network": "updated", "web": "updated"}
    assert run.aws.stacks.describe_stack("shop-dev-web").parameters == {"VpcId": "vpc-moved"}
    assert run.aws.stacks.change_sets == ()


def test_an_unchanged_stack_is_updated_when_an_output_before_it_changes(
    run: Run, make: Make
) -> None:
    run.up(make.network(), make.consumer("web"))
    network = make.network()
    moved = {**network.document, "Outputs": {"VpcId": {"Value": "vpc-moved"}}}
    network = make.plain(name="network", document=moved)
    with run.deployer(network, make.consumer("web")) as deployer:
        shown = deployer.preview(deployer.plan_up())
        assert [str(each.verb) for each in shown.actions] == ["update", "update"]
        assert shown.actions[1].values[0].after == "vpc-moved"
        result = deployer.execute(shown)
    assert [str(each.outcome) for each in result.stacks] == ["updated", "updated"]


def test_a_failure_is_told_with_its_first_cause_and_others_go_on(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-network", "Subnet0", "The CIDR is taken")
    outcomes = run.up(make.network(), make.consumer("web"), make.single("alone"))
    assert outcomes == {"network": "failed", "web": "skipped", "alone": "created"}
    finished = {each.stack: each for each in run.told(StackFinished)}
    assert finished["network"].cause == "Subnet0 (AWS::EC2::Subnet): The CIDR is taken"
    assert finished["network"].status == "ROLLBACK_COMPLETE"
    assert finished["web"].cause == "network failed"


def test_a_failed_run_raises_with_every_cause(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-one", "Topic", "no more topics")
    run.aws.stacks.fail("shop-dev-two", "Topic", "none here either")
    with run.deployer(make.single("one"), make.single("two")) as deployer:
        result = deployer.execute(deployer.plan_up())
    with pytest.raises(StackFailedError) as caught:
        result.raise_for_failure()
    assert "shop-dev-one failed: Topic (AWS::SNS::Topic): no more topics" in caught.value.message
    assert "none here either" in caught.value.message
    assert caught.value.hint == "why, and what to do next: cdinfra explain one two"


def test_the_end_of_a_failed_stack_names_the_resource_that_told_the_cause(
    run: Run, make: Make
) -> None:
    run.aws.stacks.fail("shop-dev-network", "Subnet0", "The CIDR is taken")
    run.up(make.network(), make.consumer("web"))
    finished = {each.stack: each.resource for each in run.told(StackFinished)}
    assert finished == {"network": "Subnet0", "web": ""}


def test_what_an_update_cannot_delete_is_told_at_the_end(run: Run, make: Make) -> None:
    run.up(make.network(subnets=2), make.single("alone"))
    run.aws.stacks.fail("shop-dev-network", "Subnet1", "has dependencies")
    with run.deployer(make.network(subnets=1), make.single("alone")) as deployer:
        result = deployer.execute(deployer.plan_up())
    network = result.stacks[0]
    assert (network.outcome, network.status) == ("updated", "UPDATE_COMPLETE")
    assert [(each.physical_id, each.reason) for each in network.left_behind] == [
        ("shop-dev-network-subnet1", "has dependencies")
    ]
    last = run.events[-1]
    assert isinstance(last, Notice)
    assert last.message.startswith(
        "shop-dev-network: not deleted: Subnet1 (AWS::EC2::Subnet shop-dev-network-subnet1)"
    )


def test_what_a_stack_still_owns_is_not_left_behind(run: Run, make: Make) -> None:
    run.up(make.network(subnets=2))
    run.aws.stacks.fail("shop-dev-network", "Subnet1", "has dependencies")
    with run.deployer(make.network(subnets=2)) as deployer:
        result = deployer.execute(deployer.plan_down())
    assert (result.stacks[0].status, result.stacks[0].left_behind) == ("DELETE_FAILED", ())


def test_a_stack_that_somebody_else_changes_meanwhile_is_told(run: Run, make: Make) -> None:
    run.up(make.network())
    with run.deployer(make.network(subnets=2)) as deployer:
        planned = deployer.plan_up()
        run.aws.stacks.stack("shop-dev-network").transition(StackStatus.UPDATE_IN_PROGRESS)
        (network,) = deployer.execute(planned).stacks
    assert network.outcome is Outcome.FAILED
    assert network.cause.endswith("; it is UPDATE_IN_PROGRESS now")
    assert network.hint.startswith("somebody else is changing this app too")


def test_a_skipped_stack_skips_what_needs_it(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-network", "Vpc", "no")
    outcomes = run.up(make.network(), make.consumer("web"), make.consumer("edge", upstream="web"))
    assert outcomes == {"network": "failed", "web": "skipped", "edge": "skipped"}
    assert run.told(StackFinished)[-1].cause == "web was skipped"


def test_a_rolled_back_creation_is_deleted_and_made_again(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-network", "Vpc", "no")
    run.up(make.network())
    run.aws.stacks.fail("shop-dev-network", "Vpc", "")
    assert run.up(make.network()) == {"network": "created"}
    assert len(run.calls("delete_stack")) == 1


def test_a_forgotten_review_is_cleaned_up(run: Run, make: Make) -> None:
    context = make.shop().context
    run.aws.stacks.add(make.network().build(context), status=StackStatus.REVIEW_IN_PROGRESS)
    assert run.up(make.network()) == {"network": "created"}


def test_a_failed_update_rolls_back_and_is_a_failure(run: Run, make: Make) -> None:
    run.up(make.network())
    run.aws.stacks.fail("shop-dev-network", "Subnet1", "The CIDR is taken")
    assert run.up(make.network(subnets=2)) == {"network": "failed"}
    assert run.told(StackFinished)[-1].status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_stack_that_is_no_longer_wanted_is_deleted_last(run: Run, make: Make) -> None:
    run.up(make.network(), make.consumer("web"), make.consumer("edge", upstream="web"))
    run.events.clear()
    outcomes = run.up(make.network(subnets=2))
    assert outcomes == {"network": "updated", "edge": "deleted", "web": "deleted"}
    assert [each.stack for each in run.told(StackFinished)] == ["network", "edge", "web"]


def test_a_failed_update_keeps_the_stacks_that_are_no_longer_wanted(run: Run, make: Make) -> None:
    run.up(make.network(), make.single("old"))
    run.aws.stacks.fail("shop-dev-network", "Subnet1", "The CIDR is taken")
    assert run.up(make.network(subnets=2)) == {"network": "failed", "old": "skipped"}
    assert run.aws.stacks.describe_stack("shop-dev-old") is not None


def test_a_refused_change_set_fails_its_stack_alone_and_leaves_nothing(
    run: Run, make: Make
) -> None:
    refusal = CloudError("Template format error")
    run.aws.stacks.script("create_change_set", refusal)
    assert run.up(make.single("one"), make.single("two")) == {"one": "failed", "two": "created"}
    assert run.aws.stacks.change_sets == ()


def test_a_failed_change_set_for_a_creation_leaves_no_stack_in_review(run: Run, make: Make) -> None:
    with run.deployer(make.single("one")) as deployer:
        planned = deployer.plan_up()
        body = '{"Parameters": {"Size": {"Type": "String"}}, "Resources": {}}'
        broken = replace(planned.actions[0], body=body)
        result = deployer.execute(replace(planned, actions=(broken,)))
    assert "Parameters: [Size] must have values" in result.stacks[0].cause
    assert run.aws.stacks.describe_stack("shop-dev-one") is None


def test_throttled_polls_never_fail_a_success(run: Run, make: Make) -> None:
    throttled = [ThrottledError("slow down")] * 20
    run.aws.stacks.script("describe_events", None, *throttled, None, *throttled)
    run.aws.stacks.script("describe_stack", ThrottledError("slow down"))
    assert run.up(make.network()) == {"network": "created"}


def test_throttling_makes_the_polls_rarer(run: Run, make: Make) -> None:
    run.aws.stacks.script("describe_events", None, *[ThrottledError("slow down")] * 3)
    run.up(make.network())
    assert max(run.aws.clock.slept) > 2


def test_a_throttled_start_is_repeated(run: Run, make: Make) -> None:
    run.aws.stacks.script("create_change_set", ThrottledError("slow down"))
    run.aws.stacks.script("execute_change_set", ThrottledError("slow down"))
    assert run.up(make.network()) == {"network": "created"}


def test_a_network_that_fails_for_a_while_is_no_failure(run: Run, make: Make) -> None:
    run.aws.stacks.script("describe_events", None, *[CloudError("cannot reach it")] * 5)
    assert run.up(make.network()) == {"network": "created"}


def test_a_network_that_stays_away_ends_the_run_and_says_what_goes_on(run: Run, make: Make) -> None:
    run.aws.stacks.script("describe_events", None, *[CloudError("cannot reach it")] * 500)
    with pytest.raises(CloudError, match="cannot reach it"):
        run.up(make.network())
    assert "shop-dev-network: the operation goes on" in run.told(Notice)[0].message


@pytest.mark.parametrize("error", [NoCredentialsError("expired"), LocalCloudError("gone")])
def test_lost_credentials_and_a_dead_local_cloud_end_the_run(
    run: Run, make: Make, error: Exception
) -> None:
    run.aws.stacks.script("describe_events", None, *[error] * 1000)
    with pytest.raises(type(error)):
        run.up(make.network())
    assert "goes on in the cloud" in run.told(Notice)[-1].message


@pytest.mark.parametrize(
    "operation",
    ["create_change_set", "describe_change_set", "execute_change_set", "describe_events"],
)
def test_ctrl_c_leaves_no_change_set_and_no_stack_in_review(
    run: Run, make: Make, operation: str
) -> None:
    run.up(make.network())
    run.aws.stacks.script(operation, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run.up(make.network(subnets=2), make.single("new"))
    assert run.aws.stacks.change_sets == ()
    statuses = {each.status for each in run.aws.stacks.describe_stacks()}
    assert StackStatus.REVIEW_IN_PROGRESS not in statuses


def test_ctrl_c_while_a_stack_is_made_says_that_it_goes_on(run: Run, make: Make) -> None:
    run.aws.stacks.script("describe_events", None, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run.up(make.network())
    assert [each.message for each in run.told(Notice)] == [
        "shop-dev-network: the operation goes on in the cloud"
    ]


def test_a_run_after_ctrl_c_waits_for_what_is_under_way(run: Run, make: Make) -> None:
    run.aws.stacks.script("describe_events", None, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run.up(make.network(), make.consumer("web"))
    assert run.up(make.network(), make.consumer("web")) == {
        "network": "unchanged",
        "web": "created",
    }


def test_every_event_is_told_once_and_in_order(run: Run, make: Make) -> None:
    run.up(make.network(subnets=3))
    told = [(each.logical_id, each.status) for each in run.told(ResourceChanged)]
    assert told[0] == ("shop-dev-network", "CREATE_IN_PROGRESS")
    assert told[-1] == ("shop-dev-network", "CREATE_COMPLETE")
    assert len(told) == len(set(told)) == 2 + 2 * 4


def test_each_operation_has_a_token_of_its_own(run: Run, make: Make) -> None:
    run.up(make.single("one"), make.single("two"))
    tokens = [
        {each.token for each in run.aws.stacks.describe_events(f"shop-dev-{name}")}
        for name in ("one", "two")
    ]
    assert [len(each) for each in tokens] == [1, 1]
    assert tokens[0] != tokens[1]


def test_the_budget_of_calls_holds_however_many_stacks_there_are(run: Run, make: Make) -> None:
    run.up(*(make.single(f"s{number}") for number in range(30)))
    calls = len(run.aws.stacks.calls)
    assert calls / sum(run.aws.clock.slept) < 6.5


def test_the_result_has_the_outputs_and_the_time_of_each_stack(run: Run, make: Make) -> None:
    with run.deployer(make.network()) as deployer:
        result = deployer.execute(deployer.plan_up())
    assert result.stacks[0].outputs == {"VpcId": "shop-dev-network-vpc"}
    assert result.stacks[0].seconds > 0
