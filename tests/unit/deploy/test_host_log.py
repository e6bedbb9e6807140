from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.fake import FakeAws
from cdinfra.aws.routed import route
from cdinfra.aws.stacks import STACK_TYPE, StackEvent
from cdinfra.deploy.host_log import HostLog, HostLogReader, LogSource, failed_hosts
from cdinfra.errors import CloudError
from cdinfra.model import HOME, Place, StackTemplate

if TYPE_CHECKING:
    from cdinfra.deploy.explanation import Explanation
    from tests.unit.deploy.conftest import Make, Run

GROUP = "AWS::AutoScaling::AutoScalingGroup"
STACK_ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/shop-dev-web/1"
SIGNALS = "Received 1 FAILURE signal(s) out of 1. Unable to satisfy 100% requirement"
REPORT = ("the container ended with exit code 1", "KeyError: 'DATABASE_URL'")
WRITTEN = (f"cdinfra-host: {REPORT[0]}", REPORT[1])
CONSOLE = "".join(f"[   12.0] cdinfra-host[612]: {each}\r\n" for each in WRITTEN)
COMMAND = "aws ec2 get-console-output --output text --instance-id i-1"


def event(reason: str, *, logical_id: str = "Hosts", status: str = "CREATE_FAILED") -> StackEvent:
    return StackEvent(
        event_id=reason,
        stack_id=STACK_ID,
        timestamp=datetime(2026, 1, 31, 12, tzinfo=UTC),
        logical_id=logical_id,
        physical_id="shop-dev-web-Hosts",
        resource_type=GROUP,
        status=status,
        reason=reason,
    )


def signal(instance_id: str, *, logical_id: str = "Hosts") -> StackEvent:
    reason = f"Received FAILURE signal with UniqueId {instance_id}"
    return event(reason, logical_id=logical_id, status="CREATE_IN_PROGRESS")


FAILED = event(SIGNALS)
READ = HostLog(instance_id="i-1", source=LogSource.CONSOLE, lines=REPORT)


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


def test_the_hosts_to_blame_are_those_that_signalled_to_the_resource() -> None:
    fine = event("Received SUCCESS signal with UniqueId i-9", status="CREATE_IN_PROGRESS")
    events = (signal("i-2"), fine, signal("i-1"), signal("i-2"), signal("i-3", logical_id="Other"))
    assert failed_hosts(events, FAILED) == ("i-2", "i-1")


def test_where_the_reason_is_another_no_host_is_to_blame() -> None:
    other = event("resource sg-1 has a dependent object")
    assert failed_hosts((signal("i-1"),), other) == ()


def test_a_single_host_is_named_in_the_failure_itself() -> None:
    single = event("Received FAILURE signal with UniqueId i-0abc")
    assert failed_hosts((single,), single) == ("i-0abc",)


def test_the_log_group_is_read_first(aws: FakeAws) -> None:
    aws.host_logs.streams["/shop/web", "i-1/cdinfra-host"] = WRITTEN
    (found,) = HostLogReader(aws).read(STACK_ID, ["i-1"], "/shop/web")
    assert found == HostLog(instance_id="i-1", source=LogSource.LOG_GROUP, lines=REPORT)
    assert aws.host_logs.calls == ["read_stream /shop/web i-1/cdinfra-host"]


@pytest.mark.parametrize("log_group", ["/shop/web", ""])
def test_where_that_has_nothing_the_console_is_read(aws: FakeAws, log_group: str) -> None:
    aws.host_logs.consoles["i-1"] = CONSOLE
    assert HostLogReader(aws).read(STACK_ID, ["i-1"], log_group) == (READ,)


def test_a_log_that_may_not_be_read_gives_way_to_the_console(aws: FakeAws) -> None:
    aws.host_logs.consoles["i-1"] = CONSOLE
    aws.host_logs.script("read_stream", CloudError("no logs:GetLogEvents"))
    assert HostLogReader(aws).read(STACK_ID, ["i-1"], "/shop/web") == (READ,)


@pytest.mark.parametrize(
    ("console", "problem"),
    [
        ("", "its console is not kept any more, or not yet"),
        ("login: ", "its console has no line of cdinfra-host"),
    ],
)
def test_what_is_gone_leads_to_the_command_that_would_show_it(
    aws: FakeAws, console: str, problem: str
) -> None:
    aws.host_logs.consoles["i-1"] = console
    (found,) = HostLogReader(aws).read(STACK_ID, ["i-1"], "")
    assert found == HostLog(instance_id="i-1", problem=problem, command=COMMAND)


def test_what_may_not_be_read_says_why(aws: FakeAws) -> None:
    aws.host_logs.script("read_stream", CloudError("no logs:GetLogEvents"))
    aws.host_logs.script("read_console", CloudError("no ec2:GetConsoleOutput"))
    (found,) = HostLogReader(aws).read(STACK_ID, ["i-1"], "/shop/web")
    assert (found.problem, found.command) == (
        "no logs:GetLogEvents; no ec2:GetConsoleOutput",
        COMMAND,
    )


def test_the_lines_of_three_hosts_are_read_and_no_more(aws: FakeAws) -> None:
    found = HostLogReader(aws).read(STACK_ID, [f"i-{n}" for n in range(10)], "")
    assert [each.instance_id for each in found] == ["i-0", "i-1", "i-2"]
    assert len(aws.host_logs.calls) == 3


def test_hosts_are_read_in_the_place_of_their_stack(aws: FakeAws) -> None:
    us = Place(region="us-east-1")
    body = {"Resources": {"Hosts": {"Type": GROUP}}}
    template = StackTemplate(name="us", stack_name="us", document=body)
    stack_id = aws.at(us).stacks.add(template).stack_id
    aws.at(us).host_logs.consoles["i-1"] = CONSOLE
    reader = HostLogReader(route(aws, {"home": HOME, "us": us}))
    assert reader.read(stack_id, ["i-1"], "") == (READ,)
    (foreign,) = reader.read(stack_id.replace("us-east-1", "eu-west-1"), ["i-1"], "")
    assert "no place of this app" in foreign.problem


def explained(run: Run, make: Make) -> Explanation:
    (found,) = run.deployer(make.network()).explain()
    return found


def has_failed(run: Run, make: Make) -> None:
    """Let a stack with a log group be rolled back, because two hosts failed."""
    document = {"Resources": {"LogGroup": {"Type": "AWS::Logs::LogGroup"}}}
    template = make.plain(name="network", document=document).build(make.shop().context)
    stack = run.aws.stacks.add(template)
    own = {"stack_id": stack.stack_id, "token": "last"}
    whole = {"logical_id": stack.name, "physical_id": stack.stack_id, "resource_type": STACK_TYPE}
    told = (
        (whole, "UPDATE_IN_PROGRESS", "User Initiated"),
        ({}, "UPDATE_IN_PROGRESS", "Received FAILURE signal with UniqueId i-1"),
        ({}, "UPDATE_IN_PROGRESS", "Received FAILURE signal with UniqueId i-2"),
        ({}, "UPDATE_FAILED", SIGNALS),
        (whole, "UPDATE_ROLLBACK_IN_PROGRESS", "failed"),
        (whole, "UPDATE_ROLLBACK_COMPLETE", ""),
    )
    for number, (names, status, reason) in enumerate(told):
        values = {"logical_id": "Hosts", "physical_id": "group", "resource_type": GROUP, **names}
        stack.events.append(
            StackEvent(
                event_id=f"more-{number}",
                timestamp=datetime(2026, 1, 31, 12, tzinfo=UTC),
                status=status,
                reason=reason,
                **own,
                **values,
            )
        )
    stack.status = type(stack.status)("UPDATE_ROLLBACK_COMPLETE")


def test_an_explanation_has_the_lines_of_the_hosts_that_failed(run: Run, make: Make) -> None:
    has_failed(run, make)
    stream = ("shop-dev-network-loggroup", "i-1/cdinfra-host")
    run.aws.host_logs.streams[stream] = WRITTEN
    first, second = explained(run, make).failure.hosts
    assert (first.instance_id, first.source, first.lines) == ("i-1", LogSource.LOG_GROUP, REPORT)
    assert (second.instance_id, second.source) == ("i-2", LogSource.NONE)


def test_the_resources_are_listed_once_for_hint_and_lines(run: Run, make: Make) -> None:
    has_failed(run, make)
    run.aws.stacks.calls.clear()
    explained(run, make)
    assert len(run.calls("list_resources")) == 1


def test_a_failed_up_ends_with_the_lines_of_the_host(run: Run, make: Make) -> None:
    single = "Received FAILURE signal with UniqueId i-1"
    run.aws.stacks.fail("shop-dev-network", "Subnet0", single)
    run.aws.host_logs.consoles["i-1"] = CONSOLE
    with run.deployer(make.network()) as deployer:
        result = deployer.execute(deployer.plan_up())
    (failed,) = result.failed
    assert failed.host_logs == (READ,)
    with pytest.raises(Exception, match="shop-dev-network failed") as caught:
        result.raise_for_failure()
    assert str(caught.value).splitlines()[-2:] == [
        "i-1: the container ended with exit code 1",
        "  KeyError: 'DATABASE_URL'",
    ]


def test_a_failed_up_says_how_to_read_what_it_could_not(run: Run, make: Make) -> None:
    single = "Received FAILURE signal with UniqueId i-1"
    run.aws.stacks.fail("shop-dev-network", "Subnet0", single)
    run.aws.host_logs.script("read_console", CloudError("no ec2:GetConsoleOutput"))
    with run.deployer(make.network()) as deployer:
        result = deployer.execute(deployer.plan_up())
    with pytest.raises(Exception, match=f"i-1: no ec2:GetConsoleOutput; to read it: {COMMAND}"):
        result.raise_for_failure()


def test_a_failure_without_hosts_reads_no_logs(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-network", "Subnet0", "The CIDR is taken")
    run.up(make.network())
    assert explained(run, make).failure.hosts == ()
    assert run.aws.host_logs.calls == []
    assert run.calls("list_resources") == []
