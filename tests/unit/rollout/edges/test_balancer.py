from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.target_groups import Target, TargetHealth
from cdinfra.errors import CloudError
from cdinfra.rollout.balancer import AwsBalancer
from cdinfra.rollout.ports import TargetStanding, TargetState

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.fake import FakeAws
    from cdinfra.rollout.group import DeployGroup
    from tests.unit.rollout.edges.conftest import Make

WEB, API = "arn:aws:…:targetgroup/web/1", "arn:aws:…:targetgroup/api/2"


def health(
    arn: str, instance_id: str, state: str = "healthy", reason: str = "", port: int = 80
) -> TargetHealth:
    return TargetHealth(
        target_id=instance_id, target_group=arn, port=port, state=state, reason=reason
    )


@pytest.fixture
def balancer(
    aws: FakeAws, group: DeployGroup, make: Make, deployed: Callable[..., None]
) -> AwsBalancer:
    deployed(make.app(make.hosts_stack()))
    aws.scaling_groups.groups[make.scaling] = make.scaling_group(target_groups=(WEB, API))
    aws.target_groups.delays = {WEB: 30, API: 120}
    aws.target_groups.health = {arn: (health(arn, "i-1"), health(arn, "i-2")) for arn in (WEB, API)}
    return AwsBalancer(aws, group)


def test_a_group_without_target_groups_has_no_balancer(
    aws: FakeAws, group: DeployGroup, make: Make, deployed: Callable[..., None]
) -> None:
    deployed(make.app(make.hosts_stack()))
    balancer = AwsBalancer(aws, group)
    assert (balancer.is_there, balancer.drain_seconds) == (False, 0.0)
    host = make.host("i-1")
    balancer.deregister([host])
    balancer.register([host])
    assert balancer.states([host]) == {"i-1": TargetStanding(state=TargetState.ABSENT)}


def test_the_longest_delay_of_all_target_groups_counts(balancer: AwsBalancer) -> None:
    assert (balancer.is_there, balancer.drain_seconds) == (True, 120.0)


def test_a_host_leaves_all_target_groups_and_comes_back_to_all(
    balancer: AwsBalancer, aws: FakeAws, make: Make
) -> None:
    first, second = make.host("i-1"), make.host("i-2")
    balancer.deregister([first])
    states = balancer.states([first, second])
    assert {name: each.state for name, each in states.items()} == {
        "i-1": TargetState.DRAINING,
        "i-2": TargetState.HEALTHY,
    }
    aws.target_groups.health = {arn: (health(arn, "i-2"),) for arn in (WEB, API)}
    assert balancer.states([first])["i-1"].state is TargetState.ABSENT
    balancer.register([first])
    assert balancer.states([first])["i-1"].state is TargetState.COMING


def test_a_host_that_drains_or_is_gone_is_not_deregistered_again(
    balancer: AwsBalancer, aws: FakeAws, make: Make
) -> None:
    host = make.host("i-1")
    balancer.deregister([host])
    calls = len([each for each in aws.target_groups.calls if each.startswith("deregister")])
    balancer.deregister([host, make.host("i-9")])
    assert len([each for each in aws.target_groups.calls if each.startswith("dereg")]) == calls


def test_a_host_comes_back_at_the_ports_that_it_had(
    balancer: AwsBalancer, aws: FakeAws, make: Make
) -> None:
    registered: list[tuple[Target, ...]] = []
    aws.target_groups.health[WEB] = (health(WEB, "i-1", port=80), health(WEB, "i-1", port=81))
    aws.target_groups.health[API] = ()
    balancer.deregister([make.host("i-1")])
    register = aws.target_groups.register

    def recording(arn: str, targets: tuple[Target, ...]) -> None:
        registered.append(tuple(targets))
        register(arn, targets)

    aws.target_groups.register = recording  # type: ignore[method-assign, assignment]
    balancer.register([make.host("i-1")])
    # Where nothing is known of it, it gets the target group's own port.
    assert registered == [
        (Target(target_id="i-1", port=80), Target(target_id="i-1", port=81)),
        (Target(target_id="i-1"),),
    ]


@pytest.mark.parametrize(
    ("web", "api", "state", "reason"),
    [
        (("healthy", ""), ("healthy", ""), TargetState.HEALTHY, ""),
        (("healthy", ""), ("initial", "Elb.X"), TargetState.COMING, "Elb.X"),
        (("unhealthy", "Target.Timeout"), ("initial", ""), TargetState.UNHEALTHY, "Target.Timeout"),
        (("draining", ""), ("healthy", ""), TargetState.DRAINING, ""),
        (("unhealthy.draining", ""), ("healthy", ""), TargetState.UNHEALTHY, ""),
        (("healthy", ""), None, TargetState.COMING, "it is not in all of its target groups"),
        (None, None, TargetState.ABSENT, ""),
        (("unused", "Target.NotRegistered"), None, TargetState.ABSENT, ""),
        (("healthy", ""), ("unused", "Target.NotInUse"), TargetState.HEALTHY, ""),
        (None, ("unused", "Target.NotInUse"), TargetState.ABSENT, ""),
        (
            ("unused", "Target.NotInUse"),
            ("unused", "Target.NotInUse"),
            TargetState.HEALTHY,
            "no listener forwards to it",
        ),
        (
            ("unused", "Target.InvalidState"),
            ("healthy", ""),
            TargetState.UNHEALTHY,
            "Target.InvalidState",
        ),
        (("of tomorrow", ""), ("healthy", ""), TargetState.UNHEALTHY, ""),
    ],
)
def test_what_target_groups_think_together(  # noqa: PLR0917 - fixtures and a row of the table
    balancer: AwsBalancer,
    aws: FakeAws,
    make: Make,
    web: tuple[str, str] | None,
    api: tuple[str, str] | None,
    state: TargetState,
    reason: str,
) -> None:
    aws.target_groups.health = {
        arn: (health(arn, "i-1", *thought),) if thought else ()
        for arn, thought in ((WEB, web), (API, api))
    }
    found = balancer.states([make.host("i-1")])
    assert found == {"i-1": TargetStanding(state=state, reason=reason)}


def test_calls_grow_with_target_groups_and_not_with_hosts(
    balancer: AwsBalancer, aws: FakeAws, make: Make
) -> None:
    hosts = [make.host(f"i-{number}") for number in range(1000)]
    for arn in (WEB, API):
        aws.target_groups.health[arn] = tuple(health(arn, each.instance_id) for each in hosts)
    balancer.deregister(hosts)
    balancer.states(hosts)
    balancer.register(hosts)
    assert len(aws.scaling_groups.calls) == 1
    names = [each.split(" ", 1)[0] for each in aws.target_groups.calls]
    assert {name: names.count(name) for name in names} == {
        "describe_target_health": 4,
        "deregister": 2,
        "register": 2,
    }


def test_a_stack_that_is_gone_is_told(aws: FakeAws, group: DeployGroup) -> None:
    with pytest.raises(CloudError, match="shop-dev-web is not there any more"):
        _ = AwsBalancer(aws, group).is_there
