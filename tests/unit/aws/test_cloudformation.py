from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.change_set import (
    ChangeAction,
    ChangeSetId,
    ChangeSetRequest,
    ChangeSetStatus,
    ChangeSetType,
    PropertyChange,
    Replacement,
)
from cdinfra.aws.cloudformation import CloudFormation
from cdinfra.aws.drift import (
    DetectionStatus,
    Drift,
    DriftDetection,
    PropertyDrift,
    ResourceDriftStatus,
)
from cdinfra.aws.stack_arguments import ParameterUpdate
from cdinfra.aws.stack_status import StackStatus
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script

NOW = datetime(2026, 1, 31, tzinfo=UTC)
STACK_ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/shop-dev-web/1"
CHANGE_SET = "arn:aws:cloudformation:eu-central-1:123456789012:changeSet/one/1"
STACK = {
    "StackId": STACK_ID,
    "StackName": "shop-dev-web",
    "StackStatus": "CREATE_COMPLETE",
    "CreationTime": NOW,
}


def test_a_stack_is_described_whole(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    described = {
        **STACK,
        "StackStatusReason": "because",
        "LastUpdatedTime": NOW,
        "Parameters": [
            {"ParameterKey": "Image", "ParameterValue": "/ami", "ResolvedValue": "ami-1"},
            {"ParameterKey": "Size", "ParameterValue": "small"},
        ],
        "Outputs": [{"OutputKey": "Url", "OutputValue": "http://x"}],
        "Tags": [{"Key": "cdinfra:app", "Value": "shop"}],
        "EnableTerminationProtection": True,
        "DriftInformation": {"StackDriftStatus": "IN_SYNC"},
    }
    cloud.answer("describe_stacks", {"Stacks": [described]}, {"StackName": "shop-dev-web"})
    stack = CloudFormation(cloud.clients).describe_stack("shop-dev-web")
    assert stack is not None
    assert (stack.stack_id, stack.status) == (STACK_ID, StackStatus.CREATE_COMPLETE)
    assert stack.parameters == {"Image": "/ami", "Size": "small"}
    assert stack.resolved == {"Image": "ami-1"}
    assert stack.outputs == {"Url": "http://x"}
    assert stack.tags == {"cdinfra:app": "shop"}
    assert (stack.protected, stack.drift, stack.reason) == (True, "IN_SYNC", "because")


def test_a_stack_that_does_not_exist_is_none(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    message = "Stack with id shop-dev-web does not exist"
    cloud.refuse("describe_stacks", "ValidationError", message)
    assert CloudFormation(cloud.clients).describe_stack("shop-dev-web") is None


def test_another_refusal_is_an_error_that_says_what_was_being_done(
    script: Callable[..., Script],
) -> None:
    cloud = script("cloudformation")
    cloud.refuse("describe_stacks", "ValidationError", "the name is too long")
    with pytest.raises(CloudError) as caught:
        CloudFormation(cloud.clients).describe_stack("x")
    assert caught.value.message == (
        "cannot describe the stack x: the name is too long (ValidationError)"
    )


def test_a_status_that_nobody_knows_is_a_clear_error(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    cloud.answer("describe_stacks", {"Stacks": [{**STACK, "StackStatus": "ARCHIVED"}]})
    with pytest.raises(CloudError, match="unknown status: ARCHIVED"):
        CloudFormation(cloud.clients).describe_stack("shop-dev-web")


def test_every_page_of_stacks_is_read(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    cloud.answer("describe_stacks", {"Stacks": [STACK], "NextToken": "2"})
    cloud.answer("describe_stacks", {"Stacks": [STACK]}, {"NextToken": "2"})
    assert len(CloudFormation(cloud.clients).describe_stacks() or ()) == 2


def test_stacks_that_may_not_be_listed_are_none(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    cloud.refuse("describe_stacks", "AccessDenied", status=403)
    assert CloudFormation(cloud.clients).describe_stacks() is None


def event(number: int) -> dict[str, Any]:
    return {
        "EventId": str(number),
        "StackId": STACK_ID,
        "StackName": "shop-dev-web",
        "Timestamp": NOW,
        "LogicalResourceId": "shop-dev-web",
        "PhysicalResourceId": STACK_ID,
        "ResourceType": "AWS::CloudFormation::Stack",
        "ResourceStatus": "CREATE_COMPLETE",
        "ClientRequestToken": "token",
    }


def test_a_page_of_events_is_fetched_only_when_it_is_reached(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    first = {"StackEvents": [event(3), event(2)], "NextToken": "2"}
    cloud.answer("describe_stack_events", first, {"StackName": STACK_ID})
    events = CloudFormation(cloud.clients).describe_events(STACK_ID)
    newest = next(events)
    assert (newest.event_id, newest.token, newest.is_of_stack) == ("3", "token", True)
    assert next(events).event_id == "2"
    second = {"StackName": STACK_ID, "NextToken": "2"}
    cloud.answer("describe_stack_events", {"StackEvents": [event(1)]}, second)
    assert [each.event_id for each in events] == ["1"]
    cloud.stubber.assert_no_pending_responses()


def test_an_event_of_a_nested_stack_is_not_one_of_the_stack_itself(
    script: Callable[..., Script],
) -> None:
    cloud = script("cloudformation")
    nested = {**event(1), "PhysicalResourceId": "arn:aws:another-stack"}
    cloud.answer("describe_stack_events", {"StackEvents": [nested]})
    (only,) = CloudFormation(cloud.clients).describe_events(STACK_ID)
    assert not only.is_of_stack


def test_the_resources_of_a_stack_are_listed(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    resource = {
        "LogicalResourceId": "Vpc",
        "ResourceType": "AWS::EC2::VPC",
        "LastUpdatedTimestamp": NOW,
        "ResourceStatus": "CREATE_COMPLETE",
    }
    cloud.answer("list_stack_resources", {"StackResourceSummaries": [resource]})
    (only,) = CloudFormation(cloud.clients).list_resources(STACK_ID)
    assert (only.logical_id, only.physical_id) == ("Vpc", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"Resources": {}}', {"Resources": {}}),
        ("Resources: {}", None),
        ('"text"', None),
    ],
)
def test_a_template_is_parsed_where_it_is_json(
    script: Callable[..., Script], text: str, expected: object
) -> None:
    cloud = script("cloudformation")
    cloud.answer("get_template", {"TemplateBody": text})
    assert CloudFormation(cloud.clients).get_template(STACK_ID) == expected


def test_a_change_set_is_asked_for_with_everything(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    expected = {
        "StackName": "shop-dev-web",
        "ChangeSetName": "one",
        "ClientToken": "one",
        "ChangeSetType": "UPDATE",
        "TemplateBody": "{}",
        "Parameters": [
            {"ParameterKey": "Size", "ParameterValue": "small"},
            {"ParameterKey": "Release", "UsePreviousValue": True},
        ],
        "Tags": [{"Key": "cdinfra:app", "Value": "shop"}],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    cloud.answer("create_change_set", {"Id": CHANGE_SET, "StackId": STACK_ID}, expected)
    request = ChangeSetRequest(
        stack_name="shop-dev-web",
        name="one",
        kind=ChangeSetType.UPDATE,
        body="{}",
        parameters={"Size": "small"},
        retained=("Release",),
        tags={"cdinfra:app": "shop"},
        capabilities=("CAPABILITY_NAMED_IAM",),
    )
    made = CloudFormation(cloud.clients).create_change_set(request)
    assert made == ChangeSetId(arn=CHANGE_SET, stack_id=STACK_ID)


def test_a_stored_template_is_named_by_its_address(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    url = "https://bucket.example/t.json"
    request = ChangeSetRequest(
        stack_name="shop-dev-web", name="one", kind=ChangeSetType.CREATE, template_url=url
    )
    expected = {
        "StackName": "shop-dev-web",
        "ChangeSetName": "one",
        "ClientToken": "one",
        "ChangeSetType": "CREATE",
        "TemplateURL": url,
        "Parameters": [],
        "Tags": [],
        "Capabilities": [],
    }
    cloud.answer("create_change_set", {"Id": CHANGE_SET, "StackId": STACK_ID}, expected)
    CloudFormation(cloud.clients).create_change_set(request)
    cloud.stubber.assert_no_pending_responses()


def described(**more: object) -> dict[str, Any]:
    return {"ChangeSetId": CHANGE_SET, "StackId": STACK_ID, "Status": "CREATE_COMPLETE", **more}


def change(logical_id: str, **more: object) -> dict[str, Any]:
    resource = {
        "Action": "Modify",
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": "i-1",
        "ResourceType": "AWS::EC2::Instance",
        "Replacement": "True",
        **more,
    }
    return {"Type": "Resource", "ResourceChange": resource}


def detail(name: str, recreation: str, **more: str) -> dict[str, Any]:
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation, **more}
    return {"Target": target}


def test_every_page_of_a_change_set_is_read_with_values(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    wanted = {"ChangeSetName": CHANGE_SET, "IncludePropertyValues": True}
    details = [
        detail("ImageId", "Conditionally", BeforeValue="ami-1", AfterValue="ami-2"),
        detail("ImageId", "Always", BeforeValue="ami-1", AfterValue="ami-2"),
        detail("Tags", "Never", Path="/Properties/Tags/0/Value", AfterValue="new"),
    ]
    first = described(Changes=[change("One", Details=details)], NextToken="2")
    cloud.answer("describe_change_set", first, wanted)
    second = described(Changes=[change("Two", Action="Add", Replacement="False")])
    cloud.answer("describe_change_set", second, {**wanted, "NextToken": "2"})
    change_set = CloudFormation(cloud.clients).describe_change_set(CHANGE_SET)
    assert [each.logical_id for each in change_set.changes] == ["One", "Two"]
    assert change_set.changes[1].action is ChangeAction.ADD
    assert change_set.changes[0].replacement is Replacement.ALWAYS
    assert change_set.changes[0].properties == (
        PropertyChange(
            path="Properties.ImageId",
            before="ami-1",
            after="ami-2",
            replacement=Replacement.ALWAYS,
        ),
        PropertyChange(path="Properties.Tags.0.Value", before=None, after="new"),
    )


def test_an_action_that_is_newer_than_this_code_is_shown_as_dynamic(
    script: Callable[..., Script],
) -> None:
    cloud = script("cloudformation")
    answer = described(Changes=[change("One", Action="SyncWithActual")])
    cloud.answer("describe_change_set", answer)
    change_set = CloudFormation(cloud.clients).describe_change_set(CHANGE_SET)
    assert change_set.changes[0].action is ChangeAction.DYNAMIC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The submitted information didn't contain changes. Submit different information.", True),
        ("No updates are to be performed.", True),
        ("Template error: instance of Fn::GetAtt references undefined resource X", False),
    ],
)
def test_a_change_set_without_changes_is_told_from_a_broken_one(
    script: Callable[..., Script], text: str, expected: object
) -> None:
    cloud = script("cloudformation")
    cloud.answer("describe_change_set", described(Status="FAILED", StatusReason=text))
    change_set = CloudFormation(cloud.clients).describe_change_set(CHANGE_SET)
    assert change_set.status is ChangeSetStatus.FAILED
    assert change_set.is_empty is expected
    assert change_set.reason == text


def test_a_change_set_without_resources_is_not_called_empty(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    cloud.answer("describe_change_set", described(Changes=[]))
    assert not CloudFormation(cloud.clients).describe_change_set(CHANGE_SET).is_empty


def test_operations_carry_their_token(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    executed = {"ChangeSetName": CHANGE_SET, "ClientRequestToken": "t"}
    cloud.answer("execute_change_set", {}, executed)
    deleted = {"StackName": STACK_ID, "ClientRequestToken": "t"}
    cloud.answer("delete_stack", {}, deleted)
    CloudFormation(cloud.clients).execute_change_set(CHANGE_SET, "t")
    CloudFormation(cloud.clients).delete_stack(STACK_ID, "t")
    cloud.stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ChangeSetNotFound", "ChangeSet [one] does not exist"),
        ("ValidationError", "does not exist"),
    ],
)
def test_deleting_a_change_set_that_is_gone_is_no_error(
    script: Callable[..., Script], code: str, message: str
) -> None:
    cloud = script("cloudformation")
    cloud.refuse("delete_change_set", code, message)
    assert CloudFormation(cloud.clients).delete_change_set("shop-dev-web", "one") is None


def test_a_change_set_that_cannot_be_deleted_is_an_error(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    cloud.refuse("delete_change_set", "InvalidChangeSetStatus")
    with pytest.raises(CloudError, match="cannot delete the change set one of shop-dev-web"):
        CloudFormation(cloud.clients).delete_change_set("shop-dev-web", "one")


def test_a_drift_detection_is_started_and_described(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    cloud.answer(
        "detect_stack_drift", {"StackDriftDetectionId": "d-1"}, {"StackName": "shop-dev-web"}
    )
    assert CloudFormation(cloud.clients).detect_drift("shop-dev-web") == "d-1"
    answer = {"StackId": STACK_ID, "StackDriftDetectionId": "d-1", "Timestamp": NOW}
    for details in (
        {"DetectionStatus": "DETECTION_IN_PROGRESS"},
        {"DetectionStatus": "DETECTION_COMPLETE", "StackDriftStatus": "DRIFTED"},
        {
            "DetectionStatus": "DETECTION_FAILED",
            "StackDriftStatus": "UNKNOWN",
            "DetectionStatusReason": "no",
        },
    ):
        cloud.answer(
            "describe_stack_drift_detection_status",
            {**answer, **details},
            {"StackDriftDetectionId": "d-1"},
        )
    found = [CloudFormation(cloud.clients).describe_drift_detection("d-1") for _ in range(3)]
    assert found == [
        DriftDetection(status=DetectionStatus.IN_PROGRESS),
        DriftDetection(status=DetectionStatus.COMPLETE, drift=Drift.DRIFTED),
        DriftDetection(status=DetectionStatus.FAILED, reason="no"),
    ]


def resource_drift(logical_id: str, status: str, *differences: dict[str, str]) -> dict[str, Any]:
    return {
        "StackId": STACK_ID,
        "LogicalResourceId": logical_id,
        "ResourceType": "AWS::EC2::VPC",
        "StackResourceDriftStatus": status,
        "PropertyDifferences": list(differences),
        "Timestamp": NOW,
    }


def difference(kind: str, expected: str, actual: str) -> dict[str, str]:
    return {
        "PropertyPath": "/Tags/0/Value",
        "ExpectedValue": expected,
        "ActualValue": actual,
        "DifferenceType": kind,
    }


def test_the_drifted_resources_of_every_page_are_read(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    changed = resource_drift(
        "Vpc",
        "MODIFIED",
        difference("NOT_EQUAL", "a", "null"),
        difference("ADD", "null", "b"),
        difference("REMOVE", "a", "null"),
    )
    asked = {
        "StackName": "shop-dev-web",
        "StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"],
    }
    cloud.answer(
        "describe_stack_resource_drifts",
        {"StackResourceDrifts": [changed], "NextToken": "2"},
        asked,
    )
    cloud.answer(
        "describe_stack_resource_drifts",
        {"StackResourceDrifts": [resource_drift("Gone", "DELETED")]},
        {**asked, "NextToken": "2"},
    )
    vpc, gone = CloudFormation(cloud.clients).describe_resource_drifts("shop-dev-web")
    assert vpc.properties == (
        PropertyDrift(path="Tags.0.Value", expected="a", actual="null"),
        PropertyDrift(path="Tags.0.Value", expected=None, actual="b"),
        PropertyDrift(path="Tags.0.Value", expected="a", actual=None),
    )
    assert (gone.status, gone.properties) == (ResourceDriftStatus.DELETED, ())


def test_a_deletion_can_leave_resources_and_be_forced(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    expected = {"StackName": STACK_ID, "ClientRequestToken": "t", "RetainResources": ["Vpc"]}
    cloud.answer("delete_stack", {}, expected)
    CloudFormation(cloud.clients).delete_stack(STACK_ID, "t", retained=("Vpc",))
    forced = {"StackName": STACK_ID, "ClientRequestToken": "t"}
    cloud.answer("delete_stack", {}, {**forced, "DeletionMode": "FORCE_DELETE_STACK"})
    CloudFormation(cloud.clients).delete_stack(STACK_ID, "t", forced=True)
    cloud.stubber.assert_no_pending_responses()


def test_an_update_is_cancelled_by_the_stacks_arn(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    expected = {"StackName": STACK_ID, "ClientRequestToken": "t"}
    cloud.answer("cancel_update_stack", {}, expected)
    CloudFormation(cloud.clients).cancel_update(STACK_ID, "t")
    cloud.stubber.assert_no_pending_responses()


def test_a_rollback_is_continued_and_can_skip_resources(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    expected = {"StackName": STACK_ID, "ClientRequestToken": "t"}
    cloud.answer("continue_update_rollback", {}, expected)
    CloudFormation(cloud.clients).continue_rollback(STACK_ID, "t")
    cloud.answer("continue_update_rollback", {}, {**expected, "ResourcesToSkip": ["Vpc"]})
    CloudFormation(cloud.clients).continue_rollback(STACK_ID, "t", skipped=("Vpc",))
    cloud.stubber.assert_no_pending_responses()


def test_parameters_are_updated_with_the_deployed_template(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    asked = {
        "StackName": STACK_ID,
        "Parameters": [
            {"ParameterKey": "Release", "ParameterValue": "web@sha256:1"},
            {"ParameterKey": "Size", "UsePreviousValue": True},
        ],
        "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        "ClientRequestToken": "cdinfra-1",
    }
    values = {"Release": "web@sha256:1"}
    stacks = CloudFormation(cloud.clients)
    for how, sent in (
        ({}, {"UsePreviousTemplate": True}),
        ({"body": "{}"}, {"TemplateBody": "{}"}),
        ({"template_url": "https://x"}, {"TemplateURL": "https://x"}),
    ):
        cloud.answer("update_stack", {"StackId": STACK_ID}, {**asked, **sent})
        update = ParameterUpdate(stack_id=STACK_ID, parameters=values, retained=("Size",), **how)
        assert stacks.update_parameters(update, "cdinfra-1")


def test_an_update_that_changes_nothing_is_told_from_one_that_is_refused(
    script: Callable[..., Script],
) -> None:
    cloud = script("cloudformation")
    update = ParameterUpdate(stack_id=STACK_ID, parameters={"Release": "web@sha256:1"})
    cloud.refuse("update_stack", "ValidationError", "No updates are to be performed.")
    assert not CloudFormation(cloud.clients).update_parameters(update, "cdinfra-1")
    cloud.refuse("update_stack", "ValidationError", "Stack is in UPDATE_IN_PROGRESS state")
    with pytest.raises(CloudError, match=r"cannot update the stack .*UPDATE_IN_PROGRESS"):
        CloudFormation(cloud.clients).update_parameters(update, "cdinfra-1")
