from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.scaling_groups import LaunchVersion, ScalingGroup
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.host_answers import Answer, Asked
from cdinfra.deploy.host_report import HostHealth, HostReport
from cdinfra.deploy.host_survey import SeenHost, Survey
from cdinfra.errors import CloudError
from cdinfra.rollout.group_status import Configuration, GroupStatus, group_status
from cdinfra.rollout.read_status import read_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.fake import FakeAws
    from cdinfra.aws.hosts import Host
    from cdinfra.rollout.group import DeployGroup
    from tests.unit.rollout.edges.conftest import Make


def seen(host: Host, **report: Any) -> SeenHost:
    values: dict[str, Any] = {
        "running": (host.release,),
        "health": HostHealth.HEALTHY,
        "agent": "aaa",
    }
    answer = Answer(asked=Asked.ANSWERED, report=HostReport(**(values | report)))
    return SeenHost(host=host, answer=answer)


@pytest.fixture
def status(group: DeployGroup, make: Make) -> Callable[..., GroupStatus]:
    def find(*hosts: SeenHost, scaling: ScalingGroup | None = None, release: str = "") -> Any:
        members = [make.member(each.host.instance_id) for each in hosts]
        found = scaling or make.scaling_group(*members)
        return group_status(group, release or make.old, found, Survey(hosts=hosts))

    return find


def drift(found: GroupStatus) -> dict[str, tuple[str, ...]]:
    return {each.seen.host.instance_id: each.drift for each in found.hosts if each.drift}


def test_hosts_that_are_as_the_group_says_have_not_drifted(
    status: Callable[..., GroupStatus], make: Make
) -> None:
    found = status(seen(make.host("i-1")), seen(make.host("i-2")))
    assert (found.is_drifted, found.drift, drift(found)) == (False, (), {})
    assert {each.configuration for each in found.hosts} == {Configuration.CURRENT}


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        ({"running": ()}, "it runs nothing"),
        ({"running": ("a@1", "b@2")}, "it runs a@1 and b@2"),
        (
            {"health": HostHealth.UNHEALTHY, "problem": "it answers 503"},
            "it is unhealthy: it answers 503",
        ),
        ({"health": HostHealth.DRAINED}, "it is drained"),
    ],
)
def test_what_a_host_runs_is_compared_with_the_groups_release(
    status: Callable[..., GroupStatus], make: Make, report: dict[str, Any], sentence: str
) -> None:
    found = status(seen(make.host("i-1"), **report), seen(make.host("i-2")))
    assert drift(found) == {"i-1": (sentence,)}
    assert found.is_drifted


def test_a_host_that_starts_has_not_drifted(status: Callable[..., GroupStatus], make: Make) -> None:
    assert not status(seen(make.host("i-1"), health=HostHealth.STARTING)).is_drifted


def test_a_group_before_its_first_release_has_not_drifted(group: DeployGroup, make: Make) -> None:
    idle = seen(make.host("i-1", release=""), running=(), health=HostHealth.IDLE)
    scaling = make.scaling_group(make.member("i-1"), tags={"cdinfra:release": ""})
    assert not group_status(group, "", scaling, Survey(hosts=(idle,))).is_drifted


def test_tags_are_compared_with_the_release_of_the_stack(
    status: Callable[..., GroupStatus], make: Make
) -> None:
    found = status(seen(make.host("i-1", release="")), release=make.new)
    assert found.drift == (
        f"its Auto Scaling group gives new hosts {make.old}, and its stack says {make.new}",
    )
    assert drift(found)["i-1"][0] == f"its tag names no release, and the group's is {make.new}"


def test_a_host_of_an_older_launch_template_and_agent_is_told(
    status: Callable[..., GroupStatus], make: Make
) -> None:
    newer = make.host("i-2", launched_at=datetime(2026, 2, 1, tzinfo=UTC))
    scaling = make.scaling_group(make.member("i-1", "1"), make.member("i-2", "2"))
    found = status(seen(make.host("i-1")), seen(newer, agent="bbb"), scaling=scaling)
    assert found.agent == "bbb"
    assert drift(found) == {
        "i-1": (
            "it was launched with version 1 of the launch template, and the group launches with 2",
            "its agent is aaa, and that of the newest host is bbb",
        )
    }
    assert found.hosts[0].configuration is Configuration.OUTDATED


@pytest.mark.parametrize("version", ["$Latest", ""])
def test_a_version_without_a_number_says_nothing_of_hosts(
    status: Callable[..., GroupStatus], make: Make, version: str
) -> None:
    scaling = make.scaling_group(
        make.member("i-1", "1"), launches_with=LaunchVersion(template_id="lt-1", version=version)
    )
    found = status(seen(make.host("i-1")), scaling=scaling)
    assert (found.is_drifted, found.hosts[0].configuration) == (False, Configuration.UNKNOWN)


def test_a_host_that_runs_and_does_not_answer_is_drift_and_one_that_nobody_asked_is_none(
    status: Callable[..., GroupStatus], make: Make
) -> None:
    found = status(
        SeenHost(host=make.host("i-1"), answer=Answer(asked=Asked.OFFLINE)),
        SeenHost(host=make.host("i-2"), answer=Answer(asked=Asked.FAILED, problem="no engine")),
        SeenHost(host=make.host("i-3"), answer=Answer(asked=Asked.NOT_BOOTED)),
        SeenHost(host=make.host("i-4", state="stopped"), answer=Answer(asked=Asked.NOT_ASKED)),
    )
    assert drift(found) == {
        "i-1": ("it does not say what it runs: offline",),
        "i-2": ("it does not say what it runs: failed: no engine",),
    }


def test_a_group_is_read_with_the_hosts_of_its_own_alone(
    aws: FakeAws, group: DeployGroup, make: Make, deployed: Callable[..., None]
) -> None:
    deployed(make.app(make.hosts_stack()), Release=make.old)
    for name, changes in (("i-1", {}), ("i-9", {"deploy_group": "shop-dev-worker"})):
        aws.hosts.add("shop", "dev", make.host(name, **changes))
        aws.commands.answer(name, "nothing")
    aws.scaling_groups.groups[make.scaling] = make.scaling_group(make.member("i-1"))
    clock = Clock(now=aws.clock.now, sleep=aws.clock.sleep)
    found = read_status(aws, group, clock=clock, timeout=5)
    assert [each.seen.host.instance_id for each in found.hosts] == ["i-1"]
    assert "send_command i-1" in aws.commands.calls
    assert (found.release, found.notes) == (make.old, ())


def test_what_cannot_be_read_of_the_scaling_group_is_a_note(
    aws: FakeAws, group: DeployGroup, make: Make, deployed: Callable[..., None]
) -> None:
    deployed(make.app(make.hosts_stack()), Release=make.old)
    aws.scaling_groups.script("describe_scaling_groups", CloudError("no permission"))
    clock = Clock(now=aws.clock.now, sleep=aws.clock.sleep)
    found = read_status(aws, group, clock=clock, timeout=5)
    told = "whether hosts are as their group launches them is not known: no permission"
    assert (found.notes, found.is_drifted) == ((told,), False)
