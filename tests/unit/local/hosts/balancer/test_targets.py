from dataclasses import replace

import pytest

from cdinfra.local.hosts.balancer.health import (
    DRAINING,
    FIRST_CHECKS,
    HEALTHY,
    NOT_IN_USE,
    NOT_REGISTERED,
    NOT_RUNNING,
    REGISTERING,
    not_carried,
    target_health,
)
from cdinfra.local.hosts.balancer.model import HealthCheck, Target, TargetGroup
from cdinfra.local.hosts.balancer.runtime import ServerState, Traffic
from cdinfra.local.hosts.balancer.targets import (
    Group,
    Phase,
    Tracked,
    advance,
    is_settled,
    wanted_servers,
)

GROUP = TargetGroup(
    arn="web",
    name="web",
    check=HealthCheck(interval_seconds=10, unhealthy_threshold=3),
    deregistration_seconds=20,
)
TARGET = Target(target_id="i-1", port=80, address="10.0.0.1")
KEY = TARGET.key
OK = {"check": "L7OK", "check_status": 200}
BAD = {"check": "L7STS", "check_status": 500}


def after(
    before: Group, *states: ServerState, now: float, registered: tuple[Target, ...] = (TARGET,)
) -> Group:
    known = {state.path: state for state in states}
    return advance(before, registered, GROUP, states=known, now=now)


def server(*, first: bool = False, **settings: object) -> ServerState:
    state = ServerState(backend="web", name=f"{'first.' if first else ''}{KEY}")
    return replace(state, **settings)  # type: ignore[arg-type]


def health(group: Group, target: Target | None = TARGET) -> str:
    return target_health(target, group.get(KEY), is_used=True).state


@pytest.fixture
def serving() -> Group:
    """A target that serves and is sound."""
    group = after({}, now=0)
    return after(group, server(first=True, status="DRAIN", admin=8, **OK), now=1)


def test_a_new_target_gets_no_requests_and_is_tried_often() -> None:
    group = after({}, now=0)
    (wanted,) = wanted_servers(GROUP, group.values())
    assert (wanted.name, wanted.traffic, wanted.interval_seconds) == (
        "first.i-1:80",
        Traffic.NONE,
        2,
    )
    assert health(group) == "initial"
    assert not is_settled(group.values())


def test_one_good_check_makes_it_serve(serving: Group) -> None:
    (wanted,) = wanted_servers(GROUP, serving.values())
    assert (wanted.name, wanted.traffic, wanted.sound, wanted.interval_seconds) == (
        KEY,
        Traffic.SOME,
        True,
        10,
    )
    assert health(serving) == "healthy"
    assert is_settled(serving.values())


def test_bad_checks_make_it_unhealthy_after_the_threshold() -> None:
    group = after({}, now=0)
    group = after(group, server(first=True, **BAD), now=19)
    assert health(group) == "initial"
    group = after(group, server(first=True, **BAD), now=20)
    assert health(group) == "unhealthy"
    (wanted,) = wanted_servers(GROUP, group.values())
    assert (wanted.sound, wanted.traffic) == (False, Traffic.SOME)


def test_a_target_that_was_never_tried_stays_initial() -> None:
    group = after({}, now=0)
    assert health(after(group, server(first=True, check="INI"), now=100)) == "initial"


def test_a_serving_target_is_what_haproxy_finds_it(serving: Group) -> None:
    group = after(serving, server(status="DOWN", **BAD), now=5)
    assert health(group) == "unhealthy"
    assert target_health(TARGET, group[KEY], is_used=True).reason == "Target.ResponseCodeMismatch"
    group = after(group, server(status="DOWN 1/5", **OK), now=6)
    assert health(group) == "unhealthy"
    assert health(after(group, server(status="UP", **OK), now=7)) == "healthy"


def test_a_server_that_was_made_anew_keeps_what_was_known(serving: Group) -> None:
    group = after(serving, server(status="DOWN", **BAD), now=5)
    group = after(group, server(status="DOWN", check="INI"), now=6)
    assert target_health(TARGET, group[KEY], is_used=True).reason == "Target.ResponseCodeMismatch"


def test_silence_changes_nothing(serving: Group) -> None:
    group = advance(serving, (TARGET,), GROUP, states=None, now=50)
    assert health(group) == "healthy"
    assert health(after(group, now=51)) == "healthy"


def test_a_target_that_leaves_drains_until_nothing_runs_on_it(serving: Group) -> None:
    group = after(serving, server(sessions=0), now=30, registered=())
    assert health(group, None) == "draining"
    (wanted,) = wanted_servers(GROUP, group.values())
    assert wanted.traffic is Traffic.NONE
    assert not is_settled(group.values())

    group = after(group, server(sessions=1, admin=8), now=31, registered=())
    assert [*wanted_servers(GROUP, group.values())]
    group = after(group, server(sessions=0, admin=8), now=32, registered=())
    assert [*wanted_servers(GROUP, group.values())] == []
    assert is_settled(group.values())
    assert health(group, None) == "draining"

    assert health(after(group, now=49, registered=()), None) == "draining"
    assert after(group, now=50, registered=()) == {}
    assert target_health(None, None, is_used=True) == NOT_REGISTERED


def test_sessions_that_were_there_before_the_drain_do_not_count_as_drained(
    serving: Group,
) -> None:
    group = after(serving, server(), now=30, registered=())
    group = after(group, server(sessions=0, admin=0), now=31, registered=())
    assert not group[KEY].is_drained


def test_a_target_that_never_served_has_nothing_to_drain() -> None:
    group = after(after({}, now=0), server(first=True), now=1, registered=())
    assert [*wanted_servers(GROUP, group.values())] == []
    assert health(group, None) == "draining"


def test_a_drain_ends_when_its_time_is_over_whatever_runs(serving: Group) -> None:
    group = after(serving, server(sessions=1), now=30, registered=())
    assert after(group, server(sessions=1, admin=8), now=50, registered=()) == {}


def test_a_sound_target_that_comes_back_while_it_drains_serves_on(serving: Group) -> None:
    leaving = after(serving, server(sessions=1, **OK), now=30, registered=())
    leaving = after(leaving, server(sessions=1, admin=8, **OK), now=31, registered=())
    assert health(after(leaving, now=32)) == "healthy"
    gone = after(leaving, server(sessions=0, admin=8, **OK), now=32, registered=())
    assert health(after(gone, now=33)) == "initial"


def test_a_target_that_cannot_be_reached_has_no_server(serving: Group) -> None:
    stopped = replace(TARGET, is_running=False)
    group = after(serving, server(), now=5, registered=(stopped,))
    assert [*wanted_servers(GROUP, group.values())] == []
    assert target_health(stopped, group[KEY], is_used=True) == NOT_RUNNING
    assert is_settled(group.values())
    assert health(after(group, now=9)) == "initial"


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        ("L7TOUT", "Target.Timeout"),
        ("L4TOUT", "Target.Timeout"),
        ("L4CON", "Target.FailedHealthChecks"),
        ("L7RSP", "Target.FailedHealthChecks"),
    ],
)
def test_the_reason_is_that_of_the_last_check(check: str, reason: str) -> None:
    state = server(check=check, status="DOWN")
    tracked = Tracked(target=TARGET, phase=Phase.SERVING, since=0, state=state)
    assert target_health(TARGET, tracked, is_used=True).reason == reason


def test_a_group_that_is_not_carried_says_so() -> None:
    health = not_carried("stickiness")
    assert (health.state, health.reason) == ("unavailable", "Elb.InternalError")
    assert health.description == "the local cloud does not carry stickiness"


def test_what_is_not_tried_says_why() -> None:
    tracked = Tracked(target=TARGET, since=0)
    assert target_health(TARGET, tracked, is_used=False) == NOT_IN_USE
    assert target_health(TARGET, None, is_used=True) == REGISTERING
    assert target_health(TARGET, tracked, is_used=True) == REGISTERING
    known = replace(tracked, state=server(first=True))
    assert target_health(TARGET, known, is_used=True) == FIRST_CHECKS
    sound = replace(tracked, phase=Phase.SERVING, sound=True)
    assert target_health(TARGET, sound, is_used=True) == HEALTHY
    assert target_health(None, sound, is_used=True) == DRAINING
