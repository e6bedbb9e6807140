from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.cloudformation.clock import SystemClock
from cdinfra.local.cloudformation.signals import (
    AwaitedHosts,
    Demand,
    Signal,
    SignalBoard,
    SignalStatus,
    UnbootedHosts,
    check_signals,
    parse_duration,
)
from cdinfra.local.cloudformation.stop import StopSignal
from cdinfra.local.resources.contract import ResourceError

GROUP = "AWS::AutoScaling::AutoScalingGroup"


def group(count: int = 2, timeout: str = "PT5M", **policy: Any) -> dict[str, Any]:
    return {
        "Type": GROUP,
        "Properties": {"MinSize": "1", "MaxSize": "2"},
        "CreationPolicy": {"ResourceSignal": {"Count": count, "Timeout": timeout}, **policy},
    }


def send(cfn: Any, unique_id: str, status: str = "SUCCESS") -> None:
    cfn.call(
        "SignalResource",
        StackName="one",
        LogicalResourceId="G",
        UniqueId=unique_id,
        Status=status,
    )


def begin(cfn: Any, definition: dict[str, Any]) -> None:
    cfn.clock.armed.clear()
    cfn.start("CreateStack", "one", {"G": definition})
    assert cfn.clock.armed.wait(10)


def test_a_creation_policy_waits_for_its_signals(cfn: Any) -> None:
    begin(cfn, group())
    send(cfn, "i-1")
    assert cfn.stack("one").status == "CREATE_IN_PROGRESS"
    send(cfn, "i-1")
    assert cfn.stack("one").status == "CREATE_IN_PROGRESS"
    send(cfn, "i-2")

    assert cfn.settled("one").status == "CREATE_COMPLETE"
    reasons = [reason for who, _, reason in cfn.told("one") if who == "G"]
    assert reasons == [
        "",
        "Resource creation Initiated",
        "Received SUCCESS signal with UniqueId i-1",
        "Received SUCCESS signal with UniqueId i-2",
        "",
    ]


def test_a_failure_signal_fails_the_resource(cfn: Any) -> None:
    begin(cfn, group())
    send(cfn, "i-1", "FAILURE")

    assert cfn.settled("one").status == "ROLLBACK_COMPLETE"
    assert (
        "G",
        "CREATE_FAILED",
        (
            "Received 1 FAILURE signal(s) out of 2. Unable to satisfy 100% "
            "MinSuccessfulInstancesPercent requirement"
        ),
    ) in cfn.told("one")


def test_signals_that_do_not_come_fail_the_resource(cfn: Any) -> None:
    begin(cfn, group(timeout="PT1M"))
    cfn.clock.advance(61)

    assert cfn.settled("one").status == "ROLLBACK_COMPLETE"
    assert (
        "G",
        "CREATE_FAILED",
        "Failed to receive 2 resource signal(s) within the specified duration",
    ) in cfn.told("one")


def test_a_share_of_the_hosts_may_fail_where_the_policy_says_so(cfn: Any) -> None:
    policy = {"AutoScalingCreationPolicy": {"MinSuccessfulInstancesPercent": 50}}
    begin(cfn, group(**policy))
    send(cfn, "i-1", "FAILURE")
    assert cfn.stack("one").status == "CREATE_IN_PROGRESS"
    send(cfn, "i-2")

    assert cfn.settled("one").status == "CREATE_COMPLETE"


def test_a_signal_that_comes_before_the_wait_counts(cfn: Any, cloud: Any) -> None:
    gate = cloud.block("create", "G")
    cfn.start("CreateStack", "one", {"G": group(count=1)})
    cloud.await_reached("create", "G")
    send(cfn, "i-1")
    gate.set()

    assert cfn.settled("one").status == "CREATE_COMPLETE"


def test_a_resource_that_waits_for_nothing_cannot_be_signalled(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"G": topic()})

    words = {"StackName": "one", "LogicalResourceId": "G", "UniqueId": "i-1", "Status": "SUCCESS"}
    assert "can not be signaled" in cfn.refused("SignalResource", **words)
    words["LogicalResourceId"] = "X"
    assert cfn.refused("SignalResource", **words) == "Resource X does not exist for stack one"


def test_a_rolling_update_waits_for_each_batch(cfn: Any, cloud: Any) -> None:
    definition = group(count=1)
    begin(cfn, definition)
    send(cfn, "i-0")
    cfn.settled("one")
    cloud.rolling["G"] = ("i-1", "i-2")
    definition["Properties"] = {"MinSize": "1", "MaxSize": "3"}

    cfn.clock.armed.clear()
    cfn.start("UpdateStack", "one", {"G": definition})
    assert cfn.clock.armed.wait(10)
    send(cfn, "i-2")
    assert cfn.stack("one").status == "UPDATE_IN_PROGRESS"
    send(cfn, "i-1")

    assert cfn.settled("one").status == "UPDATE_COMPLETE"
    assert [one.instance_ids for one in cfn.hosts.asked] == [(), ("i-1",), ("i-2",)]
    assert ("G", "UPDATE_IN_PROGRESS", "Rolling update: waiting for i-1") in cfn.told("one")


@pytest.mark.parametrize(
    ("percent", "status"), [(50, "UPDATE_COMPLETE"), (100, "UPDATE_ROLLBACK_COMPLETE")]
)
def test_a_rolling_update_bears_as_many_failures_as_its_policy_says(
    cfn: Any, cloud: Any, percent: int, status: str
) -> None:
    definition = group(count=1)
    begin(cfn, definition)
    send(cfn, "i-0")
    cfn.settled("one")
    cloud.rolling["G"], cloud.percent = ("i-1+i-2",), percent
    changed = {**definition, "Properties": {"MinSize": "1", "MaxSize": "3"}}
    cfn.clock.armed.clear()
    cfn.start("UpdateStack", "one", {"G": changed})
    assert cfn.clock.armed.wait(10)
    cloud.rolling.clear()

    cfn.call(
        "SignalResource",
        StackName="one",
        LogicalResourceId="G",
        UniqueId="i-1",
        Status="FAILURE",
    )
    if percent < 100:
        send(cfn, "i-2")

    assert cfn.settled("one").status == status


def test_an_update_that_is_cancelled_waits_no_longer(cfn: Any, cloud: Any) -> None:
    definition = group(count=1)
    begin(cfn, definition)
    send(cfn, "i-0")
    cfn.settled("one")
    cloud.rolling["G"] = ("i-1", "i-2")
    changed = {**definition, "Properties": {"MinSize": "1", "MaxSize": "3"}}
    cfn.clock.armed.clear()
    cfn.start("UpdateStack", "one", {"G": changed})
    assert cfn.clock.armed.wait(10)
    cloud.rolling.clear()

    cfn.call("CancelUpdateStack", StackName="one")

    assert cfn.settled("one").status == "UPDATE_ROLLBACK_COMPLETE"
    assert [one.instance_ids for one in cfn.hosts.asked] == [(), ("i-1",)]
    assert ("G", "UPDATE_FAILED", "Resource update cancelled") in cfn.told("one")


def test_unbooted_hosts_are_signalled_for_and_the_event_says_so(cfn: Any, cloud: Any) -> None:
    object.__setattr__(cfn.engine.services, "hosts", UnbootedHosts())

    cfn.create("one", {"G": group()})

    name = cfn.stack("one").resources["G"].physical_id
    assert (
        "G",
        "CREATE_IN_PROGRESS",
        (
            f"Received SUCCESS signal with UniqueId {name}-i1 "
            "(signalled by the local cloud: hosts are not booted)"
        ),
    ) in cfn.told("one")
    assert cloud.calls == [("create", "G")]


def test_unbooted_hosts_know_the_instances_that_a_resource_names(cfn: Any) -> None:
    clients = cfn.engine.services.clients("eu-central-1", "123456789012")

    def hosts(resource_type: str, instance_ids: tuple[str, ...] = ()) -> AwaitedHosts:
        return AwaitedHosts(
            stack_id="arn",
            stack_name="one",
            logical_id="G",
            resource_type=resource_type,
            physical_id="x",
            instance_ids=instance_ids,
            region="eu-central-1",
            clients=clients,
        )

    def senders(awaited: AwaitedHosts) -> list[str]:
        return [one.unique_id for one in UnbootedHosts().awaited(awaited)]

    assert senders(hosts(GROUP, ("i-9",))) == ["i-9"]
    assert senders(hosts("AWS::EC2::Instance")) == ["x"]
    assert senders(hosts("AWS::CloudFormation::WaitCondition")) == []


def test_a_wait_condition_waits_for_documents_at_its_handle(cfn: Any) -> None:
    cfn.clock.armed.clear()
    cfn.start("CreateStack", "one", wait_condition(count=2))
    assert cfn.clock.armed.wait(10)
    handle = cfn.stack("one").resources["H"].physical_id
    assert handle.startswith("http://127.0.0.1:9/_cdinfra/wait-condition/")
    token = handle.rpartition("/")[2]
    for unique_id in ("a", "b"):
        document = {"Status": "SUCCESS", "UniqueId": unique_id, "Data": f"data {unique_id}"}
        cfn.engine.wait_condition_signal(token, document)

    stack = cfn.settled("one")
    assert stack.status == "CREATE_COMPLETE"
    assert stack.resources["W"].attributes == {"Data": '{"a": "data a", "b": "data b"}'}


def test_a_wait_condition_fails_with_what_was_sent(cfn: Any) -> None:
    cfn.clock.armed.clear()
    cfn.start("CreateStack", "one", wait_condition())
    assert cfn.clock.armed.wait(10)
    token = cfn.stack("one").resources["H"].physical_id.rpartition("/")[2]
    cfn.engine.wait_condition_signal(
        token, {"Status": "FAILURE", "UniqueId": "i-1", "Reason": "no disk"}
    )

    cfn.settled("one")
    assert (
        "W",
        "CREATE_FAILED",
        "WaitCondition received failed message: 'no disk' for uniqueId: i-1",
    ) in cfn.told("one")


def test_a_wait_condition_times_out(cfn: Any) -> None:
    cfn.clock.armed.clear()
    cfn.start("CreateStack", "one", wait_condition())
    assert cfn.clock.armed.wait(10)
    cfn.clock.advance(301)

    cfn.settled("one")
    assert (
        "W",
        "CREATE_FAILED",
        "WaitCondition timed out. Received 0 conditions when expecting 1",
    ) in cfn.told("one")


def test_a_wait_condition_can_have_a_creation_policy_instead_of_a_handle(cfn: Any) -> None:
    definition = {
        "Type": "AWS::CloudFormation::WaitCondition",
        "CreationPolicy": {"ResourceSignal": {"Count": 1}},
    }
    begin(cfn, definition)
    send(cfn, "me")

    assert cfn.settled("one").status == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    "document", [{}, {"Status": "SUCCESS"}, {"Status": "MAYBE", "UniqueId": "a"}]
)
def test_a_broken_document_is_refused(cfn: Any, document: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"signal lacks|MAYBE"):
        cfn.engine.wait_condition_signal("token", document)


@given(hours=st.integers(0, 12), minutes=st.integers(0, 59), seconds=st.integers(0, 59))
def test_a_duration_is_read_in_seconds(hours: int, minutes: int, seconds: int) -> None:
    total = hours * 3600 + minutes * 60 + seconds
    assert parse_duration(f"PT{hours}H{minutes}M{seconds}S") == total


@pytest.mark.parametrize("text", ["", "PT", "15M", "P1D", "PT-5M", "PT1.5M"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ResourceError, match="PT#H#M#S"):
        parse_duration(text)


@given(
    count=st.integers(1, 20),
    percent=st.integers(0, 100),
    outcomes=st.lists(st.sampled_from(SignalStatus), max_size=20),
)
def test_enough_successes_are_never_refused_and_too_few_always_are(
    count: int, percent: int, outcomes: list[SignalStatus]
) -> None:
    demand = Demand(count=count, timeout_seconds=1, percent=percent)
    signals = tuple(
        Signal(unique_id=str(number), status=status) for number, status in enumerate(outcomes)
    )
    succeeded = sum(status is SignalStatus.SUCCESS for status in outcomes)

    if succeeded >= demand.needed:
        check_signals(signals, demand)
    else:
        with pytest.raises(ResourceError):
            check_signals(signals, demand)


def test_a_wait_ends_by_the_systems_own_clock() -> None:
    board = SignalBoard(SystemClock())

    assert board.wait("key", Demand(count=1, timeout_seconds=0.01), StopSignal()) == ()


def test_a_wait_ends_when_it_is_stopped() -> None:
    board, stop = SignalBoard(SystemClock()), StopSignal()
    thread = Thread(target=board.wait, args=("key", Demand(count=1, timeout_seconds=60), stop))
    thread.start()
    stop.set("enough")
    stop.set("the first reason stays")
    thread.join(10)

    assert not thread.is_alive()
    assert stop.reason == "enough"


def wait_condition(count: int = 1) -> dict[str, Any]:
    return {
        "H": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "W": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "H"}, "Timeout": "300", "Count": count},
        },
    }
