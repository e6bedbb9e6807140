from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from cdinfra.aws.commands import MOST_INSTANCES, OUTPUT_LIMIT, CommandStatus, SentCommand
from cdinfra.aws.fake import FakeAws
from cdinfra.aws.hosts import Host
from cdinfra.aws.target_groups import TargetHealth
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.host_answers import Asked
from cdinfra.deploy.host_survey import Survey, survey_hosts
from cdinfra.errors import CloudError, ThrottledError
from cdinfra.model import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

WEB = f"registry/web@sha256:{'ab' * 32}"
US = Place(region="us-east-1")
GROUP = "shop-dev-web-HostGroup"


def host(instance_id: str, **changes: object) -> Host:
    values: dict[str, object] = {
        "instance_id": instance_id,
        "state": "running",
        "instance_type": "t3.micro",
        "private_address": "10.0.0.7",
        "public_address": "",
        "zone": "eu-central-1a",
        "deploy_group": "web",
        "release": WEB,
        "stack_name": "shop-dev-web",
        "launched_at": datetime(2026, 1, 31, tzinfo=UTC),
    }
    return Host(**(values | changes))  # type: ignore[arg-type]


def status(*, padding: int = 0) -> str:
    said = {
        "verb": "status",
        "outcome": "status",
        "desired": WEB,
        "containers": [{"release": WEB, "state": "Up 3 minutes"}],
        "padding": "x" * padding,
    }
    return json.dumps(said)


def refusal(code: str, message: str) -> CloudError:
    error = CloudError(message)
    error.__cause__ = ClientError({"Error": {"Code": code, "Message": message}}, "SendCommand")
    return error


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


def survey(aws: FakeAws, *, places: Sequence[FakeAws] = (), timeout: float | None = 10.0) -> Survey:
    clock = Clock(now=aws.clock.now, sleep=aws.clock.sleep)
    return survey_hosts(places or (aws,), app="shop", env="dev", clock=clock, timeout=timeout)


def launch(aws: FakeAws, *hosts: Host) -> None:
    for each in hosts:
        aws.hosts.add("shop", "dev", each)


def asked(found: Survey) -> dict[str, Asked]:
    return {each.host.instance_id: each.answer.asked for each in found.hosts}


def test_a_host_that_answers_says_what_it_runs(aws: FakeAws) -> None:
    launch(aws, host("i-1"))
    aws.commands.answer("i-1", status(), seconds=1.2)
    (seen,) = survey(aws).hosts
    assert seen.answer.report is not None
    assert seen.answer.report.running == (WEB,)
    assert aws.commands.scripts == [
        "/usr/local/bin/cdinfra-host status 2>/dev/null | tail -n 1",
    ]
    assert sum(aws.clock.slept) == 1.5


def test_hosts_that_cannot_answer_are_there_with_the_reason(aws: FakeAws) -> None:
    names = ("fine", "bare", "lost", "slow", "bad", "plain", "late", "broken", "stopped")
    launch(aws, *(host(f"i-{each}") for each in names[:-1]), host("i-stopped", state="stopped"))
    aws.commands.answer("i-fine", status())
    aws.commands.agents |= {"i-lost": False, "i-slow": True}
    failed = '{"verb": "status", "outcome": "failed", "message": "no engine", "log": []}'
    aws.commands.answer("i-bad", failed)
    aws.commands.answer("i-plain", "")
    aws.commands.answer("i-late", "", status=CommandStatus.TIMED_OUT)
    aws.commands.answer("i-broken", "", status=CommandStatus.FAILED)
    found = survey(aws)
    assert asked(found) == {
        "i-fine": Asked.ANSWERED,
        "i-bare": Asked.NO_AGENT,
        "i-lost": Asked.OFFLINE,
        "i-slow": Asked.TIMED_OUT,
        "i-bad": Asked.FAILED,
        "i-plain": Asked.NO_CDINFRA_HOST,
        "i-late": Asked.TIMED_OUT,
        "i-broken": Asked.FAILED,
        "i-stopped": Asked.NOT_ASKED,
    }
    problems = {each.host.instance_id: each.answer.problem for each in found.hosts}
    assert problems["i-bad"] == "no engine"
    assert problems["i-broken"] == "the command ended as Failed"
    assert found.notes == ()


def test_the_whole_takes_no_longer_than_it_may(aws: FakeAws) -> None:
    launch(aws, host("i-1"), host("i-2"))
    aws.commands.answer("i-1", status())
    aws.commands.answer("i-2", status(), seconds=60)
    found = survey(aws, timeout=3)
    assert asked(found) == {"i-1": Asked.ANSWERED, "i-2": Asked.TIMED_OUT}
    assert sum(aws.clock.slept) == pytest.approx(3)


def test_an_answer_in_the_last_moment_counts(aws: FakeAws) -> None:
    launch(aws, host("i-1"))
    aws.commands.answer("i-1", status(), seconds=3)
    assert asked(survey(aws, timeout=3)) == {"i-1": Asked.ANSWERED}


def test_calls_grow_by_batches_of_hosts(aws: FakeAws) -> None:
    names = [f"i-{number}" for number in range(2 * MOST_INSTANCES + 1)]
    launch(aws, *map(host, names))
    for each in names:
        aws.commands.answer(each, status())
    assert set(asked(survey(aws)).values()) == {Asked.ANSWERED}
    operations = [each.split()[0] for each in aws.commands.calls]
    assert operations == ["describe_agents", *["send_command"] * 3, *["list_invocations"] * 3]


def test_many_commands_are_looked_at_no_more_often_than_the_cloud_may_be_asked(
    aws: FakeAws,
) -> None:
    names = [f"i-{number}" for number in range(10 * MOST_INSTANCES)]
    launch(aws, *map(host, names))
    for each in names:
        aws.commands.answer(each, status(), seconds=1)
    survey(aws)
    assert aws.clock.slept == [10 / aws.calls_per_second]


def test_an_answer_that_was_cut_is_read_in_full(aws: FakeAws) -> None:
    launch(aws, host("i-1"), host("i-2"))
    aws.commands.answer("i-1", status(padding=OUTPUT_LIMIT))
    aws.commands.answer("i-2", status())
    assert set(asked(survey(aws)).values()) == {Asked.ANSWERED}
    assert [each for each in aws.commands.calls if each.startswith("get_output")] == [
        "get_output command-0 i-1"
    ]


def test_without_the_permission_the_tags_are_there_and_one_line_why(aws: FakeAws) -> None:
    launch(aws, host("i-1"), host("i-2"))
    aws.commands.agents |= {"i-1": True, "i-2": True}
    aws.commands.script("send_command", refusal("AccessDeniedException", "no ssm:SendCommand"))
    found = survey(aws)
    assert set(asked(found).values()) == {Asked.NOT_ASKED}
    assert [each.host.release for each in found.hosts] == [WEB, WEB]
    assert found.notes == ("no ssm:SendCommand",)
    assert not found.was_asked
    assert aws.clock.slept == []


def test_a_cloud_that_boots_no_hosts_says_so_by_itself(aws: FakeAws) -> None:
    launch(aws, host("i-1"))
    aws.commands.script("describe_agents", refusal("NotImplemented", "none is booted"))
    found = survey(aws)
    assert asked(found) == {"i-1": Asked.NOT_BOOTED}
    assert (found.notes, found.was_asked) == ((), False)


def test_what_was_answered_before_a_refusal_is_kept(aws: FakeAws) -> None:
    launch(aws, host("i-1"), host("i-2"))
    aws.commands.answer("i-1", status())
    aws.commands.answer("i-2", status(), seconds=2)
    looked: list[float] = []

    def look() -> None:
        looked.append(0)
        if len(looked) == 1:
            aws.commands.script("list_invocations", refusal("AccessDeniedException", "no more"))

    aws.clock.during_sleep = look
    found = survey(aws)
    assert asked(found) == {"i-1": Asked.ANSWERED, "i-2": Asked.NOT_ASKED}
    assert found.notes == ("no more",)


def test_a_throttled_look_is_only_a_delay(aws: FakeAws) -> None:
    launch(aws, host("i-1"))
    aws.commands.answer("i-1", status())
    aws.commands.script("list_invocations", ThrottledError("slow down"))
    found = survey(aws)
    assert (asked(found), found.notes) == ({"i-1": Asked.ANSWERED}, ())


def test_a_host_that_went_before_it_could_be_asked_is_offline(aws: FakeAws) -> None:
    class Leaving(type(aws.commands)):  # type: ignore[misc] # the fake, with one host that goes
        def send_command(
            self, instance_ids: Sequence[str], script: str, *, seconds: int
        ) -> SentCommand:
            left = tuple(each for each in instance_ids if each != "i-gone")
            sent: SentCommand = super().send_command(left, script, seconds=seconds)
            return sent

    aws.commands = Leaving(aws.clock.now)
    launch(aws, host("i-1"), host("i-gone"))
    for each in ("i-1", "i-gone"):
        aws.commands.answer(each, status())
    assert asked(survey(aws)) == {"i-1": Asked.ANSWERED, "i-gone": Asked.OFFLINE}


def test_nobody_is_asked_where_only_the_tags_are_wanted(aws: FakeAws) -> None:
    launch(aws, host("i-1", scaling_group=GROUP))
    found = survey(aws, timeout=None)
    assert asked(found) == {"i-1": Asked.NOT_ASKED}
    assert aws.commands.calls == aws.target_groups.calls == []


def test_an_app_without_hosts_costs_no_call_more(aws: FakeAws) -> None:
    assert survey(aws).hosts == ()
    assert aws.commands.calls == aws.target_groups.calls == []


def test_hosts_of_all_places_are_asked_where_they_are(aws: FakeAws) -> None:
    us = aws.at(US)
    launch(aws, host("i-1"))
    launch(us, host("i-2", deploy_group="api"))
    aws.commands.answer("i-1", status(), seconds=4)
    us.commands.answer("i-2", status(), seconds=4)
    found = survey(aws, places=(aws, us))
    assert list(asked(found).items()) == [("i-2", Asked.ANSWERED), ("i-1", Asked.ANSWERED)]
    assert us.commands.calls[0] == "describe_agents i-2"
    assert sum(aws.clock.slept) == 4


HEALTHY = TargetHealth(target_id="i-1", target_group="web", port=80, state="healthy")


def test_what_load_balancers_think_is_read_once_for_each_target_group(aws: FakeAws) -> None:
    launch(aws, *(host(f"i-{each}", scaling_group=GROUP) for each in (1, 2)), host("i-3"))
    aws.target_groups.of_scaling_groups[GROUP] = ("web", "admin")
    aws.target_groups.health["web"] = (HEALTHY, replace(HEALTHY, target_id="i-2", state="initial"))
    aws.target_groups.health["admin"] = (replace(HEALTHY, target_group="admin", state="unused"),)
    states = {
        each.host.instance_id: [target.state for target in each.targets]
        for each in survey(aws).hosts
    }
    assert states == {"i-1": ["healthy", "unused"], "i-2": ["initial"], "i-3": []}
    assert aws.target_groups.calls == [
        f"list_target_groups {GROUP}",
        "describe_target_health web",
        "describe_target_health admin",
    ]


@pytest.mark.parametrize(("code", "notes"), [("AccessDenied", ("no",)), ("NotImplemented", ())])
def test_load_balancers_that_cannot_be_asked_are_left_out(
    aws: FakeAws, code: str, notes: tuple[str, ...]
) -> None:
    launch(aws, host("i-1", scaling_group=GROUP))
    aws.commands.answer("i-1", status())
    aws.target_groups.script("list_target_groups", refusal(code, "no"))
    found = survey(aws)
    assert (asked(found), found.notes) == ({"i-1": Asked.ANSWERED}, notes)
