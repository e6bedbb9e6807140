"""What a deleted stack retains is found in the real local cloud, and taken into a stack again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.cloud import ConnectedAws, connect
from cdinfra.aws.drift import Drift
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.identifiers import parse_wanted
from cdinfra.deploy.load import load_app
from cdinfra.deploy.resource_kinds import kind_of, parse_arn, spellings
from cdinfra.events import Outcome
from cdinfra.local.resources.registry import resource_types

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.connection import Clients
    from cdinfra.deploy.orphans import Orphan
    from cdinfra.deploy.result import Result
    from cdinfra.local.process import LocalCloud
    from tests.functional.deploy.conftest import Make, Plain, Shop

NOT_SEEN = {
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::EC2::EIP",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
}
"""As AWS's own API shows them not; an address is shown, under another id than its stack has."""

EXAMPLES = Path(__file__).parents[3] / "examples"
ALARM = {
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "MetricName": "Errors",
    "Namespace": "Shop",
    "Period": 60,
    "Statistic": "Sum",
    "Threshold": 1,
}
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def store(make: Make, name: str, **more: Any) -> Plain:
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"{name}-pictures"}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"/{name}/web"}},
        "Images": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": f"{name}/web"}},
        "Disk": {
            "Type": "AWS::EC2::Volume",
            "Properties": {"AvailabilityZone": "eu-central-1a", "Size": 1},
        },
        "Address": {"Type": "AWS::EC2::EIP"},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": ALARM},
        "Setting": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "1"}},
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "x"}},
    }
    kept = {key: {**each, **KEPT} for key, each in resources.items()}
    return make.plain(name="store", resources={**kept, **more})


def orphans(shop: Shop, *stacks: Plain) -> tuple[Orphan, ...]:
    with shop.deployer(*stacks) as deployer:
        return deployer.orphans()


def take_in(shop: Shop, stack: Plain, *words: str) -> Result:
    with shop.deployer(stack) as deployer:
        return deployer.execute(
            deployer.preview(deployer.plan_import(stack.name, parse_wanted(words)))
        )


def words_of(found: tuple[Orphan, ...]) -> list[str]:
    return [each.import_command.split()[3] for each in found]


def test_everything_that_a_deleted_stack_retained_is_an_orphan(shop: Shop, make: Make) -> None:
    stack = store(make, shop.name)
    shop.up(stack)
    assert orphans(shop, stack) == ()
    shop.down(stack)
    found = orphans(shop, stack)
    assert sorted(each.resource_type for each in found) == sorted(
        each["Type"] for each in stack.resources.values()
    )
    assert {each.why for each in found} == {f"its stack {shop.name}-dev-store is deleted"}
    assert all(each.is_described and each.delete_command for each in found)
    assert {word.split("=")[0] for word in words_of(found)} == set(stack.resources)


def test_orphans_go_back_into_a_stack_by_the_commands_that_are_shown(
    shop: Shop, make: Make
) -> None:
    stack = store(make, shop.name)
    shop.up(stack)
    shop.down(stack)
    known = ("Bucket", "Logs", "Images", "Disk", "Topic")
    words = [each for each in words_of(orphans(shop, stack)) if each.startswith(known)]
    (result,) = take_in(shop, stack, *words[:3]).stacks
    assert (result.outcome, result.status) == (Outcome.IMPORTED, "IMPORT_COMPLETE")
    (result,) = take_in(shop, stack, *words[3:]).stacks
    assert (result.outcome, result.status) == (Outcome.IMPORTED, "IMPORT_COMPLETE")
    assert not set(words) & set(words_of(orphans(shop, stack)))
    with shop.deployer(stack) as deployer:
        assert [each.drift for each in deployer.drift()] == [Drift.IN_SYNC]


def test_what_an_update_let_go_of_is_an_orphan_of_a_living_stack(shop: Shop, make: Make) -> None:
    kept = make.logs(**KEPT)
    other = {"Topic": {"Type": "AWS::SNS::Topic"}}
    shop.up(make.plain(name="logs", resources={**kept.resources, **other}))
    shop.up(make.plain(name="logs", resources=other))
    (found,) = orphans(shop, make.plain(name="logs", resources=other))
    assert found.why == f"its stack {shop.name}-dev-logs let go of it"
    assert not found.is_described


def test_an_id_of_nothing_is_told_as_cloudformation_tells_it(shop: Shop, make: Make) -> None:
    (failed,) = take_in(shop, make.logs(**KEPT), "Group=/nothing").failed
    assert failed.status == "IMPORT_ROLLBACK_COMPLETE"
    assert "'/nothing' was not found" in failed.cause


def test_an_import_changes_nothing_of_the_resource_and_drift_shows_what_differs(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    name, client = f"/{shop.name}/by-hand", clients().client("logs")
    client.create_log_group(logGroupName=name)
    client.put_retention_policy(logGroupName=name, retentionInDays=30)
    stack = make.logs(days=7, **KEPT)
    assert take_in(shop, stack, f"Group={name}").failed == ()
    (group,) = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group["retentionInDays"] == 30
    with shop.deployer(stack) as deployer:
        (found,) = deployer.drift()
    (changed,) = found.resources
    assert [(each.path, each.actual) for each in changed.properties] == [("RetentionInDays", "30")]


def test_an_instance_by_hand_and_its_volume_are_orphans(
    shop: Shop, clients: Callable[..., Clients]
) -> None:
    ec2 = clients().client("ec2")
    tags = [{"Key": "cdinfra:app", "Value": shop.name}, {"Key": "cdinfra:env", "Value": "dev"}]
    kinds = ("instance", "volume")
    launched = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": kind, "Tags": tags} for kind in kinds],
    )
    instance_id = launched["Instances"][0]["InstanceId"]
    found = {each.resource_type: each.why for each in orphans(shop)}
    assert found["AWS::EC2::Instance"] == "carries the app's tags, and no tag of a stack"
    assert found["AWS::EC2::Volume"] == f"is part of {instance_id}, an orphan too"
    ec2.terminate_instances(InstanceIds=[instance_id])
    assert [each for each in orphans(shop) if each.resource_type == "AWS::EC2::Instance"] == []


@pytest.mark.parametrize("env", ["dev", "production"])
def test_the_shop_has_no_orphans_while_it_is_up_nor_when_it_is_down(
    local_cloud: LocalCloud, env: str
) -> None:
    app = load_app(EXAMPLES / "shop" / "infra.py", env)
    aws = connect(local_cloud.connection())
    with Deployer(aws, app) as deployer:
        assert deployer.execute(deployer.preview(deployer.plan_up())).failed == ()
        try:
            assert deployer.orphans() == ()
            assert unseen(aws, env) == set()
        finally:
            deployer.execute(deployer.plan_down())
        assert deployer.orphans() == ()


def unseen(aws: ConnectedAws, env: str) -> set[str]:
    """Return the types of resources that have tags, and that the tagging API does not show."""
    types = resource_types()
    shown = {
        spelling
        for each in aws.tagged_resources.describe_tagged("shop", env)
        for spelling in spellings(parse_arn(each.arn), kind_of(parse_arn(each.arn))[1])
    }
    return {
        each.resource_type
        for stack in aws.stacks.describe_stacks() or ()
        if stack.name.startswith(f"shop-{env}-")
        for each in aws.stacks.list_resources(stack.stack_id)
        if "Tags" in types[each.resource_type].carried
        if each.resource_type not in NOT_SEEN and each.physical_id not in shown
    }
