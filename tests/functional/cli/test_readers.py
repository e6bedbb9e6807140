import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

from click.testing import Result

from cdinfra.aws.fake import FakeAws
from cdinfra.aws.hosts import Host
from cdinfra.cli.options import Request

Run = Callable[..., Result]
Edit = Callable[[str, str], None]
Opened = list[tuple[Request, bool]]

HOST = Host(
    instance_id="i-0abc",
    state="running",
    instance_type="t3.micro",
    private_address="10.0.0.7",
    public_address="",
    zone="eu-central-1a",
    deploy_group="web",
    release=f"registry/web@sha256:{'ab' * 32}",
    stack_name="shop-dev-web",
    launched_at=datetime(2026, 1, 31, 8, 0, tzinfo=UTC),
)

EXPLAINED = """\
network  ROLLBACK_COMPLETE  shop-dev-network
  failed     Topic AWS::SNS::Topic  2026-01-31 TIME
  made by    infra.py:38
  reason     news already exists
  hint       something of that name exists outside the stack, perhaps kept by a stack of before: \
delete it, or give this one another name
  then       rolled back: what was made is deleted again
  next       when that is mended: cdinfra up --file infra.py network
"""


def test_status_shows_every_stack_deployed_or_not(run: Run) -> None:
    run("up", "network")
    assert (
        run("status").stdout
        == """\
STACK    STATUS           CHANGED
network  CREATE_COMPLETE  2026-01-31 09:00:00Z
web      not deployed
"""
    )


def test_status_tells_of_a_stack_that_was_dropped(run: Run, edit: Edit) -> None:
    run("up")
    edit("app.add(web)", "del web")
    assert "not in infra.py any more" in run("status").stdout
    stacks = json.loads(run("status", "--output", "json").stdout)["stacks"]
    assert [stack["in_app"] for stack in stacks] == [True, False]


def test_outputs_are_shown_as_a_table_and_as_json(run: Run) -> None:
    assert run("outputs").stdout == "No outputs.\n"
    run("up")
    assert run("outputs", "web").stdout == "OUTPUT   VALUE\nweb.Url  http://web\n"
    assert json.loads(run("outputs", "-o", "json").stdout) == {
        "network": {"TopicArn": "shop-dev-network-topic"},
        "web": {"Url": "http://web"},
    }


def test_events_come_newest_last_and_can_be_limited(run: Run) -> None:
    assert run("events").stdout == "No events.\n"
    run("up")
    lines = run("events", "network").stdout.splitlines()
    assert len(lines) == 4
    assert lines[-1] == (
        "2026-01-31 09:00:00Z network      CREATE_COMPLETE              "
        "shop-dev-network AWS::CloudFormation::Stack"
    )
    assert run("events", "network", "--limit", "1").stdout.splitlines() == lines[-1:]
    events = json.loads(run("events", "-o", "json").stdout)["events"]
    assert {event["event"] for event in events} == {"resource_changed"}


def test_explain_says_that_nothing_failed(run: Run) -> None:
    assert run("explain").stdout == "Nothing failed.\n"
    run("up")
    explained = run("explain", "web")
    assert (explained.exit_code, explained.stdout) == (0, "Nothing failed.\n")
    assert json.loads(run("explain", "-o", "json").stdout) == {"explanations": []}


def test_explain_says_why_a_stack_failed_and_ends_with_0(run: Run, aws: FakeAws) -> None:
    aws.stacks.fail("shop-dev-network", "Topic", "news already exists")
    assert run("up").exit_code == 4
    explained = run("explain")
    assert explained.exit_code == 0
    told = re.sub(r"09:00:0\dZ", "TIME", explained.stdout)
    assert re.sub(r"\S+/infra\.py", "infra.py", told) == EXPLAINED
    (found,) = json.loads(run("explain", "network", "-o", "json").stdout)["explanations"]
    assert found["failure"]["reason"] == "news already exists"
    assert found["failure"]["cause"] == "already_exists"
    assert re.fullmatch(r"cdinfra up --file \S+ network", found["next_command"])


def test_explain_refuses_an_unknown_stack(run: Run) -> None:
    result = run("explain", "wbe")
    assert result.exit_code == 2
    assert "did you mean 'web'?" in result.stderr


def test_without_hosts_there_are_none(run: Run) -> None:
    assert run("hosts").stdout == "No hosts.\n"
    assert json.loads(run("hosts", "-o", "json").stdout) == {"hosts": [], "notes": []}


def test_the_hosts_stand_at_the_end_of_up(run: Run, aws: FakeAws) -> None:
    aws.hosts.add("shop", "dev", HOST)
    assert "i-0abc" in run("up").stdout


def test_what_only_reads_starts_no_local_cloud(run: Run, opened: Opened) -> None:
    for command in ("status", "outputs", "explain", "events", "hosts"):
        run(command)
    assert not any(start for _, start in opened)
    run("diff")
    assert opened[-1][1] is True
