"""How invocations reach their hosts, run there and end."""

from typing import Any

import pytest

from cdinfra.local.hosts.commands.dispatcher import RUNS
from cdinfra.local.hosts.host import HostState


def test_a_script_runs_in_its_host_and_succeeds(world: Any, run: Any) -> None:
    run(0, b"up 3 days\n")
    host = world.boot(1)
    command = world.send(host)
    assert world.details(command) == ["Pending"]
    assert world.result(command, host)["ResponseCode"] == -1
    world.work()
    (task,) = world.tasks
    assert (task.container, task.region, task.instance_id) == ("container-1", "eu-central-1", host)
    result = world.result(command, host)
    assert (result["Status"], result["ResponseCode"]) == ("Success", 0)
    assert result["StandardOutputContent"] == "up 3 days\n"
    assert world.runs[0].closed


def test_a_script_that_fails_tells_its_exit_code_and_says_so_in_its_errors(
    world: Any, run: Any
) -> None:
    run(3, b"", b"no such file\n")
    host = world.boot(1)
    command = world.send(host)
    world.work()
    result = world.result(command, host)
    assert (result["Status"], result["StatusDetails"], result["ResponseCode"]) == (
        "Failed",
        "Failed",
        3,
    )
    assert result["StandardErrorContent"] == "no such file\nfailed to run commands: exit status 3"


def test_what_runs_too_long_is_killed_and_keeps_what_it_has_written(world: Any, run: Any) -> None:
    script = run(None, b"begun\n")
    host = world.boot(1)
    command = world.send(host, parameters={"executionTimeout": ["90"]})
    world.work()
    result = world.result(command, host)
    assert (result["Status"], result["StatusDetails"]) == ("TimedOut", "ExecutionTimedOut")
    assert (result["ResponseCode"], result["StandardOutputContent"]) == (137, "begun\n")
    assert (script.waited, script.killed) == ([90], 1)


def test_what_runs_is_killed_when_it_is_cancelled(world: Any, run: Any) -> None:
    host = world.boot(1)
    seen = []

    def cancel() -> None:
        world.call("CancelCommand", CommandId=command)
        seen.append(world.result(command, host)["Status"])

    script = run(137, b"begun\n", during=cancel)
    command = world.send(host)
    world.work()
    assert seen == ["Cancelling"]
    assert script.killed == 1
    result = world.result(command, host)
    assert (result["Status"], result["StandardOutputContent"]) == ("Cancelled", "begun\n")
    world.call("CancelCommand", CommandId=command)
    assert world.details(command) == ["Cancelled"]


def test_what_has_not_begun_is_cancelled_at_once_and_never_runs(world: Any) -> None:
    host = world.boot(1)
    command = world.send(host)
    world.call("CancelCommand", CommandId=command)
    assert world.details(command) == ["Cancelled"]
    world.work()
    assert world.tasks == []
    assert world.details(command) == ["Cancelled"]


def test_a_host_that_is_down_is_waited_for(world: Any, run: Any) -> None:
    run(0)
    host = world.boot(1)
    world.set_host(host, HostState.DOWN)
    command = world.send(host)
    waits = []

    def come_back() -> None:
        waits.append(world.details(command))
        if len(waits) == 4:
            world.set_host(host, HostState.RUNNING)

    world.on_wait = come_back
    world.work()
    assert waits == [["Pending"]] * 4
    assert world.details(command) == ["Success"]


def test_a_host_that_stays_down_is_given_up(world: Any) -> None:
    host = world.boot(1)
    world.set_host(host, HostState.DOWN)
    command = world.send(host, TimeoutSeconds=30)
    begun = world.now
    world.work()
    result = world.result(command, host)
    assert (result["Status"], result["StatusDetails"]) == ("TimedOut", "DeliveryTimedOut")
    assert result["ResponseCode"] == -1
    assert (world.now - begun).total_seconds() == 30
    assert world.call("ListCommands")["Commands"][0]["DeliveryTimedOutCount"] == 1


def test_what_is_sent_to_a_host_that_is_then_terminated_cannot_be_delivered(world: Any) -> None:
    host = world.boot(1)
    command = world.send(host)
    world.set_instance(host, "terminated")
    world.work()
    result = world.result(command, host)
    assert (result["Status"], result["StatusDetails"]) == ("Failed", "Undeliverable")


def test_a_script_whose_host_goes_away_runs_again_when_it_is_back(world: Any, run: Any) -> None:
    host = world.boot(1)
    run(1, b"first", is_lost=True, during=lambda: world.set_host(host, HostState.DOWN))
    run(0, b"second")
    command = world.send(host)

    def come_back() -> None:
        assert world.details(command) == ["InProgress"]
        world.set_host(host, HostState.RUNNING)

    world.on_wait = come_back
    world.work()
    assert world.result(command, host)["StandardOutputContent"] == "second"
    assert world.details(command) == ["Success"]


def test_a_script_that_always_loses_its_host_is_not_begun_for_ever(world: Any, run: Any) -> None:
    host = world.boot(1)
    for _ in range(RUNS):
        run(1, is_lost=True)
    command = world.send(host)
    world.work()
    assert len(world.tasks) == RUNS
    assert world.details(command) == ["Failed"]


def test_a_script_whose_host_is_away_can_be_cancelled(world: Any, run: Any) -> None:
    host = world.boot(1)
    run(1, is_lost=True, during=lambda: world.set_host(host, HostState.DOWN))
    command = world.send(host)
    world.on_wait = lambda: world.call("CancelCommand", CommandId=command)
    world.work()
    assert world.details(command) == ["Cancelled"]


def test_no_more_hosts_are_worked_on_at_once_than_the_call_allows(world: Any) -> None:
    hosts = [world.boot(number) for number in range(1, 6)]
    world.send(*hosts, MaxConcurrency="2")
    assert len(world.threads) == 2
    world.send(*hosts, MaxConcurrency="10%")
    assert len(world.threads) == 3
    world.send(*hosts)
    assert len(world.threads) == 8


@pytest.mark.parametrize(
    ("max_errors", "expected"),
    [
        ("0", ["Failed", "Terminated", "Terminated"]),
        ("1", ["Failed", "Failed", "Terminated"]),
        ("100%", ["Failed", "Failed", "Success"]),
    ],
)
def test_after_too_many_errors_no_further_host_is_touched(
    world: Any, run: Any, max_errors: str, expected: list[str]
) -> None:
    run(1)
    run(1)
    run(0)
    hosts = [world.boot(number) for number in (1, 2, 3)]
    command = world.send(*hosts, MaxConcurrency="1", MaxErrors=max_errors)
    world.work()
    assert world.details(command) == expected


def test_a_bug_of_ours_fails_the_invocation_and_not_the_thread(world: Any, run: Any) -> None:
    def fail() -> None:
        raise KeyError("bug")

    run(0, during=fail)
    run(0)
    hosts = [world.boot(1), world.boot(2)]
    command = world.send(*hosts, MaxConcurrency="1", MaxErrors="1")
    world.work()
    assert world.details(command) == ["Failed", "Success"]


def test_the_whole_output_goes_to_the_bucket_that_the_call_names(world: Any, run: Any) -> None:
    run(0, b"o" * 100_000)
    host = world.boot(1)
    command = world.send(host, OutputS3BucketName="logs", OutputS3KeyPrefix="a/b/")
    world.work()
    key = f"a/b/{command}/{host}/awsrunShellScript/0.awsrunShellScript/stdout"
    assert world.uploads == {("logs", key): b"o" * 100_000}
    result = world.result(command, host)
    assert result["StandardOutputUrl"] == f"http://127.0.0.1:4566/logs/{key}"
    assert len(result["StandardOutputContent"]) == 24_000
