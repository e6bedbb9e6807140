from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.deploy.plan import Verb
from cdinfra.errors import StackFailedError
from cdinfra.events import Outcome
from cdinfra.local.fault_types import ResourceFault, ResourceFaultKind
from cdinfra.model import OnFailure, OutputReference, StackSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cdinfra.aws.connection import Clients
    from cdinfra.deploy.result import Result
    from tests.functional.deploy.conftest import Make, Shop

ACCOUNT = "123456789012"
KEEPS = {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"}
ALLOWS = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
SERVICE = "cloudformation.amazonaws.com"


def outcomes(result: Result) -> dict[str, str]:
    return {each.stack: str(each.outcome) for each in result.stacks}


def spent(shop: Shop, before: Mapping[str, int]) -> dict[str, int]:
    after = shop.calls()
    counts = {name: after[name] - before.get(name, 0) for name in after}
    return {
        name.removeprefix("cloudformation:"): count
        for name, count in counts.items()
        if count and name.startswith("cloudformation:")
    }


@pytest.fixture
def described(shop: Shop, clients: Callable[..., Clients]) -> Callable[[str], Mapping[str, Any]]:
    """Returns what DescribeStacks says of a stack of the app."""

    def describe(stack: str) -> Mapping[str, Any]:
        name = f"{shop.name}-dev-{stack}"
        answer = clients().client("cloudformation").describe_stacks(StackName=name)
        found: Mapping[str, Any] = answer["Stacks"][0]
        return found

    return describe


@pytest.fixture
def alerts(make: Make) -> Any:
    """A stack of a topic that others tell their events."""
    return make.plain(
        name="alerts",
        resources={"Topic": {"Type": "AWS::SNS::Topic"}},
        outputs={"TopicArn": {"Ref": "Topic"}},
    )


@pytest.fixture
def role(shop: Shop, clients: Callable[..., Clients]) -> Iterator[Callable[[str], str]]:
    """Makes a role that a service may assume, and returns its ARN."""
    client, made = clients().client("iam"), []

    def create(service: str) -> str:
        name = f"{shop.name}-{len(made)}"
        statement = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": service},
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        answer = client.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        made.append(name)
        return str(answer["Role"]["Arn"])

    yield create
    shop.down()
    for name in made:
        client.delete_role(RoleName=name)


@pytest.fixture
def alarm(shop: Shop, clients: Callable[..., Clients]) -> Iterator[str]:
    """The ARN of an alarm that is quiet."""
    client = clients().client("cloudwatch")
    client.put_metric_alarm(
        AlarmName=shop.name,
        Namespace="shop",
        MetricName="errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    yield str(client.describe_alarms(AlarmNames=[shop.name])["MetricAlarms"][0]["AlarmArn"])
    client.delete_alarms(AlarmNames=[shop.name])


def test_termination_protection_comes_and_goes_without_a_change_set(
    shop: Shop, make: Make, described: Callable[[str], Mapping[str, Any]]
) -> None:
    protected = make.logs(settings=StackSettings(termination_protection=True))
    shop.up(protected)
    assert described("logs")["EnableTerminationProtection"] is True
    with pytest.raises(StackFailedError) as refused:
        shop.down(protected)
    assert "has termination protection" in refused.value.message
    assert "termination_protection=False for 'logs', then: cdinfra up logs" in refused.value.hint
    with pytest.raises(StackFailedError, match="has termination protection"):
        shop.up()
    (action,) = shop.diff(make.logs()).actions
    assert [(each.name, each.before, each.after) for each in action.values] == [
        ("Settings.TerminationProtection", "on", "off")
    ]
    before = shop.calls()
    assert outcomes(shop.up(make.logs())) == {"logs": "updated"}
    assert spent(shop, before) == {
        "DescribeStacks": 1,
        "GetTemplate": 1,
        "UpdateTerminationProtection": 1,
    }
    assert described("logs")["EnableTerminationProtection"] is False
    assert outcomes(shop.up(make.logs())) == {"logs": "unchanged"}


def test_a_stack_policy_binds_updates_and_costs_one_call_more(shop: Shop, make: Make) -> None:
    kept = StackSettings(stack_policy={"Statement": [KEEPS]})
    shop.up(make.logs(settings=kept))
    before = shop.calls()
    assert outcomes(shop.up(make.logs(settings=kept))) == {"logs": "unchanged"}
    assert spent(shop, before) == {"DescribeStacks": 1, "GetTemplate": 1, "GetStackPolicy": 1}
    (failed,) = shop.up(make.logs(days=14, settings=kept)).stacks
    assert failed.outcome is Outcome.FAILED
    assert "denied by stack policy" in failed.cause
    # The policy of the same edit binds: what it allows now can be done at once.
    loose = StackSettings(stack_policy={"Statement": [ALLOWS]})
    assert outcomes(shop.up(make.logs(days=14, settings=loose))) == {"logs": "updated"}
    (action,) = shop.diff(make.logs(days=14, settings=kept)).actions
    assert [each.name for each in action.values] == ["Settings.StackPolicy"]
    assert not action.needs_change_set


def test_topics_of_another_stack_are_told_the_events(
    shop: Shop,
    make: Make,
    alerts: Any,
    clients: Callable[..., Clients],
    described: Callable[[str], Mapping[str, Any]],
) -> None:
    topic = OutputReference(stack="alerts", output="TopicArn")
    logs = make.logs(settings=StackSettings(notification_arns=(topic,)))
    assert outcomes(shop.up(alerts, logs)) == {"alerts": "created", "logs": "created"}
    arn = described("alerts")["Outputs"][0]["OutputValue"]
    assert described("logs")["NotificationARNs"] == [arn]
    queue = queue_for(arn, clients(), shop.name)
    assert outcomes(shop.up(alerts, logs)) == {"alerts": "unchanged", "logs": "unchanged"}
    more = make.logs(days=14, settings=StackSettings(notification_arns=(topic,)))
    shop.up(alerts, more)
    told = messages(clients(), queue, until="ResourceStatus='UPDATE_COMPLETE'")
    assert "ResourceStatus='UPDATE_IN_PROGRESS'" in told
    assert f"StackName='{shop.name}-dev-logs'" in told
    (_, action) = shop.diff(alerts, make.logs(days=14)).actions
    assert [(each.name, each.after) for each in action.values] == [
        ("Settings.NotificationARNs", None)
    ]
    shop.up(alerts, make.logs(days=14))
    assert described("logs")["NotificationARNs"] == []


def queue_for(topic: str, services: Clients, name: str) -> str:
    sqs = services.client("sqs")
    url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    services.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"]
    )
    return url


def messages(services: Clients, url: str, *, until: str) -> str:
    """Return what a queue was told, up to a message that has a text in it."""
    sqs, told = services.client("sqs"), ""
    while until not in told:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=10)
        assert answer.get("Messages"), told
        for each in answer["Messages"]:
            told += json.loads(each["Body"])["Message"]
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return told


def test_a_stack_follows_a_topic_that_is_replaced(shop: Shop, make: Make, alerts: Any) -> None:
    topic = OutputReference(stack="alerts", output="TopicArn")
    logs = make.logs(settings=StackSettings(notification_arns=(topic,)))
    shop.up(alerts, logs)
    other = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": shop.name}}
    renamed = make.plain(name="alerts", resources={"Topic": other}, outputs=alerts.outputs)
    shown = shop.diff(renamed, logs).actions[1]
    assert (shown.verb, shown.reason) == (
        Verb.UNCHANGED,
        "changes if the outputs of alerts change",
    )
    assert outcomes(shop.up(renamed, logs)) == {"alerts": "updated", "logs": "updated"}
    assert outcomes(shop.up(renamed, logs)) == {"alerts": "unchanged", "logs": "unchanged"}


def test_a_topic_that_does_not_exist_is_one_clear_error(shop: Shop, make: Make) -> None:
    arn = f"arn:aws:sns:eu-central-1:{ACCOUNT}:nobody"
    (failed,) = shop.up(make.logs(settings=StackSettings(notification_arns=(arn,)))).stacks
    assert failed.outcome is Outcome.FAILED
    assert f"Notification topic [{arn}] does not exist" in failed.cause


def test_a_role_must_exist_and_trust_cloudformation(
    shop: Shop,
    make: Make,
    role: Callable[[str], str],
    described: Callable[[str], Mapping[str, Any]],
) -> None:
    missing = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    for arn in (missing, role("ec2.amazonaws.com")):
        (failed,) = shop.up(make.logs(settings=StackSettings(role_arn=arn))).stacks
        assert f"Role {arn} is invalid or cannot be assumed" in failed.cause
    first = role(SERVICE)
    assert outcomes(shop.up(make.logs(settings=StackSettings(role_arn=first)))) == {
        "logs": "created"
    }
    assert described("logs")["RoleARN"] == first


def test_another_role_comes_with_the_next_change(
    shop: Shop,
    make: Make,
    role: Callable[[str], str],
    described: Callable[[str], Mapping[str, Any]],
) -> None:
    first, second = role(SERVICE), role(SERVICE)
    shop.up(make.logs(settings=StackSettings(role_arn=first)))
    other = StackSettings(role_arn=second)
    (action,) = shop.diff(make.logs(settings=other)).actions
    assert action.verb is Verb.UNCHANGED
    assert "gets Settings.RoleARN with its next change" in action.reason
    assert outcomes(shop.up(make.logs(days=14, settings=other))) == {"logs": "updated"}
    assert described("logs")["RoleARN"] == second
    # One that is not wanted any more stays, and is no difference.
    assert outcomes(shop.up(make.logs(days=14))) == {"logs": "unchanged"}


def test_an_alarm_that_rings_rolls_an_update_back(
    shop: Shop, make: Make, alarm: str, clients: Callable[..., Clients]
) -> None:
    watched = StackSettings(rollback_alarms=(alarm,))
    assert outcomes(shop.up(make.logs(settings=watched))) == {"logs": "created"}
    assert outcomes(shop.up(make.logs(settings=watched))) == {"logs": "unchanged"}
    clients().client("cloudwatch").set_alarm_state(
        AlarmName=shop.name, StateValue="ALARM", StateReason="errors"
    )
    (failed,) = shop.up(make.logs(days=14, settings=watched)).stacks
    assert (failed.outcome, failed.status) == (Outcome.FAILED, "UPDATE_ROLLBACK_COMPLETE")
    assert f"Rollback trigger {alarm} is in ALARM state" in failed.cause
    (action,) = shop.diff(make.logs()).actions
    assert [each.name for each in action.values] == ["Settings.RollbackAlarms"]
    assert outcomes(shop.up(make.logs(days=14))) == {"logs": "updated"}


def test_an_alarm_that_does_not_exist_fails_the_operation(shop: Shop, make: Make) -> None:
    arn = f"arn:aws:cloudwatch:eu-central-1:{ACCOUNT}:alarm:nobody"
    (failed,) = shop.up(make.logs(settings=StackSettings(rollback_alarms=(arn,)))).stacks
    assert (failed.outcome, failed.status) == (Outcome.FAILED, "ROLLBACK_COMPLETE")
    assert f"Rollback trigger {arn} does not exist" in failed.cause


def test_a_creation_with_a_time_limit_keeps_everything_else(
    shop: Shop, make: Make, alerts: Any, described: Callable[[str], Mapping[str, Any]]
) -> None:
    settings = StackSettings(
        creation_timeout_minutes=7,
        termination_protection=True,
        notification_arns=(OutputReference(stack="alerts", output="TopicArn"),),
        stack_policy={"Statement": [ALLOWS]},
        tags={"team": "red"},
    )
    before = shop.calls()
    result = shop.up(alerts, make.logs(settings=settings))
    assert outcomes(result) == {"alerts": "created", "logs": "created"}
    assert spent(shop, before)["CreateStack"] == 1
    shown = described("logs")
    assert (shown["TimeoutInMinutes"], shown["EnableTerminationProtection"]) == (7, True)
    assert {"Key": "team", "Value": "red"} in shown["Tags"]
    assert outcomes(shop.up(alerts, make.logs(settings=settings)))["logs"] == "unchanged"
    shop.up(alerts, make.logs())


@pytest.mark.parametrize(
    ("on_failure", "minutes", "status"),
    [
        (None, None, "ROLLBACK_COMPLETE"),
        (OnFailure.KEEP, None, "CREATE_FAILED"),
        (OnFailure.KEEP, 5, "CREATE_FAILED"),
        (OnFailure.DELETE, None, "DELETE_COMPLETE"),
        (OnFailure.DELETE, 5, "DELETE_COMPLETE"),
    ],
)
def test_a_creation_that_fails_ends_as_it_was_asked_to(
    shop: Shop, make: Make, on_failure: OnFailure | None, minutes: int | None, status: str
) -> None:
    shop.cloud.control.add_fault(
        ResourceFault(
            kind=ResourceFaultKind.RESOURCE_FAILS, stack=f"{shop.name}-*", reason="no", times=1
        )
    )
    settings = StackSettings(on_failure=on_failure, creation_timeout_minutes=minutes)
    (failed,) = shop.up(make.logs(settings=settings)).stacks
    assert (failed.outcome, failed.status) == (Outcome.FAILED, status)
    assert "no" in failed.cause
    again = "updated" if status == "CREATE_FAILED" else "created"
    assert outcomes(shop.up(make.logs(settings=settings))) == {"logs": again}


def test_an_update_that_fails_may_keep_what_it_did(shop: Shop, make: Make) -> None:
    kept = StackSettings(on_failure=OnFailure.KEEP)
    shop.up(make.logs(settings=kept))
    shop.cloud.control.add_fault(
        ResourceFault(
            kind=ResourceFaultKind.RESOURCE_FAILS, stack=f"{shop.name}-*", reason="no", times=1
        )
    )
    (failed,) = shop.up(make.logs(days=14, settings=kept)).stacks
    assert failed.status == "UPDATE_FAILED"
    assert outcomes(shop.up(make.logs(days=14, settings=kept))) == {"logs": "updated"}


def test_tags_of_a_stack_reach_its_resources(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    shop.up(make.logs(settings=StackSettings(tags={"team": "red"})))
    name = f"{shop.name}-dev-logs"
    client = clients().client("cloudformation")
    (group,) = client.list_stack_resources(StackName=name)["StackResourceSummaries"]
    tags = clients().client("logs").list_tags_log_group(logGroupName=group["PhysicalResourceId"])
    assert tags["tags"]["team"] == "red"
    (action,) = shop.diff(make.logs(settings=StackSettings(tags={"team": "blue"}))).actions
    assert [(each.name, each.before, each.after) for each in action.values] == [
        ("Tags.team", "red", "blue")
    ]
