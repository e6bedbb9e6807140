"""``cdinfra hosts``, and the lines of hosts that failed, as a person types it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from cdinfra.aws.hosts import Host
from cdinfra.aws.target_groups import TargetHealth
from cdinfra.cli.local_cloud import HOSTS_ARE_NOT_BOOTED
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from cdinfra.aws.fake import FakeAws

    Run = Callable[..., Result]

WEB = f"registry/web@sha256:{'ab' * 32}"
STATUS = {
    "verb": "status",
    "outcome": "status",
    "desired": WEB,
    "current": True,
    "containers": [{"release": WEB, "state": "Up 3 minutes", "started": "2026-01-31T08:01:00Z"}],
    "uptime_seconds": 300,
    "agent": "0a1b2c3d4e5f",
}


def refusal(code: str, message: str) -> CloudError:
    error = CloudError(message)
    error.__cause__ = ClientError({"Error": {"Code": code, "Message": message}}, "SendCommand")
    return error


@pytest.fixture
def hosts(aws: FakeAws) -> FakeAws:
    """A cloud with two hosts behind a load balancer: one answers, one has no agent."""
    for number in (1, 2):
        host = Host(
            instance_id=f"i-{number}",
            state="running",
            instance_type="t3.micro",
            private_address=f"10.0.0.{number}",
            public_address="",
            zone="eu-central-1a",
            deploy_group="web",
            release=WEB,
            stack_name="shop-dev-web",
            launched_at=datetime(2026, 1, 31, 8, number, tzinfo=UTC),
            scaling_group="group",
            tags={"Name": "web"},
        )
        aws.hosts.add("shop", "dev", host)
    aws.commands.answer("i-1", json.dumps(STATUS), seconds=1)
    aws.target_groups.of_scaling_groups["group"] = ("arn:web",)
    healthy = TargetHealth(target_id="i-1", target_group="arn:web", port=80, state="healthy")
    aws.target_groups.health["arn:web"] = (healthy,)
    return aws


def read(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.usefixtures("hosts")
def test_hosts_are_listed_with_what_each_runs(run: Run) -> None:
    told = run("hosts")
    assert (told.exit_code, told.stderr) == (0, "")
    assert told.stdout == (
        "GROUP  HOST  STATE    ZONE           PRIVATE   DESIRED           RUNNING       "
        "HEALTH   TARGET   UPTIME      AGENT\n"
        "web    i-1   running  eu-central-1a  10.0.0.1  web@abababababab  abababababab  "
        "healthy  healthy  5 min 00 s  0a1b2c3d4e5f\n"
        "web    i-2   running  eu-central-1a  10.0.0.2  web@abababababab  ?             "
        "?                 ?           no agent\n"
    )


@pytest.mark.parametrize("asked", [(), ("--no-ask",)])
@pytest.mark.usefixtures("hosts")
def test_tags_are_listed_where_they_are_asked_for(run: Run, asked: tuple[str, ...]) -> None:
    told = run("hosts", "--tags", *asked).stdout.splitlines()
    assert told[-3:] == ["", "TAG   HOSTS  VALUE", "Name  all    web"]


def test_wrong_tags_are_told(run: Run, hosts: FakeAws) -> None:
    wrong = {**STATUS, "desired": "", "problem": "the tag cdinfra:generation is 'x', no number"}
    hosts.commands.answer("i-1", json.dumps(wrong), seconds=1)
    assert "i-1: the tag cdinfra:generation is 'x', no number" in run("hosts").stdout.splitlines()


@pytest.mark.usefixtures("hosts")
def test_programs_get_the_tags_and_everything(run: Run) -> None:
    found = read(run("hosts", "--output", "json"))
    first, second = found["hosts"]
    assert (first["private_address"], first["tags"]) == ("10.0.0.1", {"Name": "web"})
    assert first["report"]["running"] == [WEB]
    assert first["report"]["started_at"] == "2026-01-31T08:01:00+00:00"
    assert first["report"]["details"] == STATUS
    assert (second["asked"], second["report"]) == ("no agent", None)
    assert found["notes"] == []


def test_nobody_is_asked_where_the_tags_suffice(run: Run, hosts: FakeAws) -> None:
    told = run("hosts", "--no-ask")
    assert told.stdout.splitlines()[0].split()[-2:] == ["RELEASE", "LAUNCHED"]
    assert hosts.commands.calls == hosts.target_groups.calls == []


def test_without_the_permission_the_tags_are_shown_and_one_line_why(
    run: Run, hosts: FakeAws
) -> None:
    denied = refusal("AccessDeniedException", "cannot ask the hosts: no ssm:SendCommand")
    hosts.commands.script("send_command", denied, denied)
    told = run("hosts")
    # A host that has no agent is known by then, so the table has room for it.
    assert (told.exit_code, "no agent" in told.stdout) == (0, True)
    assert told.stderr == "note: cannot ask the hosts: no ssm:SendCommand\n"
    assert read(run("hosts", "-o", "json"))["notes"] == ["cannot ask the hosts: no ssm:SendCommand"]


def test_a_cloud_that_boots_no_hosts_has_their_tags(run: Run, hosts: FakeAws) -> None:
    not_booted = refusal("NotImplemented", "none is booted")
    hosts.commands.script("describe_agents", not_booted)
    hosts.target_groups.script("list_target_groups", not_booted)
    told = run("hosts")
    assert told.stdout.splitlines()[0].split()[-2:] == ["RELEASE", "LAUNCHED"]
    assert told.stderr.startswith(HOSTS_ARE_NOT_BOOTED)
    assert len(told.stderr.splitlines()) == 1


@pytest.mark.usefixtures("hosts")
def test_a_host_is_waited_for_as_long_as_was_said(run: Run, aws: FakeAws) -> None:
    aws.commands.answer("i-2", json.dumps(STATUS), seconds=60)
    assert "timed out" in run("hosts", "--timeout", "2").stdout
    assert sum(aws.clock.slept) == 2


@pytest.mark.parametrize("seconds", ["0", "-1", "301", "soon"])
def test_a_time_that_makes_no_sense_is_refused(run: Run, seconds: str) -> None:
    told = run("hosts", "--timeout", seconds)
    assert told.exit_code == 2
    assert "--timeout" in told.stderr


def test_explain_and_up_show_the_last_lines_of_a_host_that_failed(run: Run, aws: FakeAws) -> None:
    reason = "Received FAILURE signal with UniqueId i-1"
    aws.stacks.fail("shop-dev-network", "Topic", reason)
    lines = ("cdinfra-host: the container ended with exit code 1", "KeyError: 'DATABASE_URL'")
    aws.host_logs.consoles["i-1"] = "".join(f"[ 9.0] cdinfra-host[7]: {each}\r\n" for each in lines)
    failed = run("up", "network")
    assert failed.exit_code == 4
    assert (
        "       i-1: the container ended with exit code 1\n"
        "         KeyError: 'DATABASE_URL'\n"
        "hint: "
    ) in failed.stderr
    explained = run("explain", "network").stdout
    assert (
        f"  reason     {reason}\n"
        "  host       i-1  the container ended with exit code 1\n"
        "             KeyError: 'DATABASE_URL'\n"
        "  hint       "
    ) in explained
    (found,) = read(run("explain", "-o", "json"))["explanations"]
    assert found["failure"]["hosts"] == [
        {
            "instance_id": "i-1",
            "source": "console",
            "lines": ["the container ended with exit code 1", "KeyError: 'DATABASE_URL'"],
            "problem": "",
            "command": "",
        }
    ]


def test_explain_says_why_the_lines_of_a_host_are_missing(run: Run, aws: FakeAws) -> None:
    reason = "Received FAILURE signal with UniqueId i-1"
    aws.stacks.fail("shop-dev-network", "Topic", reason)
    run("up", "network")
    explained = run("explain", "network").stdout
    assert "  host       i-1  its console is not kept any more, or not yet\n" in explained
    assert "  look at    aws ec2 get-console-output --output text --instance-id i-1\n" in explained
