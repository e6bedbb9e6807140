from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from cdinfra.aws.commands import MOST_INSTANCES, OUTPUT_LIMIT, CommandStatus
from cdinfra.errors import CloudError, ThrottledError
from cdinfra.rollout.transport import Ending
from cdinfra.rollout.transports.ssm import LOOKS_A_PING, SsmTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.fake import FakeAws
    from cdinfra.aws.hosts import Host

    Make = Callable[..., Host]

STATUS = ("cdinfra-host", "status")


def refusal(code: str) -> CloudError:
    error = CloudError(f"refused: {code}")
    error.__cause__ = ClientError({"Error": {"Code": code, "Message": "no"}}, "SendCommand")
    return error


def operations(aws: FakeAws) -> list[str]:
    return [each.split()[0] for each in aws.commands.calls]


def test_hosts_end_one_by_one(aws: FakeAws, host: Make) -> None:
    aws.commands.answer("i-1", "one\n")
    aws.commands.answer("i-2", "two\n", seconds=5, status=CommandStatus.FAILED, exit_code=3)
    sent = SsmTransport(aws).send([host("i-1"), host("i-2")], STATUS, seconds=9)
    assert set(sent.look()) == {"i-1"}
    aws.clock.sleep(5)
    ended = sent.look()
    assert [(each.exit_code, each.output) for each in ended.values()] == [
        (0, "one\n"),
        (3, "two\n"),
    ]
    assert {each.ending for each in ended.values()} == {Ending.DONE}
    sent.look()
    assert operations(aws).count("list_invocations") == 2, "asked after all had ended"


def test_calls_grow_by_fifty_hosts_and_so_does_the_pause(aws: FakeAws, host: Make) -> None:
    hosts = [host(f"i-{number}") for number in range(20 * MOST_INSTANCES)]
    for each in hosts:
        aws.commands.answer(each.instance_id, "{}", seconds=1)
    transport = SsmTransport(aws)
    sent = transport.send(hosts, STATUS, seconds=9)
    assert transport.look_seconds == 20 / aws.calls_per_second
    sent.look()
    aws.clock.sleep(1)
    assert len(sent.look()) == len(hosts)
    assert operations(aws) == [*["send_command"] * 20, *["list_invocations"] * 40]
    assert transport.look_seconds == 0.5


@pytest.mark.parametrize(
    ("status", "details", "ending"),
    [
        (CommandStatus.TIMED_OUT, "DeliveryTimedOut", Ending.UNREACHABLE),
        (CommandStatus.TIMED_OUT, "Delivery Timed Out", Ending.UNREACHABLE),
        (CommandStatus.TIMED_OUT, "ExecutionTimedOut", Ending.TIMED_OUT),
        (CommandStatus.FAILED, "Undeliverable", Ending.UNREACHABLE),
        (CommandStatus.FAILED, "Terminated", Ending.UNREACHABLE),
        (CommandStatus.FAILED, "AccessDenied", Ending.UNREACHABLE),
        (CommandStatus.FAILED, "Incomplete", Ending.LOST),
        (CommandStatus.CANCELLED, "Cancelled", Ending.CANCELLED),
    ],
)
def test_what_did_not_end_by_itself_is_told_apart(
    aws: FakeAws, host: Make, status: CommandStatus, details: str, ending: Ending
) -> None:
    aws.commands.answer("i-1", "", status=status, details=details)
    (ended,) = SsmTransport(aws).send([host("i-1")], STATUS, seconds=9).look().values()
    assert (ended.ending, ended.exit_code) == (ending, None)
    assert ended.problem


def test_a_host_that_vanished_before_the_command_is_unreachable(aws: FakeAws, host: Make) -> None:
    aws.commands.script("send_command", refusal("InvalidInstanceId"))
    (ended,) = SsmTransport(aws).send([host("i-1")], STATUS, seconds=9).look().values()
    assert ended.ending is Ending.UNREACHABLE


def test_a_host_that_goes_away_under_the_command_is_lost_long_before_its_time(
    aws: FakeAws, host: Make
) -> None:
    for each in ("i-1", "i-2"):
        aws.commands.answer(each, "", seconds=900)
    sent = SsmTransport(aws).send([host("i-1"), host("i-2")], STATUS, seconds=900)
    aws.commands.agents["i-1"] = False
    for _ in range(LOOKS_A_PING):
        ended = sent.look()
    assert {name: each.ending for name, each in ended.items()} == {"i-1": Ending.LOST}


@pytest.mark.parametrize("operation", ["send_command", "list_invocations", "get_output"])
def test_throttling_ends_nothing(aws: FakeAws, host: Make, operation: str) -> None:
    long = "x" * OUTPUT_LIMIT + "\n"
    aws.commands.answer("i-1", long)
    aws.commands.script(operation, ThrottledError("slow down"), ThrottledError("slow down"))
    sent = SsmTransport(aws).send([host("i-1")], STATUS, seconds=9)
    looks = [sent.look() for _ in range(4)]
    assert looks[0] == {}
    assert looks[-1]["i-1"].output == long


@pytest.mark.parametrize("operation", ["send_command", "list_invocations", "describe_agents"])
def test_a_refusal_for_good_is_raised(aws: FakeAws, host: Make, operation: str) -> None:
    aws.commands.answer("i-1", "")
    aws.commands.script(operation, refusal("AccessDeniedException"))
    transport = SsmTransport(aws)
    use = transport.unreachable if operation == "describe_agents" else send_and_look(transport)
    with pytest.raises(CloudError, match="refused: AccessDenied"):
        use([host("i-1")])


def send_and_look(transport: SsmTransport) -> Callable[[list[Host]], object]:
    return lambda hosts: transport.send(hosts, STATUS, seconds=9).look()


def test_what_is_called_off_ends_so_also_where_it_was_never_sent(aws: FakeAws, host: Make) -> None:
    hosts = [host(f"i-{number}") for number in range(MOST_INSTANCES + 1)]
    for each in hosts:
        aws.commands.answer(each.instance_id, "", seconds=60)
    aws.commands.script("list_invocations", ThrottledError("slow down"))
    transport = SsmTransport(aws)
    sent = transport.send(hosts[:MOST_INSTANCES], STATUS, seconds=90)
    aws.commands.script("send_command", ThrottledError("slow down"))
    unsent = transport.send(hosts[MOST_INSTANCES:], STATUS, seconds=90)
    for each in (sent, unsent):
        each.cancel()
    sent.look()
    assert {each.ending for each in sent.look().values()} == {Ending.CANCELLED}
    assert {each.ending for each in unsent.look().values()} == {Ending.UNREACHABLE}


def test_hosts_that_cannot_be_reached_are_told_with_the_reason(aws: FakeAws, host: Make) -> None:
    aws.commands.agents |= {"i-1": True, "i-2": False}
    hosts = [host("i-1"), host("i-2"), host("i-3"), host("i-4", state="stopped")]
    assert SsmTransport(aws).unreachable(hosts) == {
        "i-2": "its SSM agent is offline",
        "i-3": "SSM knows of no agent there",
        "i-4": "its instance is stopped",
    }
    assert operations(aws) == ["describe_agents"]
