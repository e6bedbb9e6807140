"""Reports of groups in memory that went through real rollouts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cdinfra.aws.scaling_groups import LaunchVersion, ScalingGroup, ScalingMember
from cdinfra.aws.target_groups import TargetHealth
from cdinfra.deploy.host_answers import Answer, Asked
from cdinfra.deploy.host_report import HostHealth, HostReport
from cdinfra.deploy.host_survey import SeenHost, Survey
from cdinfra.rollout.fake_group import GROUP, FakeGroup, release
from cdinfra.rollout.fake_hosts import Behaviour, FakeHost
from cdinfra.rollout.group_status import GroupStatus, group_status
from cdinfra.rollout.record import Author
from cdinfra.rollout.report import AppReport, GroupReport
from cdinfra.rollout.state.history import HistoryEntry
from cdinfra.rollout.strategy import Share, Strategy

READ_AT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
STRATEGY = Strategy(batch=Share(number=2), drains=True, host_seconds=120)
VERSION = LaunchVersion(template_id="lt-1", version="4")
AUTHOR = Author(
    who="ada@ci", run_url="https://ci.example/job/web/7/?a=1&b=2", commit="0123456789abcdef"
)


def rolled_out(hosts: int = 5) -> FakeGroup:
    """Return a group: one release went out well, and the next failed on a host."""
    group = FakeGroup(hosts, is_balanced=True)
    sick = list(group.fleet.hosts.values())[-2]
    sick.behaviours[release(3)] = Behaviour(is_sick=True)
    for typed in (":v2", ":v3"):
        rollouts = group.rollouts()
        rollouts.carry_out(rollouts.plan_deploy(typed, STRATEGY))
        group.fleet.pass_time(3600)
    return group


def status_of(group: FakeGroup) -> GroupStatus:
    """Return how it is: its last host runs another release, as if somebody had changed it."""
    *well, last = group.fleet.hosts.values()
    seen = tuple(_seen(each, each.running) for each in well)
    seen += (_seen(last, release(9), HostHealth.UNHEALTHY),)
    members = tuple(
        ScalingMember(
            instance_id=each.host.instance_id,
            lifecycle="InService",
            health="Healthy",
            launched_with=VERSION,
        )
        for each in seen
    )
    scaling = ScalingGroup(
        name="group",
        launches_with=VERSION,
        members=members,
        tags={"cdinfra:release": group.tagger.release},
    )
    notes = ("what load balancers think of hosts is not known: access denied",)
    return group_status(GROUP, group.tagger.release, scaling, Survey(hosts=seen, notes=notes))


def _seen(host: FakeHost, runs: str, health: HostHealth = HostHealth.HEALTHY) -> SeenHost:
    problem = "GET /health answered 503" if health is HostHealth.UNHEALTHY else ""
    report = HostReport(
        running=(runs,), health=health, problem=problem, agent="0a1b2c3d4e5f", uptime_seconds=5400
    )
    instance_id = host.host.instance_id
    target = TargetHealth(target_id=instance_id, target_group="arn", port=80, state="healthy")
    answer = Answer(asked=Asked.ANSWERED, report=report)
    return SeenHost(host=host.host, answer=answer, targets=(target,))


def build_report(hosts: int = 5) -> AppReport:
    """Return a report of a group as above, and of one that is not deployed."""
    group = rolled_out(hosts)
    accounts = [replace(each, author=AUTHOR) for each in group.histories.entries]
    entries = tuple(
        HistoryEntry(number=number, previous="", account=each)
        for number, each in enumerate(accounts, 1)
    )
    web = GroupReport(stack="web", status=status_of(group), entries=entries[::-1])
    missing = GroupReport(stack="worker", problems=("its stack shop-dev-worker is not deployed",))
    return AppReport(app="shop", env="dev", read_at=READ_AT, groups=(web, missing))


@pytest.fixture
def report_of() -> Callable[..., AppReport]:
    """Make reports: ``report_of(hosts)``."""
    return build_report


@pytest.fixture
def account_of() -> Callable[..., Any]:
    """Make what a rollout did that failed on one of its hosts: ``account_of(hosts)``."""

    def make(hosts: int) -> Any:
        return rolled_out(hosts).histories.entries[-1]

    return make
