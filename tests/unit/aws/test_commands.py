from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY

from cdinfra.aws.commands import OUTPUT_LIMIT, Commands, CommandStatus
from cdinfra.aws.failures import is_access_denied, is_not_carried
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script

COMMAND_ID = "ef7fdfd8-9b57-4151-a15c-db9a12345678"
NOT_VALID = "Instances [[i-0abc]] not in a valid state for account 123456789012"


def host_id(number: int) -> str:
    return f"i-{number:017x}"


def sent_to(*instance_ids: str) -> dict[str, Any]:
    return {
        "InstanceIds": list(instance_ids),
        "DocumentName": "AWS-RunShellScript",
        "Parameters": {"commands": ["date"], "executionTimeout": ["7"]},
        "TimeoutSeconds": 30,
        "Comment": "cdinfra",
    }


def test_agents_are_described_fifty_hosts_at_a_time_and_those_without_are_left_out(
    script: Callable[..., Script],
) -> None:
    cloud = script("ssm")
    hosts = [host_id(number) for number in range(60)]
    first = [{"InstanceId": hosts[0], "PingStatus": "Online"}]
    asked = {"Filters": [{"Key": "InstanceIds", "Values": hosts[:50]}], "MaxResults": 50}
    cloud.answer("describe_instance_information", {"InstanceInformationList": first}, asked)
    second = [{"InstanceId": hosts[55], "PingStatus": "ConnectionLost"}]
    asked = {"Filters": [{"Key": "InstanceIds", "Values": hosts[50:]}], "MaxResults": 50}
    cloud.answer("describe_instance_information", {"InstanceInformationList": second}, asked)
    agents = Commands(cloud.clients).describe_agents(hosts)
    assert agents == {hosts[0]: True, hosts[55]: False}
    cloud.stubber.assert_no_pending_responses()


def test_a_command_is_a_shell_script_with_a_time_limit(script: Callable[..., Script]) -> None:
    cloud = script("ssm")
    answer = {"Command": {"CommandId": COMMAND_ID}}
    cloud.answer("send_command", answer, sent_to("i-0abc", "i-0def"))
    sent = Commands(cloud.clients).send_command(["i-0abc", "i-0def"], "date", seconds=7)
    assert (sent.command_id, sent.instance_ids) == (COMMAND_ID, ("i-0abc", "i-0def"))


def test_a_host_that_has_gone_is_left_out_of_a_second_try(script: Callable[..., Script]) -> None:
    cloud = script("ssm")
    cloud.refuse("send_command", "InvalidInstanceId", NOT_VALID)
    answer = {"Command": {"CommandId": COMMAND_ID}}
    cloud.answer("send_command", answer, sent_to("i-0def"))
    sent = Commands(cloud.clients).send_command(["i-0abc", "i-0def"], "date", seconds=7)
    assert sent.instance_ids == ("i-0def",)


@pytest.mark.parametrize("message", [NOT_VALID, "no", ""])
def test_a_refusal_of_all_is_told(script: Callable[..., Script], message: str) -> None:
    cloud = script("ssm")
    cloud.refuse("send_command", "InvalidInstanceId", message)
    with pytest.raises(CloudError, match="cannot ask the hosts"):
        Commands(cloud.clients).send_command(["i-0abc"], "date", seconds=7)


def test_a_permission_that_is_missing_is_known_as_such(script: Callable[..., Script]) -> None:
    cloud = script("ssm")
    cloud.refuse("send_command", "AccessDeniedException", "not authorized: ssm:SendCommand")
    with pytest.raises(CloudError, match="ssm:SendCommand") as caught:
        Commands(cloud.clients).send_command(["i-0abc"], "date", seconds=7)
    assert is_access_denied(caught.value)
    assert not is_not_carried(caught.value)


def test_what_the_local_cloud_does_not_carry_is_known_as_such(
    script: Callable[..., Script],
) -> None:
    cloud = script("ssm")
    cloud.refuse("describe_instance_information", "NotImplemented", "none is booted", 501)
    with pytest.raises(CloudError) as caught:
        Commands(cloud.clients).describe_agents(["i-0abc"])
    assert is_not_carried(caught.value)


def test_what_became_of_a_command_is_read_over_all_pages(script: Callable[..., Script]) -> None:
    cloud = script("ssm")
    done = {
        "InstanceId": host_id(1),
        "Status": "Success",
        "StatusDetails": "Success",
        "CommandPlugins": [{"Name": "aws:runShellScript", "Output": "{}\n"}],
    }
    asked = {"CommandId": COMMAND_ID, "Details": True, "MaxResults": 50}
    page: dict[str, Any] = {"CommandInvocations": [done], "NextToken": "2"}
    cloud.answer("list_command_invocations", page, asked)
    page = {"CommandInvocations": [{"InstanceId": host_id(2), "Status": "Pending"}]}
    cloud.answer("list_command_invocations", page, {**asked, "NextToken": "2"})
    first, second = Commands(cloud.clients).list_invocations(COMMAND_ID)
    assert (first.status, first.output, first.is_cut) == (CommandStatus.SUCCESS, "{}\n", False)
    assert (second.status, second.output) == (CommandStatus.PENDING, "")
    assert first.status.is_final
    assert not second.status.is_final


def test_output_that_fills_its_room_may_be_cut(script: Callable[..., Script]) -> None:
    cloud = script("ssm")
    output = f"{'x' * (OUTPUT_LIMIT - 20)}--output truncated--"
    plugin = {"Name": "aws:runShellScript", "Output": output}
    told = {"InstanceId": host_id(1), "Status": "Success", "CommandPlugins": [plugin]}
    cloud.answer("list_command_invocations", {"CommandInvocations": [told]})
    (found,) = Commands(cloud.clients).list_invocations(COMMAND_ID)
    assert found.is_cut
    cloud.answer(
        "get_command_invocation",
        {"StandardOutputContent": "all of it"},
        {"CommandId": COMMAND_ID, "InstanceId": ANY},
    )
    assert Commands(cloud.clients).get_output(COMMAND_ID, host_id(1)) == "all of it"


def test_the_exit_code_and_what_stands_before_the_errors_are_known(
    script: Callable[..., Script],
) -> None:
    cloud = script("ssm")
    output = "a\n----------ERROR-------\nb\n----------ERROR-------\nfailed to run commands"
    told = [
        {
            "InstanceId": host_id(number),
            "Status": status,
            "CommandPlugins": [{"Output": output, "ResponseCode": code}],
        }
        for number, (status, code) in enumerate([("Failed", 7), ("Success", 0), ("TimedOut", -1)])
    ]
    cloud.answer("list_command_invocations", {"CommandInvocations": told})
    failed, fine, late = Commands(cloud.clients).list_invocations(COMMAND_ID)
    assert (failed.exit_code, failed.stdout) == (7, "a\n----------ERROR-------\nb")
    assert (fine.exit_code, fine.stdout) == (0, output)
    assert late.exit_code is None


def test_output_is_cut_by_bytes_and_not_by_characters(script: Callable[..., Script]) -> None:
    cloud = script("ssm")
    plugin = {"Output": "€" * ((OUTPUT_LIMIT - 20) // 3 + 1)}
    told = {"InstanceId": host_id(1), "Status": "Success", "CommandPlugins": [plugin]}
    cloud.answer("list_command_invocations", {"CommandInvocations": [told]})
    assert Commands(cloud.clients).list_invocations(COMMAND_ID)[0].is_cut


def test_a_command_is_called_off_by_its_id(script: Callable[..., Script]) -> None:
    cloud = script("ssm")
    cloud.answer("cancel_command", {}, {"CommandId": COMMAND_ID})
    Commands(cloud.clients).cancel_command(COMMAND_ID)
    cloud.stubber.assert_no_pending_responses()
