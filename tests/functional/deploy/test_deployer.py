from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.cloud import connect
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.load import load_app
from cdinfra.deploy.plan import ChangeAction, Replacement, Verb
from cdinfra.errors import CloudError, LocalCloudError, NoCredentialsError
from cdinfra.events import Notice, Outcome, ResourceChanged
from cdinfra.local.fault_types import CallFault, CallFaultKind, ResourceFault, ResourceFaultKind
from cdinfra.local.process import start, stop
from cdinfra.model import Retained

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.connection import Clients
    from cdinfra.deploy.result import Result
    from tests.functional.deploy.conftest import Make, Shop

EXAMPLE = Path(__file__).parents[3] / "examples" / "shop" / "infra.py"


def outcomes(result: Result) -> dict[str, str]:
    return {each.stack: str(each.outcome) for each in result.stacks}


def test_stacks_are_created_fed_changed_and_deleted(shop: Shop, make: Make) -> None:
    result = shop.up(make.network(), make.web())
    assert outcomes(result) == {"network": "created", "web": "created"}
    network, web = result.stacks
    assert network.outputs["VpcId"].startswith("vpc-")
    assert web.outputs["GroupId"].startswith("sg-")
    result = shop.up(make.network(dns=True), make.web())
    assert outcomes(result) == {"network": "updated", "web": "unchanged"}
    result = shop.down(make.network(), make.web())
    assert outcomes(result) == {"web": "deleted", "network": "deleted"}


def test_a_second_run_changes_nothing_and_costs_two_calls_a_stack_at_most(
    shop: Shop, make: Make
) -> None:
    stacks = (make.network(), make.web())
    shop.up(*stacks)
    before = shop.calls()
    assert outcomes(shop.up(*stacks)) == {"network": "unchanged", "web": "unchanged"}
    spent = {name: count - before.get(name, 0) for name, count in shop.calls().items()}
    assert {name: count for name, count in spent.items() if count} == {
        "cloudformation:DescribeStacks": 1,
        "cloudformation:GetTemplate": 2,
        "ec2:DescribeInstances": 1,
    }


def test_a_preview_shows_properties_and_leaves_nothing_behind(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    shop.up(make.network())
    action = shop.diff(make.network(dns=True)).actions[0]
    (change,) = action.resources
    assert (change.logical_id, change.action) == ("Vpc", ChangeAction.MODIFY)
    assert change.replacement is Replacement.NEVER
    (detail,) = change.properties
    assert detail.path == "Properties.EnableDnsHostnames"
    assert (detail.before, detail.after) == ("false", "true")
    left = clients().client("cloudformation").list_change_sets(StackName=action.stack_name)
    assert not [each for each in left["Summaries"] if each["ExecutionStatus"] == "AVAILABLE"]


def test_a_replacement_is_shown_and_feeds_the_stacks_behind(shop: Shop, make: Make) -> None:
    first = shop.up(make.network(), make.web())
    shown = shop.diff(make.network(cidr="10.9.0.0/16"), make.web())
    assert shown.actions[0].resources[0].replacement is Replacement.ALWAYS
    assert shown.actions[1].pending == {"VpcId": "network.VpcId"}
    second = shop.up(make.network(cidr="10.9.0.0/16"), make.web())
    assert outcomes(second) == {"network": "updated", "web": "updated"}
    assert first.stacks[1].outputs != second.stacks[1].outputs


def test_a_log_group_that_would_be_lost_is_marked(shop: Shop, make: Make) -> None:
    shop.up(make.logs())
    (action,) = shop.diff().actions
    assert action.verb is Verb.DELETE
    assert action.resources[0].loses_data
    assert action.resources[0].physical_id


def test_outputs_only_and_tags_only_are_changes(shop: Shop, make: Make) -> None:
    logs = make.logs()
    shop.up(logs)
    more = make.plain(name="logs", resources=logs.resources, outputs={"Text": "x"})
    (action,) = shop.diff(more).actions
    assert (action.verb, action.resources) == (Verb.UPDATE, ())
    assert outcomes(shop.up(more)) == {"logs": "updated"}
    assert outcomes(shop.up(more)) == {"logs": "unchanged"}


def test_a_retained_parameter_keeps_what_somebody_else_set(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    def stack(days: int) -> object:
        properties = {"RetentionInDays": days, "LogGroupName": {"Ref": "Name"}}
        return make.plain(
            name="logs",
            resources={"Group": {"Type": "AWS::Logs::LogGroup", "Properties": properties}},
            declared={"Name": {"Type": "String"}},
            parameters={"Name": Retained(initial=f"/{shop.name}/first")},
        )

    shop.up(stack(7))
    client = clients().client("cloudformation")
    client.update_stack(
        StackName=f"{shop.name}-dev-logs",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Name", "ParameterValue": f"/{shop.name}/second"}],
        Tags=client.describe_stacks(StackName=f"{shop.name}-dev-logs")["Stacks"][0]["Tags"],
    )
    # It is under way: up waits for it, then finds that nothing is left to do.
    assert outcomes(shop.up(stack(7))) == {"logs": "unchanged"}
    assert outcomes(shop.up(stack(30))) == {"logs": "updated"}
    stacks = client.describe_stacks(StackName=f"{shop.name}-dev-logs")["Stacks"]
    assert stacks[0]["Parameters"][0]["ParameterValue"] == f"/{shop.name}/second"


def test_a_reference_and_its_target_can_be_removed_in_one_edit(shop: Shop, make: Make) -> None:
    shop.up(make.network(), make.web())
    web = make.plain(name="web", resources={"Logs": {"Type": "AWS::Logs::LogGroup"}})
    result = shop.up(web)
    assert outcomes(result) == {"web": "updated", "network": "deleted"}


def test_a_failed_creation_tells_its_cause_rolls_back_and_can_be_repeated(
    shop: Shop, make: Make
) -> None:
    fault = ResourceFault(
        kind=ResourceFaultKind.RESOURCE_FAILS,
        stack=f"{shop.name}-dev-network",
        logical_id="Subnet1",
        reason="no more addresses",
        times=1,
    )
    shop.cloud.control.add_fault(fault)
    result = shop.up(make.network(subnets=3), make.web(), make.logs())
    assert outcomes(result) == {"network": "failed", "web": "skipped", "logs": "created"}
    failed = next(each for each in result.stacks if each.stack == "network")
    assert failed.status == "ROLLBACK_COMPLETE"
    assert failed.cause.startswith("Subnet1 (AWS::EC2::Subnet): ")
    assert "no more addresses" in failed.cause
    result = shop.up(make.network(subnets=3), make.web(), make.logs())
    assert outcomes(result) == {"network": "created", "web": "created", "logs": "unchanged"}


def test_a_failed_creation_is_explained_from_the_stacks_history(shop: Shop, make: Make) -> None:
    fault = ResourceFault(
        kind=ResourceFaultKind.RESOURCE_FAILS,
        stack=f"{shop.name}-dev-network",
        logical_id="Subnet1",
        reason="The maximum number of subnets has been reached.",
        times=1,
    )
    shop.cloud.control.add_fault(fault)
    stacks = (make.network(subnets=3), make.logs())
    shop.up(*stacks)
    with shop.deployer(*stacks) as deployer:
        (explained,) = deployer.explain()
    assert (explained.stack, explained.status) == ("network", "ROLLBACK_COMPLETE")
    assert explained.failure.logical_id == "Subnet1"
    assert "The maximum number of subnets" in explained.failure.reason
    assert explained.failure.cause == "limit_exceeded"
    assert set(explained.cancelled) <= {"Subnet0", "Subnet2"}
    shop.up(*stacks)
    with shop.deployer(*stacks) as deployer:
        assert deployer.explain() == ()


def test_a_failed_update_rolls_back(shop: Shop, make: Make) -> None:
    shop.up(make.network())
    fault = ResourceFault(
        kind=ResourceFaultKind.RESOURCE_FAILS,
        stack=f"{shop.name}-dev-network",
        logical_id="Subnet0",
    )
    shop.cloud.control.add_fault(fault)
    (network,) = shop.up(make.network(subnets=1)).stacks
    assert (network.outcome, network.status) == (Outcome.FAILED, "UPDATE_ROLLBACK_COMPLETE")
    assert shop.diff(make.network()).is_empty


def test_a_template_that_cloudformation_refuses_fails_its_stack_alone(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    broken = make.plain(
        name="broken",
        resources={"Group": {"Type": "AWS::Logs::LogGroup", "DependsOn": "Nothing"}},
    )
    result = shop.up(broken, make.logs())
    assert outcomes(result) == {"broken": "failed", "logs": "created"}
    stacks = clients().client("cloudformation").describe_stacks()["Stacks"]
    assert f"{shop.name}-dev-broken" not in {each["StackName"] for each in stacks}


def test_throttled_calls_are_survived(shop: Shop, make: Make) -> None:
    fault = CallFault(
        kind=CallFaultKind.THROTTLED, service="cloudformation", operation="Describe*", every=3
    )
    shop.cloud.control.add_fault(fault)
    assert outcomes(shop.up(make.logs())) == {"logs": "created"}


def test_expired_credentials_are_told_and_nothing_is_begun(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    fault = CallFault(
        kind=CallFaultKind.EXPIRED_TOKEN,
        service="cloudformation",
        operation="DescribeStacks",
        times=1,
    )
    shop.cloud.control.add_fault(fault)
    with pytest.raises(NoCredentialsError):
        shop.up(make.logs())
    stacks = clients().client("cloudformation").describe_stacks()["Stacks"]
    assert f"{shop.name}-dev-logs" not in {each["StackName"] for each in stacks}


@pytest.mark.parametrize(
    "operation",
    ["CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "DescribeStackEvents"],
)
def test_a_session_that_expires_midway_and_is_renewed_is_no_failure(
    shop: Shop, make: Make, operation: str
) -> None:
    fault = CallFault(
        kind=CallFaultKind.EXPIRED_TOKEN, service="cloudformation", operation=operation, times=2
    )
    shop.cloud.control.add_fault(fault)
    assert outcomes(shop.up(make.logs())) == {"logs": "created"}
    told = [each.message for each in shop.events if isinstance(each, Notice)]
    assert [each.startswith("the session has expired") for each in told] == [True]


def test_a_caller_who_may_not_list_stacks_can_still_bring_them_up(shop: Shop, make: Make) -> None:
    shop.up(make.logs())
    fault = CallFault(
        kind=CallFaultKind.ACCESS_DENIED,
        service="cloudformation",
        operation="DescribeStacks",
        times=1,
    )
    shop.cloud.control.add_fault(fault)
    assert outcomes(shop.up(make.logs(days=30))) == {"logs": "updated"}


def test_a_refusal_names_what_was_being_done(shop: Shop, make: Make) -> None:
    fault = CallFault(
        kind=CallFaultKind.ACCESS_DENIED, service="cloudformation", operation="GetTemplate"
    )
    shop.up(make.logs())
    shop.cloud.control.add_fault(fault)
    with pytest.raises(CloudError, match="cannot get the template of arn:aws:cloudformation") as e:
        shop.up(make.logs())
    assert "permission" in e.value.hint


def test_an_operation_that_an_interrupted_run_began_is_waited_for(shop: Shop, make: Make) -> None:
    slow = ResourceFault(
        kind=ResourceFaultKind.RESOURCE_SLOW, stack=f"{shop.name}-dev-logs", seconds=5.0
    )
    shop.cloud.control.add_fault(slow)

    def interrupt(event: object) -> None:
        if isinstance(event, ResourceChanged):
            raise KeyboardInterrupt
        shop.events.append(event)  # type: ignore[arg-type]

    app = shop.deployer(make.logs())._app  # noqa: SLF001 - the same app, another listener
    aws = connect(shop.cloud.connection())
    with pytest.raises(KeyboardInterrupt), Deployer(aws, app, on_event=interrupt) as deployer:
        deployer.execute(deployer.plan_up())
    told = [each.message for each in shop.events if isinstance(each, Notice)]
    assert told[0].startswith(f"{shop.name}-dev-logs: the operation goes on in the cloud")
    shop.events.clear()
    assert outcomes(shop.up(make.logs())) == {"logs": "unchanged"}
    told = [each.message for each in shop.events if isinstance(each, Notice)]
    (following,) = told
    assert following.startswith(f"{shop.name}-dev-logs is CREATE_IN_PROGRESS (since ")
    assert following.endswith(", by cdinfra): following it")


def test_a_template_above_the_limit_goes_through_the_bucket(shop: Shop, make: Make) -> None:
    foundation = make.plain(
        name="foundation",
        resources={"Bucket": {"Type": "AWS::S3::Bucket"}},
        outputs={"BucketName": {"Ref": "Bucket"}},
        foundational=True,
    )
    many = {
        f"Group{number:03}": {
            "Type": "AWS::Logs::LogGroup",
            "Metadata": {"Text": "x" * 20_000},
        }
        for number in range(3)
    }
    large = make.plain(name="large", resources=many)
    assert len(json.dumps(many)) > 51_200
    assert outcomes(shop.up(foundation, large)) == {"foundation": "created", "large": "created"}
    assert outcomes(shop.up(foundation, large)) == {
        "foundation": "unchanged",
        "large": "unchanged",
    }
    aws = connect(shop.cloud.connection())
    bucket = next(iter(shop.deployer(foundation).outputs().values()))["BucketName"]
    client = aws.storage._clients.client("s3")  # noqa: SLF001 - to empty the bucket again
    for each in client.list_objects_v2(Bucket=bucket).get("Contents", ()):
        client.delete_object(Bucket=bucket, Key=each["Key"])


def test_readers_tell_what_is_there(shop: Shop, make: Make) -> None:
    shop.up(make.network(), make.logs("old"))
    deployer = shop.deployer(make.network(), make.web())
    assert [(each.stack, each.status, each.in_app) for each in deployer.status()] == [
        ("network", "CREATE_COMPLETE", True),
        ("web", "", True),
        ("old", "CREATE_COMPLETE", False),
    ]
    assert set(deployer.outputs()) == {"network", "old"}
    events = deployer.events()
    assert events[-1].status == "CREATE_COMPLETE"
    assert deployer.account().account_id == "123456789012"


def test_the_example_app_goes_up_stays_and_comes_down(tmp_path: Path) -> None:
    cloud = start(tmp_path / "state")
    try:
        app = load_app(EXAMPLE, "dev")
        aws = connect(cloud.connection())
        with Deployer(aws, app) as deployer:
            result = deployer.execute(deployer.preview(deployer.plan_up()))
        assert set(outcomes(result).values()) == {"created"}
        groups = [each.deploy_group for each in result.hosts]
        assert groups == ["shop-dev-web", "shop-dev-web", "shop-dev-worker"]
        with Deployer(aws, app) as deployer:
            assert deployer.preview(deployer.plan_up()).is_empty
        with Deployer(aws, app) as deployer:
            result = deployer.execute(deployer.preview(deployer.plan_down()))
        assert set(outcomes(result).values()) == {"deleted"}, result.failed
    finally:
        stop(cloud.state_dir)


def test_a_local_cloud_that_was_killed_is_told_with_what_to_do(tmp_path: Path) -> None:
    cloud = start(tmp_path / "state")
    stop(cloud.state_dir)
    deployer = Deployer(connect(cloud.connection()), load_app(EXAMPLE, "dev"))
    with pytest.raises(LocalCloudError) as caught:
        deployer.plan_up()
    assert caught.value.hint == "start it with: cdinfra local up"
