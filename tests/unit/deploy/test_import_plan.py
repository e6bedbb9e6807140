from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.change_set import ChangeAction
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.identifiers import parse_wanted
from cdinfra.deploy.plan import Plan, ResourceToImport, Verb
from cdinfra.errors import CloudError, InvalidInputError, StackFailedError
from cdinfra.events import Outcome, ResourceChanged, StackFinished, StackStarted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdinfra.deploy.result import Result
    from tests.unit.deploy.conftest import Make, PlainStack, Run

KEPT = {"DeletionPolicy": "Retain"}
BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "pictures"}, **KEPT}
LOGS = {"Type": "AWS::Logs::LogGroup", **KEPT}
TOPIC = {"Type": "AWS::SNS::Topic"}


def store(make: Make, resources: Mapping[str, Any], **sections: Any) -> PlainStack:
    return make.plain(name="store", document={"Resources": resources, **sections})


def plan(run: Run, stack: str, *words: str, stacks: tuple[PlainStack, ...]) -> Plan:
    with run.deployer(*stacks) as deployer:
        return deployer.preview(deployer.plan_import(stack, parse_wanted(words)))


def execute(run: Run, *words: str, stack: PlainStack) -> Result:
    with run.deployer(stack) as deployer:
        planned = deployer.plan_import(stack.name, parse_wanted(words))
        return deployer.execute(deployer.preview(planned))


def problems(run: Run, *words: str, stacks: tuple[PlainStack, ...]) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        plan(run, "store", *words, stacks=stacks)
    return [str(each) for each in caught.value.problems]


def test_a_stack_that_does_not_exist_is_made_of_the_imported_resources_alone(
    run: Run, make: Make
) -> None:
    outputs = {"Name": {"Value": {"Ref": "Bucket"}}}
    stack = store(make, {"Bucket": BUCKET, "Topic": TOPIC}, Outputs=outputs)
    result = execute(run, "Bucket=pictures", stack=stack)
    assert [each.outcome for each in result.stacks] == [Outcome.IMPORTED]
    made = run.aws.stacks.stack("shop-dev-store")
    assert made.status is StackStatus.IMPORT_COMPLETE
    assert made.document == {"Resources": {"Bucket": BUCKET}}
    assert made.tags["cdinfra:app"] == "shop"


def test_an_existing_stack_gets_the_resource_and_nothing_else(run: Run, make: Make) -> None:
    run.up(store(make, {"Topic": TOPIC}))
    changed = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "news"}}
    outputs = {"Name": {"Value": "x"}}
    stack = store(make, {"Topic": changed, "Bucket": BUCKET, "Other": TOPIC}, Outputs=outputs)
    result = execute(run, "Bucket=pictures", stack=stack)
    assert result.failed == ()
    document = run.aws.stacks.stack("shop-dev-store").document
    assert document == {"Resources": {"Topic": TOPIC, "Bucket": BUCKET}}
    # What else is new comes with the next up.
    assert run.up(stack) == {"store": "updated"}


def test_the_plan_shows_what_cloudformation_will_import(run: Run, make: Make) -> None:
    stack = store(make, {"Bucket": BUCKET, "Logs": LOGS})
    planned = plan(run, "store", "Bucket=pictures", "Logs=/shop", stacks=(stack,))
    (action,) = planned.actions
    assert (action.verb, action.reason) == (Verb.IMPORT, "a new stack of these alone")
    assert not planned.is_empty
    assert action.imports[0] == ResourceToImport(
        logical_id="Bucket",
        resource_type="AWS::S3::Bucket",
        identifier={"BucketName": "pictures"},
    )
    shown = [(each.logical_id, each.action, each.physical_id) for each in action.resources]
    assert shown == [
        ("Bucket", ChangeAction.IMPORT, "pictures"),
        ("Logs", ChangeAction.IMPORT, "/shop"),
    ]


def test_a_preview_that_is_not_executed_leaves_neither_change_set_nor_stack(
    run: Run, make: Make
) -> None:
    plan(run, "store", "Bucket=pictures", stacks=(store(make, {"Bucket": BUCKET}),))
    assert run.aws.stacks.change_sets == ()
    assert run.aws.stacks.describe_stacks() == ()


def test_every_problem_is_told_before_a_change_set_is_made(run: Run, make: Make) -> None:
    run.up(store(make, {"Old": BUCKET}))
    alarm = {"Type": "AWS::Made::Up", **KEPT}
    resources = {"Old": BUCKET, "Topic": TOPIC, "Alarm": alarm, "Logs": LOGS}
    stack = store(make, resources)
    words = ("Log=/shop", "Old=x", "Topic=arn", "Alarm=x", "Logs.Name=x", "Logs.Other=y")
    told = problems(run, *words, stacks=(stack,))
    assert told == [
        "stacks/store/Log: infra.py has no such resource (did you mean 'Logs'?)",
        "stacks/store/Old: is part of the deployed stack already",
        (
            "stacks/store/Topic: has no DeletionPolicy (give it one in infra.py: Retain leaves the "
            "resource alone whatever the stack does)"
        ),
        "stacks/store/Alarm: CloudFormation imports no resource of the type AWS::Made::Up",
        (
            "stacks/store/Logs: AWS::Logs::LogGroup is identified by LogGroupName "
            "(write Logs.LogGroupName=…)"
        ),
    ]
    assert run.calls("create_change_set") == ["create_change_set shop-dev-store"]


def test_a_type_with_several_identifying_properties_needs_each(run: Run, make: Make) -> None:
    run.aws.stacks.identifiers["AWS::Made::Up"] = ("Api", "Name")
    stack = store(make, {"Thing": {"Type": "AWS::Made::Up", **KEPT}})
    assert problems(run, "Thing=x", stacks=(stack,)) == [
        (
            "stacks/store/Thing: AWS::Made::Up is identified by Api and Name "
            "(write Thing.Api=… Thing.Name=…)"
        )
    ]
    result = execute(run, "Thing.Api=a", "Thing.Name=n", stack=stack)
    assert result.failed == ()


def test_a_resource_that_needs_another_says_so(run: Run, make: Make) -> None:
    properties = {
        "BucketName": {"Fn::Sub": ["${Topic}-${Inside}-${AWS::Region}", {"Inside": "x"}]},
        "Tags": [{"Ref": "Zone"}],
    }
    needy = {**BUCKET, "Properties": properties, "DependsOn": "Other"}
    stack = store(
        make,
        {"Bucket": needy, "Topic": TOPIC, "Other": TOPIC},
        Parameters={"Zone": {"Type": "String", "Default": "a"}},
    )
    both = "import both, or bring that one up before"
    assert problems(run, "Bucket=pictures", stacks=(stack,)) == [
        f"stacks/store/Bucket: refers to 'Topic', which the stack does not have yet ({both})",
        f"stacks/store/Bucket: refers to 'Other', which the stack does not have yet ({both})",
    ]
    run.up(store(make, {"Topic": TOPIC, "Other": TOPIC}))
    assert problems(run, "Bucket=pictures", stacks=(stack,)) == [
        (
            "stacks/store/Bucket: refers to 'Zone', which the stack does not have yet (deploy the "
            "parameter before, with an infra.py that does not have the resource yet)"
        )
    ]


def test_a_new_stack_waits_for_no_other_stack_that_the_resource_does_not_need(
    run: Run, make: Make
) -> None:
    resources = {
        "Bucket": BUCKET,
        "Group": {"Type": "AWS::X::Y", "Properties": {"V": {"Ref": "VpcId"}}},
    }
    stack = make.consumer("store", resources=resources)
    (action,) = plan(run, "store", "Bucket=pictures", stacks=(make.network(), stack)).actions
    assert json.loads(action.body) == {"Resources": {"Bucket": BUCKET}}
    assert action.parameters == {}


def test_a_new_stack_gets_the_values_that_the_resource_needs(run: Run, make: Make) -> None:
    run.up(make.network())
    resources = {"Bucket": {**BUCKET, "Properties": {"BucketName": {"Ref": "VpcId"}}}}
    stack = make.consumer("store", resources=resources)
    (action,) = plan(run, "store", "Bucket=x", stacks=(make.network(), stack)).actions
    assert action.parameters == {"VpcId": "shop-dev-network-vpc"}


def test_an_existing_stack_keeps_its_values_and_tags(run: Run, make: Make) -> None:
    run.up(make.network(), make.consumer("store"))
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": {"Ref": "VpcId"}}}
    stack = make.consumer("store", resources={"Group": group, "Bucket": BUCKET})
    (action,) = plan(run, "store", "Bucket=x", stacks=(make.network(), stack)).actions
    assert (action.parameters, action.retained) == ({}, ("VpcId",))
    assert action.tags == run.aws.stacks.stack("shop-dev-store").tags


def test_an_unknown_stack_is_refused_with_the_nearest_name(run: Run, make: Make) -> None:
    with pytest.raises(InvalidInputError, match="stoer: is no stack of this app"):
        plan(run, "stoer", "Bucket=x", stacks=(store(make, {"Bucket": BUCKET}),))


@pytest.mark.parametrize(
    ("status", "first"),
    [
        (StackStatus.ROLLBACK_COMPLETE, "down"),
        (StackStatus.ROLLBACK_FAILED, "down"),
        (StackStatus.CREATE_FAILED, "up"),
        (StackStatus.UPDATE_FAILED, "up"),
    ],
)
def test_a_status_that_takes_nothing_in_says_what_to_do_first(
    run: Run, make: Make, status: StackStatus, first: str
) -> None:
    run.up(store(make, {"Topic": TOPIC}))
    run.aws.stacks.stack("shop-dev-store").status = status
    (told,) = problems(run, "Bucket=x", stacks=(store(make, {"Topic": TOPIC, "Bucket": BUCKET}),))
    assert f"is {status}, and takes nothing in" in told
    assert f"first: cdinfra {first} store" in told


def test_a_stuck_stack_is_told_as_up_tells_it(run: Run, make: Make) -> None:
    run.up(store(make, {"Topic": TOPIC}))
    run.aws.stacks.stack("shop-dev-store").status = StackStatus.UPDATE_ROLLBACK_FAILED
    with pytest.raises(StackFailedError, match="UPDATE_ROLLBACK_FAILED"):
        plan(run, "store", "Bucket=x", stacks=(store(make, {"Bucket": BUCKET}),))


def test_a_deployed_yaml_template_is_not_guessed_at(run: Run, make: Make) -> None:
    run.up(store(make, {"Topic": TOPIC}))
    run.aws.stacks.stack("shop-dev-store").document = None  # type: ignore[assignment] # as YAML is read
    told = problems(run, "Bucket=x", stacks=(store(make, {"Bucket": BUCKET}),))
    assert told[0].startswith("stacks/store: the deployed template is YAML")


def test_a_failed_import_tells_the_cause_and_leaves_a_stack_that_says_what_it_is(
    run: Run, make: Make
) -> None:
    stack = store(make, {"Bucket": BUCKET})
    run.aws.stacks.fail("shop-dev-store", "Bucket", "there is no such bucket")
    (failed,) = execute(run, "Bucket=nothing", stack=stack).failed
    assert (failed.status, failed.cause) == (
        "IMPORT_ROLLBACK_COMPLETE",
        "Bucket (AWS::S3::Bucket): there is no such bucket",
    )
    (told,) = problems(run, "Bucket=pictures", stacks=(stack,))
    assert "an import that failed left it behind" in told
    assert "first: cdinfra down store" in told


def test_cloudformations_refusal_is_told_and_nothing_stays_behind(run: Run, make: Make) -> None:
    refusal = CloudError("cannot create a change set for shop-dev-store: no (ValidationError)")
    run.aws.stacks.script("create_change_set", refusal)
    with pytest.raises(CloudError, match="ValidationError"):
        plan(run, "store", "Bucket=x", stacks=(store(make, {"Bucket": BUCKET}),))
    assert run.aws.stacks.change_sets == ()


def test_an_import_is_told_in_events_like_any_other_work(run: Run, make: Make) -> None:
    execute(run, "Bucket=pictures", stack=store(make, {"Bucket": BUCKET}))
    (started,), (finished,) = run.told(StackStarted), run.told(StackFinished)
    assert isinstance(started, StackStarted)
    assert isinstance(finished, StackFinished)
    assert (started.verb, finished.outcome) == ("import", Outcome.IMPORTED)
    changed = [each for each in run.told(ResourceChanged) if isinstance(each, ResourceChanged)]
    assert [each.status for each in changed if each.logical_id == "Bucket"] == [
        "IMPORT_IN_PROGRESS",
        "IMPORT_COMPLETE",
    ]
