from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.change_set import ChangeSetRequest, ChangeSetType
from cdinfra.aws.cloudformation import CloudFormation
from cdinfra.aws.connection import Connection
from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.aws.stack_arguments import change_set_arguments, creation_arguments
from cdinfra.model import OnFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script

ROLE = "arn:aws:iam::123456789012:role/deployer"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alerts"
ALARM = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:errors"
STACK_ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/web/1"
SETTINGS = OperationSettings(
    role_arn=ROLE, notification_arns=(TOPIC,), rollback_alarms=(ALARM,), monitoring_minutes=5
)
AS_ARGUMENTS = {
    "RoleARN": ROLE,
    "NotificationARNs": [TOPIC],
    "RollbackConfiguration": {
        "RollbackTriggers": [{"Arn": ALARM, "Type": "AWS::CloudWatch::Alarm"}],
        "MonitoringTimeInMinutes": 5,
    },
}


def request(kind: ChangeSetType = ChangeSetType.CREATE, **given: Any) -> ChangeSetRequest:
    return ChangeSetRequest(stack_name="web", name="c1", kind=kind, body="{}", **given)


def settings_of(arguments: dict[str, Any]) -> dict[str, Any]:
    names = (*AS_ARGUMENTS, "OnStackFailure", "OnFailure", "TimeoutInMinutes")
    return {name: value for name, value in arguments.items() if name in names}


def test_a_change_set_without_settings_says_nothing_of_them() -> None:
    assert settings_of(change_set_arguments(request())) == {}


def test_a_change_set_carries_the_settings() -> None:
    assert settings_of(change_set_arguments(request(settings=SETTINGS))) == AS_ARGUMENTS


def test_what_is_not_wanted_any_more_is_passed_empty_and_the_role_not_at_all() -> None:
    arguments = change_set_arguments(request(ChangeSetType.UPDATE, deployed_settings=SETTINGS))
    assert settings_of(arguments) == {
        "NotificationARNs": [],
        "RollbackConfiguration": {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0},
    }


@pytest.mark.parametrize(
    ("on_failure", "create", "update"),
    [
        (None, None, None),
        (OnFailure.ROLL_BACK, "ROLLBACK", "ROLLBACK"),
        (OnFailure.KEEP, "DO_NOTHING", "DO_NOTHING"),
        (OnFailure.DELETE, "DELETE", None),
    ],
)
def test_only_a_creation_can_be_asked_to_delete_what_failed(
    on_failure: OnFailure | None, create: str | None, update: str | None
) -> None:
    for kind, expected in ((ChangeSetType.CREATE, create), (ChangeSetType.UPDATE, update)):
        arguments = change_set_arguments(request(kind, on_failure=on_failure))
        assert arguments.get("OnStackFailure") == expected


def test_a_creation_with_a_time_limit_has_the_same_arguments(
    script: Callable[..., Script],
) -> None:
    wanted = request(settings=SETTINGS, on_failure=OnFailure.KEEP)
    arguments = creation_arguments(wanted, "token", 7)
    assert settings_of(arguments) == {
        **AS_ARGUMENTS,
        "OnFailure": "DO_NOTHING",
        "TimeoutInMinutes": 7,
    }
    scripted = script("cloudformation")
    scripted.answer("create_stack", {"StackId": STACK_ID}, arguments)
    made = CloudFormation(scripted.clients).create_stack(wanted, "token", minutes=7)
    assert made == STACK_ID


def test_the_settings_of_a_stack_are_read(script: Callable[..., Script]) -> None:
    scripted = script("cloudformation")
    stack = {
        "StackId": STACK_ID,
        "StackName": "web",
        "StackStatus": "CREATE_COMPLETE",
        "CreationTime": "2026-01-31T09:00:00Z",
        "EnableTerminationProtection": True,
        **AS_ARGUMENTS,
    }
    scripted.answer("describe_stacks", {"Stacks": [stack]})
    described = CloudFormation(scripted.clients).describe_stack("web")
    assert described is not None
    assert (described.settings, described.protected) == (SETTINGS, True)


def test_a_policy_is_read_and_set_and_the_protection_switched(
    script: Callable[..., Script],
) -> None:
    scripted = script("cloudformation")
    stacks = CloudFormation(scripted.clients)
    scripted.answer("get_stack_policy", {}, {"StackName": "web"})
    assert stacks.get_stack_policy("web") == ""
    scripted.answer("get_stack_policy", {"StackPolicyBody": "{}"})
    assert stacks.get_stack_policy("web") == "{}"
    expected = {"StackName": "web", "StackPolicyBody": "{}"}
    scripted.answer("set_stack_policy", {}, expected)
    stacks.set_stack_policy("web", "{}")
    switched = {"StackName": "web", "EnableTerminationProtection": False}
    scripted.answer("update_termination_protection", {"StackId": STACK_ID}, switched)
    stacks.set_termination_protection("web", enabled=False)
    scripted.stubber.assert_no_pending_responses()


def test_a_program_beside_the_local_cloud_is_led_to_it_and_away_from_every_account() -> None:
    own = {
        "PATH": "/bin",
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL_S3": "https://s3.example",
    }
    local = Connection(endpoint_url="http://127.0.0.1:4566").environment(own)
    assert local.keys() & own.keys() == {"PATH"}
    assert local["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert local["AWS_REGION"] == local["AWS_DEFAULT_REGION"] == "eu-central-1"
    assert local["AWS_ACCESS_KEY_ID"] == "local"


def test_a_program_beside_an_account_gets_the_region_and_the_profile() -> None:
    own = {"AWS_SESSION_TOKEN": "token"}
    # botocore would follow the token rather than the profile.
    assert Connection(region="eu-west-1", profile="shop").environment(own) == {
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_PROFILE": "shop",
    }
    assert Connection().environment(own) == own
