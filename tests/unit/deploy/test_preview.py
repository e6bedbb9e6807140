from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.deploy.plan import ChangeAction, Replacement, ValueChange, Verb
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from cdinfra.deploy.plan import Plan
    from tests.unit.deploy.conftest import Make, PlainStack, Run


def preview(run: Run, *stacks: PlainStack) -> Plan:
    with run.deployer(*stacks) as deployer:
        return deployer.preview(deployer.plan_up())


def test_a_creation_adds_everything_and_makes_no_change_set(run: Run, make: Make) -> None:
    action = preview(run, make.network()).actions[0]
    assert [(each.logical_id, each.action) for each in action.resources] == [
        ("Vpc", ChangeAction.ADD),
        ("Subnet0", ChangeAction.ADD),
    ]
    assert not run.calls("create_change_set")


def test_an_update_shows_each_property_before_and_after(run: Run, make: Make) -> None:
    run.up(make.network(vpc={"CidrBlock": "10.0.0.0/16"}))
    action = preview(run, make.network(vpc={"CidrBlock": "10.1.0.0/16"})).actions[0]
    (change,) = action.resources
    assert (change.logical_id, change.action) == ("Vpc", ChangeAction.MODIFY)
    (detail,) = change.properties
    assert detail.path == "Properties.CidrBlock"
    assert (detail.before, detail.after) == ("10.0.0.0/16", "10.1.0.0/16")


def test_a_replacement_is_marked(run: Run, make: Make) -> None:
    run.up(make.network(vpc={"CidrBlock": "10.0.0.0/16"}))
    run.aws.stacks.replaced_types.add("AWS::EC2::VPC")
    (change,) = preview(run, make.network(vpc={"CidrBlock": "10.1.0.0/16"})).actions[0].resources
    assert change.replacement is Replacement.ALWAYS
    assert not change.loses_data


def bucket(make: Make, **attributes: object) -> PlainStack:
    definition = {"Type": "AWS::S3::Bucket", **attributes}
    return make.plain(name="store", document={"Resources": {"Bucket": definition}})


def test_a_replaced_bucket_loses_data(run: Run, make: Make) -> None:
    run.up(bucket(make))
    run.aws.stacks.replaced_types.add("AWS::S3::Bucket")
    stack = bucket(make, Properties={"BucketName": "other"})
    assert preview(run, stack).actions[0].resources[0].loses_data


def test_a_replaced_bucket_with_a_policy_that_keeps_it_loses_nothing(run: Run, make: Make) -> None:
    run.up(bucket(make))
    run.aws.stacks.replaced_types.add("AWS::S3::Bucket")
    stack = bucket(make, Properties={"BucketName": "other"}, UpdateReplacePolicy="Retain")
    assert not preview(run, stack).actions[0].resources[0].loses_data


def test_a_removed_bucket_loses_data_by_the_policy_that_is_deployed(run: Run, make: Make) -> None:
    run.up(bucket(make))
    emptied = make.plain(name="store", document={"Resources": {}})
    assert preview(run, emptied).actions[0].resources[0].loses_data


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate", "Snapshot"])
def test_a_removed_bucket_that_is_kept_loses_nothing(run: Run, make: Make, policy: str) -> None:
    run.up(bucket(make, DeletionPolicy=policy))
    emptied = make.plain(name="store", document={"Resources": {}})
    assert not preview(run, emptied).actions[0].resources[0].loses_data


def test_a_stack_that_is_no_longer_wanted_shows_what_goes_with_it(run: Run, make: Make) -> None:
    run.up(bucket(make))
    (action,) = preview(run).actions
    assert action.verb is Verb.DELETE
    assert action.resources[0].action is ChangeAction.REMOVE
    assert action.resources[0].physical_id == "shop-dev-store-bucket"
    assert action.resources[0].loses_data


def test_a_change_set_without_changes_makes_the_stack_unchanged(run: Run, make: Make) -> None:
    parameter = {"Parameters": {"Secret": {"Type": "String", "NoEcho": True, "Default": "x"}}}
    stack = make.plain(name="one", document={**parameter, "Resources": {}})
    run.up(stack)
    # CloudFormation shows no hidden value, so only a change set can tell whether it differs.
    assert run.aws.stacks.describe_stack("shop-dev-one").parameters == {"Secret": "****"}
    shown = preview(run, stack)
    assert shown.is_empty
    assert shown.actions[0].values == ()
    assert len(run.calls("create_change_set")) == 2
    assert run.aws.stacks.change_sets == ()


def test_a_plan_that_is_not_executed_leaves_no_change_set(run: Run, make: Make) -> None:
    run.up(make.network())
    shown = preview(run, make.network(subnets=2), make.single("new"))
    assert shown.actions[0].change_set_arn
    assert run.aws.stacks.change_sets == ()
    assert run.aws.stacks.describe_stack("shop-dev-new") is None


def test_a_refused_change_set_says_why_and_leaves_the_others_behind_deleted(
    run: Run, make: Make
) -> None:
    run.up(make.network(), make.single("one"))
    run.aws.stacks.script("create_change_set", None, CloudError("Template format error"))
    with pytest.raises(CloudError, match="Template format error"):
        preview(run, make.network(subnets=2), make.single("one", DeletionPolicy="Retain"))
    assert run.aws.stacks.change_sets == ()


def test_a_change_set_that_cannot_be_deleted_is_told(run: Run, make: Make) -> None:
    run.up(make.network())
    run.aws.stacks.script("delete_change_set", CloudError("cannot reach it"))
    preview(run, make.network(subnets=2))
    assert "stays behind: cannot reach it" in run.events[-1].message


def test_outputs_that_cannot_change_are_known_to_the_stacks_behind(run: Run, make: Make) -> None:
    run.up(make.network(), make.consumer("web"))
    shown = preview(run, make.network(subnets=2), make.consumer("web"))
    web = shown.actions[1]
    assert (web.verb, web.pending, web.reason) == (Verb.UNCHANGED, {}, "")
    assert web.parameters == {"VpcId": "shop-dev-network-vpc"}


def test_outputs_of_a_replaced_resource_stay_pending(run: Run, make: Make) -> None:
    run.up(make.network(), make.consumer("web"))
    run.aws.stacks.replaced_types.add("AWS::EC2::VPC")
    changed = make.network(vpc={"CidrBlock": "10.1.0.0/16"})
    web = preview(run, changed, make.consumer("web")).actions[1]
    assert web.pending == {"VpcId": "network.VpcId"}
    assert (web.verb, web.reason, web.change_set_arn) == (Verb.UPDATE, "follows network", "")
    assert web.values == (
        ValueChange(
            name="Parameters.VpcId",
            before="shop-dev-network-vpc",
            after="(output network.VpcId)",
        ),
    )


def test_what_gets_a_value_that_nobody_knows_yet_may_be_replaced(run: Run, make: Make) -> None:
    resources = {
        "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": {"Ref": "VpcId"}}},
        "Disk": {
            "Type": "AWS::EC2::Volume",
            "Properties": {"Tags": [{"Key": "vpc", "Value": {"Fn::Sub": "in ${VpcId}"}}]},
        },
        "Topic": {"Type": "AWS::SNS::Topic"},
    }
    stacks = (make.consumer("web", resources=resources),)
    run.up(make.network(), *stacks)
    run.aws.stacks.replaced_types.add("AWS::EC2::VPC")
    web = preview(run, make.network(vpc={"CidrBlock": "10.1.0.0/16"}), *stacks).actions[1]
    assert [(each.logical_id, each.replacement, each.loses_data) for each in web.resources] == [
        ("Group", Replacement.CONDITIONAL, False),
        ("Disk", Replacement.CONDITIONAL, True),
    ]
    assert [each.path for each in web.resources[0].properties] == ["Properties.VpcId"]


def test_a_value_that_nobody_knows_yet_is_told_beside_what_is_known(run: Run, make: Make) -> None:
    def web(size: str) -> PlainStack:
        properties = {"VpcId": {"Ref": "VpcId"}, "GroupDescription": size}
        group = {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}
        return make.consumer("web", resources={"Group": group})

    run.up(make.network(), web("small"))
    run.aws.stacks.replaced_types.add("AWS::EC2::VPC")
    shown = preview(run, make.network(vpc={"CidrBlock": "10.1.0.0/16"}), web("large"))
    (group,) = shown.actions[1].resources
    assert group.replacement is Replacement.CONDITIONAL
    assert [each.path for each in group.properties] == [
        "Properties.GroupDescription",
        "Properties.VpcId",
    ]


def test_an_output_that_may_change_is_told_as_no_more_than_that(run: Run, make: Make) -> None:
    outputs = {"VpcId": {"Value": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}}}

    def network(cidr: str) -> PlainStack:
        vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": cidr}}
        return make.plain(name="network", document={"Resources": {"Vpc": vpc}, "Outputs": outputs})

    run.up(network("10.0.0.0/16"), make.consumer("web"))
    web = preview(run, network("10.1.0.0/16"), make.consumer("web")).actions[1]
    assert web.verb is Verb.UNCHANGED
    assert web.reason == "changes if the outputs of network change"


def test_what_may_change_runs_through_a_chain_of_stacks(run: Run, make: Make) -> None:
    chain = (make.consumer("web"), make.consumer("edge", upstream="web"))
    run.up(make.network(), *chain)
    run.aws.stacks.replaced_types.add("AWS::EC2::VPC")
    shown = preview(run, make.network(vpc={"CidrBlock": "10.1.0.0/16"}), *chain)
    assert shown.actions[2].pending == {"VpcId": "web.VpcId"}


def test_a_stack_that_begins_to_need_a_new_one_is_compared_by_its_template(
    run: Run, make: Make
) -> None:
    alone = make.plain(
        name="web", document={"Resources": {"Group": {"Type": "AWS::EC2::SecurityGroup"}}}
    )
    run.up(alone)
    shown = preview(run, make.network(), make.consumer("web"))
    web = shown.actions[1]
    assert web.verb is Verb.UPDATE
    assert not web.change_set_arn
    assert web.resources[0].replacement is Replacement.CONDITIONAL
    assert [each.path for each in web.resources[0].properties] == ["Properties.VpcId"]
    assert run.up(make.network(), make.consumer("web")) == {
        "network": "created",
        "web": "updated",
    }
