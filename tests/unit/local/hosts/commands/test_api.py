"""What Run Command's calls refuse, and what they answer."""

from datetime import timedelta
from typing import Any

import pytest

from cdinfra.local.api_handlers import ApiError
from cdinfra.local.hosts.host import HostState
from cdinfra.local.hosts.platforms import Platform

SCRIPT = {"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["uptime"]}}
UNKNOWN = "12345678-1234-1234-1234-123456789012"


def refusal(world: Any, operation: str, **given: Any) -> tuple[str, str]:
    with pytest.raises(ApiError) as error:
        world.call(operation, **given)
    return error.value.refusal.code, error.value.refusal.message


def test_a_command_is_told_as_it_was_sent(world: Any) -> None:
    host = world.boot(1)
    command = world.call("SendCommand", InstanceIds=[host], Comment="hello", **SCRIPT)["Command"]
    assert command["InstanceIds"] == [host]
    assert (command["Comment"], command["TargetCount"]) == ("hello", 1)
    assert (command["MaxConcurrency"], command["MaxErrors"]) == ("50", "0")
    assert (command["Status"], command["TimeoutSeconds"]) == ("Pending", 3600)
    assert command["ExpiresAfter"] - command["RequestedDateTime"] == 3600 + 3600


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "ValidationException"),
        ({"DocumentName": "AWS-RunShellScript"}, "InvalidParameters"),
        ({"Parameters": {"commands": ["uptime"]}}, "ValidationException"),
        ({**SCRIPT, "InstanceIds": []}, "ValidationException"),
        ({**SCRIPT, "InstanceIds": ["web-1"]}, "ValidationException"),
        ({**SCRIPT, "InstanceIds": ["i-00000001"] * 51}, "ValidationException"),
        ({**SCRIPT, "InstanceIds": "i-00000001"}, "SerializationException"),
        ({**SCRIPT, "InstanceIds": ["i-00000001"], "TimeoutSeconds": 29}, "ValidationException"),
        (
            {**SCRIPT, "InstanceIds": ["i-00000001"], "TimeoutSeconds": True},
            "SerializationException",
        ),
        ({**SCRIPT, "InstanceIds": ["i-00000001"], "MaxErrors": "-1"}, "ValidationException"),
        ({**SCRIPT, "InstanceIds": ["i-00000001"], "MaxConcurrency": "0"}, "ValidationException"),
        ({**SCRIPT, "InstanceIds": ["i-00000001"], "Comment": "x" * 101}, "ValidationException"),
        ({**SCRIPT, "Targets": [{"Key": "tag:a", "Values": []}]}, "ValidationException"),
        (
            {**SCRIPT, "Targets": [{"Key": "resource-groups:Name", "Values": ["x"]}]},
            "ValidationException",
        ),
        ({**SCRIPT, "InstanceIds": ["i-00000001"], "ServiceRoleArn": "arn:x"}, "NotImplemented"),
        (
            {
                **SCRIPT,
                "InstanceIds": ["i-00000001"],
                "CloudWatchOutputConfig": {"CloudWatchOutputEnabled": True},
            },
            "NotImplemented",
        ),
        ({**SCRIPT, "InstanceIds": ["i-00000001", "i-00000001"]}, "DuplicateInstanceId"),
        ({**SCRIPT, "InstanceIds": ["i-00000001"]}, "InvalidInstanceId"),
        ({**SCRIPT, "InstanceIds": ["i-00000001"], "DocumentName": "Other"}, "InvalidDocument"),
    ],
)
def test_a_call_that_cannot_be_carried_out_is_refused(
    world: Any, given: dict[str, Any], code: str
) -> None:
    assert refusal(world, "SendCommand", **given)[0] == code
    assert world.call("ListCommands") == {"Commands": []}
    assert world.threads == []


def test_ids_and_targets_exclude_each_other(world: Any) -> None:
    target = {"Key": "tag-key", "Values": ["DeployGroup"]}
    given = {**SCRIPT, "InstanceIds": [world.boot(1)], "Targets": [target]}
    assert refusal(world, "SendCommand", **given)[0] == "ValidationException"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": "terminated"}, "it is terminated"),
        ({"state": "shutting-down"}, "it is shutting-down"),
        ({"has_profile": False}, "it has no instance profile"),
        (
            {
                "platform": Platform(
                    name="Debian GNU/Linux", version="12", user="admin", has_agent=False
                )
            },
            "has no SSM agent",
        ),
    ],
)
def test_an_instance_that_is_no_managed_node_is_refused_with_the_reason(
    world: Any, changes: dict[str, Any], why: str
) -> None:
    host = world.boot(1, **changes)
    code, message = refusal(world, "SendCommand", InstanceIds=[host], **SCRIPT)
    assert code == "InvalidInstanceId"
    assert message.startswith(f"Instances [[{host}]] not in a valid state for account 123456789012")
    assert why in message
    assert world.call("DescribeInstanceInformation") == {"InstanceInformationList": []}


def test_a_host_that_is_being_booted_is_no_managed_node_yet(world: Any) -> None:
    host = world.boot(1)
    world.set_host(host, HostState.BOOTING)
    assert "has not booted yet" in refusal(world, "SendCommand", InstanceIds=[host], **SCRIPT)[1]
    del world.hosts[host]
    assert "has not booted yet" in refusal(world, "SendCommand", InstanceIds=[host], **SCRIPT)[1]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ([("tag:DeployGroup", ["web"])], [1, 2]),
        ([("tag:DeployGroup", ["web", "worker"])], [1, 2, 3]),
        ([("tag:DeployGroup", ["web"]), ("tag-key", ["canary"])], [2]),
        ([("tag-key", ["canary", "DeployGroup"])], [1, 2, 3]),
        ([("tag:DeployGroup", ["none"])], []),
        ([("InstanceIds", ["i-00000000000000003"])], [3]),
    ],
)
def test_targets_are_found_by_tag_and_by_id(
    world: Any, targets: list[tuple[str, list[str]]], expected: list[int]
) -> None:
    world.boot(1)
    world.boot(2, tags={"DeployGroup": "web", "canary": ""})
    world.boot(3, tags={"DeployGroup": "worker"})
    world.boot(4, state="terminated")
    given = [{"Key": key, "Values": values} for key, values in targets]
    command = world.call("SendCommand", Targets=given, **SCRIPT)["Command"]
    assert (command["TargetCount"], command["Targets"]) == (len(expected), given)
    invocations = world.ledger.invocations(command["CommandId"])
    assert [int(each.instance_id[2:]) for each in invocations] == expected
    if not expected:
        assert command["StatusDetails"] == "NoInstancesInTag"


def test_an_invocation_that_is_not_there_is_refused_by_name(world: Any) -> None:
    host = world.boot(1)
    command = world.send(host)
    for given in (
        {"CommandId": UNKNOWN, "InstanceId": host},
        {"CommandId": command, "InstanceId": "i-00000002"},
    ):
        assert refusal(world, "GetCommandInvocation", **given)[0] == "InvocationDoesNotExist"
    given = {"CommandId": command, "InstanceId": host}
    assert world.call("GetCommandInvocation", **given, PluginName="aws:runShellScript")
    assert (
        refusal(world, "GetCommandInvocation", **given, PluginName="other")[0]
        == "InvalidPluginName"
    )


def test_what_is_known_of_a_command_that_does_not_exist(world: Any) -> None:
    for operation in ("ListCommands", "ListCommandInvocations", "CancelCommand"):
        assert refusal(world, operation, CommandId=UNKNOWN)[0] == "InvalidCommandId"
        assert refusal(world, operation, CommandId="x")[0] == "InvalidCommandId"


def test_only_instances_of_a_command_can_be_cancelled(world: Any) -> None:
    hosts = [world.boot(1), world.boot(2)]
    command = world.send(*hosts)
    given = {"CommandId": command, "InstanceIds": ["i-00000009"]}
    assert refusal(world, "CancelCommand", **given)[0] == "InvalidInstanceId"
    world.call("CancelCommand", CommandId=command, InstanceIds=hosts[1:])
    assert world.details(command) == ["Pending", "Cancelled"]


def test_lists_come_in_pages_newest_first_and_new_commands_shift_nothing(world: Any) -> None:
    host = world.boot(1)
    sent = [world.send(host) for _ in range(5)]
    for operation, member in (
        ("ListCommands", "Commands"),
        ("ListCommandInvocations", "CommandInvocations"),
    ):
        first = world.call(operation, MaxResults=2)
        world.send(host)
        second = world.call(operation, MaxResults=2, NextToken=first["NextToken"])
        third = world.call(operation, MaxResults=2, NextToken=second["NextToken"])
        seen = [each["CommandId"] for page in (first, second, third) for each in page[member]]
        assert seen[:5] == [*reversed(sent[-5:])]
        sent = [each.command_id for each in world.ledger.commands()]
        assert "NextToken" not in world.call(operation, NextToken="page-1")
        assert refusal(world, operation, NextToken="other")[0] == "InvalidNextToken"


def test_commands_are_filtered(world: Any, run: Any) -> None:
    run(1)
    first, second = world.boot(1), world.boot(2)
    failed = world.send(first)
    world.work()
    world.now += timedelta(hours=1)
    pending = world.send(second)

    def listed(operation: str, **given: Any) -> list[str]:
        answer = world.call(operation, **given)
        return [each["CommandId"] for members in answer.values() for each in members]

    for operation in ("ListCommands", "ListCommandInvocations"):
        assert listed(operation) == [pending, failed]
        assert listed(operation, InstanceId=first) == [failed]
        assert listed(operation, CommandId=pending) == [pending]
        for key, value, expected in (
            ("Status", "Failed", [failed]),
            ("Status", "Pending", [pending]),
            ("InvokedAfter", "2026-01-05T12:30:00Z", [pending]),
            ("InvokedBefore", "2026-01-05T12:30:00", [failed]),
            ("DocumentName", "AWS-RunShellScript", [pending, failed]),
            ("DocumentName", "Other", []),
        ):
            assert listed(operation, Filters=[{"key": key, "value": value}]) == expected
        wrong = {"key": "InvokedAfter", "value": "yesterday"}
        assert refusal(world, operation, Filters=[wrong])[0] == "ValidationException"
    stage = {"key": "ExecutionStage", "value": "Complete"}
    assert listed("ListCommands", Filters=[stage]) == [failed]
    assert refusal(world, "ListCommandInvocations", Filters=[stage])[0] == "InvalidFilterKey"


def test_details_tell_exit_code_times_and_the_beginning_of_the_output(world: Any, run: Any) -> None:
    def take_a_second() -> None:
        world.now += timedelta(seconds=1.5)

    run(0, b"o" * 30_000, during=take_a_second)
    host = world.boot(1)
    command = world.send(host)
    world.work()
    (plain,) = world.call("ListCommandInvocations", CommandId=command)["CommandInvocations"]
    assert plain["CommandPlugins"] == []
    assert plain["InstanceName"] == "ip-10-0-0-1.eu-central-1.compute.internal"
    answer = world.call("ListCommandInvocations", CommandId=command, Details=True)
    (plugin,) = answer["CommandInvocations"][0]["CommandPlugins"]
    assert (plugin["Name"], plugin["Status"], plugin["ResponseCode"]) == (
        "aws:runShellScript",
        "Success",
        0,
    )
    assert plugin["ResponseFinishDateTime"] - plugin["ResponseStartDateTime"] == 1.5
    assert len(plugin["Output"]) == 2500
    assert plugin["Output"].endswith("---Output truncated---")
    assert plugin["StandardOutputUrl"] == plugin["OutputS3KeyPrefix"] == ""
    result = world.result(command, host)
    assert result["ExecutionStartDateTime"] == "2026-01-05T12:00:00.000Z"
    assert result["ExecutionElapsedTime"] == "PT1.5S"


def test_nodes_are_told_with_what_they_run_and_whether_they_answer(world: Any) -> None:
    up, down = world.boot(1), world.boot(2)
    world.set_host(down, HostState.DOWN)
    stopped = world.boot(3, state="stopped")
    nodes = world.call("DescribeInstanceInformation")["InstanceInformationList"]
    assert [(each["InstanceId"], each["PingStatus"]) for each in nodes] == [
        (up, "Online"),
        (down, "ConnectionLost"),
        (stopped, "ConnectionLost"),
    ]
    assert (nodes[0]["PlatformName"], nodes[0]["PlatformVersion"]) == ("Ubuntu", "24.04")
    assert (nodes[0]["IPAddress"], nodes[0]["PlatformType"]) == ("10.0.0.1", "Linux")


def test_a_node_remembers_when_it_last_answered(world: Any) -> None:
    host = world.boot(1)
    world.call("DescribeInstanceInformation")
    answered = world.now
    world.now += timedelta(minutes=5)
    world.set_host(host, HostState.DOWN)
    (node,) = world.call("DescribeInstanceInformation")["InstanceInformationList"]
    assert node["LastPingDateTime"] == answered.timestamp()


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("InstanceIds", ["i-00000000000000002", "i-00000000000000009"], [2]),
        ("PingStatus", ["Online"], [1, 2]),
        ("PingStatus", ["ConnectionLost"], [3]),
        ("PlatformTypes", ["Linux"], [1, 2, 3]),
        ("PlatformTypes", ["Windows"], []),
        ("ResourceType", ["EC2Instance"], [1, 2, 3]),
        ("tag:DeployGroup", ["worker"], [2]),
        ("tag-key", ["DeployGroup"], [1, 2, 3]),
    ],
)
def test_nodes_are_filtered(world: Any, key: str, values: list[str], expected: list[int]) -> None:
    world.boot(1)
    world.boot(2, tags={"DeployGroup": "worker"})
    world.set_host(world.boot(3), HostState.DOWN)
    ways = [{"Filters": [{"Key": key, "Values": values}]}]
    if not key.startswith("tag"):
        ways.append({"InstanceInformationFilterList": [{"key": key, "valueSet": values}]})
    for given in ways:
        nodes = world.call("DescribeInstanceInformation", **given)["InstanceInformationList"]
        assert [int(each["InstanceId"][2:]) for each in nodes] == expected


def test_filters_of_nodes_that_are_none_are_refused(world: Any) -> None:
    new = {"Filters": [{"Key": "IamRole", "Values": ["x"]}]}
    assert refusal(world, "DescribeInstanceInformation", **new)[0] == "InvalidFilterKey"
    both = {
        "Filters": [{"Key": "PingStatus", "Values": ["Online"]}],
        "InstanceInformationFilterList": [{"key": "PingStatus", "valueSet": ["Online"]}],
    }
    assert refusal(world, "DescribeInstanceInformation", **both)[0] == "ValidationException"


def test_nodes_come_in_pages_of_ten(world: Any) -> None:
    for number in range(1, 13):
        world.boot(number)
    first = world.call("DescribeInstanceInformation")
    rest = world.call("DescribeInstanceInformation", NextToken=first["NextToken"])
    assert [len(page["InstanceInformationList"]) for page in (first, rest)] == [10, 2]
    assert "NextToken" not in rest
    assert refusal(world, "DescribeInstanceInformation", MaxResults=4)[0] == "ValidationException"
