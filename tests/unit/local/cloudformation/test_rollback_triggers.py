from __future__ import annotations

from typing import Any

import pytest

ALARM = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:errors"
MINUTE = 60


def watched(minutes: int = 0, kind: str = "AWS::CloudWatch::Alarm") -> dict[str, Any]:
    return {
        "RollbackTriggers": [{"Arn": ALARM, "Type": kind}],
        "MonitoringTimeInMinutes": minutes,
    }


def test_a_quiet_alarm_lets_everything_pass(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.alarms["errors"] = "OK"
    stack = cfn.create("one", {"A": topic()}, RollbackConfiguration=watched())
    assert stack.status == "CREATE_COMPLETE"


def test_an_alarm_that_rings_during_a_creation_rolls_it_back(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.alarms["errors"] = "OK"
    gate = cloud.block("create", "A")
    resources = {"A": topic(), "B": topic(DependsOn="A")}
    cfn.start("CreateStack", "one", resources, RollbackConfiguration=watched())
    cloud.await_reached("create", "A")
    cloud.alarms["errors"] = "ALARM"
    cfn.clock.advance(1)
    gate.set()
    assert cfn.settled("one").status == "ROLLBACK_COMPLETE"
    assert ("create", "B") not in cloud.calls
    reasons = [reason for _, status, reason in cfn.told("one") if status == "ROLLBACK_IN_PROGRESS"]
    assert reasons == [f"Rollback trigger {ALARM} is in ALARM state. Rollback requested by user."]


def test_an_alarm_that_rings_in_the_time_after_an_update_takes_it_back(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.alarms["errors"] = "OK"
    cfn.create("one", {"A": topic(DisplayName="old"), "B": topic()})
    name = cfn.stack("one").resources["A"].physical_id
    cfn.clock.armed.clear()
    cfn.start(
        "UpdateStack", "one", {"A": topic(DisplayName="new")}, RollbackConfiguration=watched(30)
    )
    # The second alarm of the clock is the end of the time after.
    while cloud.existing[name] != {"DisplayName": "new"} or len(cfn.clock._alarms) < 2:  # noqa: SLF001
        assert cfn.clock.armed.wait(10)
    cloud.alarms["errors"] = "ALARM"
    cfn.clock.advance(1)
    assert cfn.settled("one").status == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.existing[name] == {"DisplayName": "old"}
    # What the update removed was not deleted yet.
    assert ("delete", "B") not in cloud.calls


def test_an_operation_is_done_only_when_the_time_after_is_over(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    configuration = {"MonitoringTimeInMinutes": 2}
    cfn.start("CreateStack", "one", {"A": topic()}, RollbackConfiguration=configuration)
    assert cfn.clock.armed.wait(10)
    assert cfn.stack("one").status == "CREATE_IN_PROGRESS"
    assert cloud.calls == [("create", "A")]
    cfn.clock.advance(2 * MINUTE)
    assert cfn.settled("one").status == "CREATE_COMPLETE"


def test_an_update_can_be_cancelled_in_the_time_after(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})
    cfn.start(
        "UpdateStack",
        "one",
        {"A": topic(DisplayName="new")},
        RollbackConfiguration={"MonitoringTimeInMinutes": 2},
    )
    assert cfn.clock.armed.wait(10)
    cfn.call("CancelUpdateStack", StackName="one")
    assert cfn.settled("one").status == "UPDATE_ROLLBACK_COMPLETE"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("AWS::CloudWatch::Alarm", f"Rollback trigger {ALARM} does not exist"),
        (
            "AWS::CloudWatch::CompositeAlarm",
            "The local cloud does not carry rollback triggers of the type AWS::CloudWatch::Comp",
        ),
    ],
)
def test_an_alarm_that_cannot_be_watched_fails_before_anything_is_made(
    cfn: Any, cloud: Any, topic: Any, kind: str, reason: str
) -> None:
    stack = cfn.create("one", {"A": topic()}, RollbackConfiguration=watched(kind=kind))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert cloud.calls == []
    assert any(told.startswith(reason) for _, _, told in cfn.told("one"))
