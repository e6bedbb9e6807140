from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from cdinfra.local.clock import Clock
from cdinfra.local.hosts.balancer.configuration import CONFIGURATION
from cdinfra.local.hosts.balancer.keeper import Keeper
from cdinfra.local.hosts.balancer.model import (
    Balancer,
    FixedResponse,
    Forward,
    Listener,
    Rule,
    Share,
    Target,
    TargetGroup,
)
from cdinfra.local.hosts.balancer.runtime import Observation, ServerState
from cdinfra.local.hosts.docker import DockerError

TARGET = Target(target_id="i-1", port=80, address="10.0.0.1")
RULE = Rule(action=Forward(shares=(Share(group="web"),)))
GROUP = TargetGroup(arn="web", name="web", deregistration_seconds=20)
BALANCER = Balancer(arn="lb", listeners=(Listener(port=80, rules=(RULE,)),), groups=(GROUP,))


@dataclass
class FakeContainer:
    """HAProxy as far as a keeper sees it: servers that were added are there and sound."""

    calls: list[str] = field(default_factory=list)
    files: Mapping[str, str] = field(default_factory=dict)
    worker: int = 0
    servers: dict[str, ServerState] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    refuses: str = ""
    is_silent: bool = False

    def run(self, files: Mapping[str, str], ports: Sequence[int]) -> None:
        self.calls.append(f"run {list(ports)}")
        if self.refuses:
            raise DockerError(self.refuses)
        self._begin(files)

    def reload(self, files: Mapping[str, str], worker: int) -> None:
        assert worker == self.worker
        self.calls.append("reload")
        if self.refuses:
            raise DockerError(self.refuses)
        self._begin(files)

    def _begin(self, files: Mapping[str, str]) -> None:
        self.files, self.is_silent = files, False
        self.worker += 1
        lines = [line.split() for line in files[CONFIGURATION].splitlines()]
        names = [words[1] for words in lines if words[:1] == ["server"]]
        self.servers = {
            f"web/{name}": ServerState(backend="web", name=name, check="L7OK") for name in names
        }

    def observe(self) -> Observation | None:
        self.calls.append("observe")
        if self.is_silent:
            return None
        return Observation(worker=self.worker, servers=dict(self.servers))

    def is_running(self) -> bool:
        return not self.is_silent

    def command(self, lines: Iterable[str]) -> str:
        joined = ";".join(lines)
        self.commands += joined.split(";") if joined else []
        for command in joined.split(";"):
            words = command.split()
            if words[:2] == ["add", "server"]:
                backend, _, name = words[2].partition("/")
                self.servers[words[2]] = ServerState(backend=backend, name=name, check="L7OK")
            if words[:2] == ["del", "server"]:
                del self.servers[words[2]]
        return ""

    def remove(self) -> None:
        self.calls.append("remove")


class Time:
    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def container() -> FakeContainer:
    return FakeContainer()


@pytest.fixture
def keeper(container: FakeContainer, time: Time) -> Keeper:
    fake: Any = container
    return Keeper(lambda: fake, clock=Clock(now=time.now, sleep=lambda _: None))


@pytest.fixture
def serving(keeper: Keeper, container: FakeContainer, time: Time) -> Keeper:
    """A keeper whose load balancer runs and has one sound target."""
    for _ in range(4):
        keeper.keep(BALANCER, {"web": (TARGET,)})
        time.seconds += 1
    assert keeper.view.groups["web"]["i-1:80"].sound
    assert [*container.servers] == ["web/i-1:80"]
    container.calls.clear()
    container.commands.clear()
    return keeper


def test_the_container_is_made_when_the_ports_have_settled(
    keeper: Keeper, container: FakeContainer
) -> None:
    keeper.keep(BALANCER, {})
    assert container.calls == []
    both = Balancer(arn="lb", listeners=(*BALANCER.listeners, Listener(port=443, rules=(RULE,))))
    keeper.keep(both, {})
    assert container.calls == []
    keeper.keep(both, {})
    assert container.calls[0] == "run [80, 443]"
    assert keeper.view.ports == (80, 443)


def test_while_all_targets_serve_haproxy_is_asked_seldom(
    serving: Keeper, container: FakeContainer, time: Time
) -> None:
    for _ in range(10):
        serving.keep(BALANCER, {"web": (TARGET,)})
        time.seconds += 1
    assert 2 <= len(container.calls) <= 3
    assert set(container.calls) == {"observe"}


def test_another_rule_is_a_reload_that_trusts_the_sound_targets(
    serving: Keeper, container: FakeContainer
) -> None:
    other = Rule(action=FixedResponse(status=404))
    changed = Balancer(
        arn="lb", listeners=(Listener(port=80, rules=(RULE, other)),), groups=(GROUP,)
    )
    serving.keep(changed, {"web": (TARGET,)})
    assert container.calls[:2] == ["observe", "reload"]
    assert "server i-1:80 10.0.0.1:80 check" in container.files[CONFIGURATION]
    assert container.commands == ["set server web/i-1:80 health up"]


def test_a_reload_that_fails_leaves_what_runs(
    serving: Keeper, container: FakeContainer, time: Time
) -> None:
    other = Rule(action=FixedResponse(status=404))
    changed = Balancer(
        arn="lb", listeners=(Listener(port=80, rules=(RULE, other)),), groups=(GROUP,)
    )
    container.refuses = "no"
    serving.keep(changed, {"web": (TARGET,)})
    assert (serving.view.ports, serving.view.problem) == ((80,), "no")
    assert "run [80]" not in container.calls

    container.refuses = ""
    time.seconds += 10
    serving.keep(changed, {"web": (TARGET,)})
    assert serving.view.problem == ""


def test_another_port_is_another_container_with_the_same_targets(
    serving: Keeper, container: FakeContainer
) -> None:
    two = Balancer(
        arn="lb",
        listeners=(*BALANCER.listeners, Listener(port=81, rules=(RULE,))),
        groups=(GROUP,),
    )
    serving.keep(two, {"web": (TARGET,)})
    assert serving.view.ports == ()
    serving.keep(two, {"web": (TARGET,)})
    assert container.calls[0] == "run [80, 81]"
    assert [*container.servers] == ["web/i-1:80"]
    assert serving.view.groups["web"]["i-1:80"].sound


def test_what_fails_is_told_and_tried_again_later(
    keeper: Keeper, container: FakeContainer, time: Time
) -> None:
    container.refuses = "port 80 is taken"
    for _ in range(3):
        keeper.keep(BALANCER, {})
    assert container.calls == ["run [80]"]
    assert (keeper.view.ports, keeper.view.problem) == ((), "port 80 is taken")

    container.refuses = ""
    time.seconds += 10
    keeper.keep(BALANCER, {})
    assert (keeper.view.ports, keeper.view.problem) == ((80,), "")


def test_a_container_that_somebody_ended_is_made_anew(
    serving: Keeper, container: FakeContainer, time: Time
) -> None:
    container.is_silent = True
    for _ in range(20):
        serving.keep(BALANCER, {"web": (TARGET,)})
        time.seconds += 1
    assert container.calls.count("run [80]") == 1
    assert [*container.servers] == ["web/i-1:80"]
    assert serving.view.groups["web"]["i-1:80"].sound


def test_without_a_listener_there_is_no_container(
    serving: Keeper, container: FakeContainer
) -> None:
    serving.keep(Balancer(arn="lb"), {})
    assert container.calls == ["remove"]
    assert (serving.view.ports, serving.view.groups) == ((), {})


def test_what_was_removed_is_not_made_again(serving: Keeper, container: FakeContainer) -> None:
    serving.remove()
    for _ in range(3):
        serving.keep(BALANCER, {})
    assert container.calls == ["remove"]


def test_what_is_not_carried_is_the_problem(keeper: Keeper) -> None:
    keeper.keep(Balancer(arn="lb", problem="a listener of protocol TCP"), {})
    assert keeper.view.problem == "the local cloud does not carry a listener of protocol TCP"


def test_who_asks_for_the_health_gets_what_is_at_most_a_second_old(
    serving: Keeper, container: FakeContainer, time: Time
) -> None:
    registered = {"web": (TARGET,)}
    time.seconds += 2
    serving.refresh(BALANCER, registered)
    serving.refresh(BALANCER, registered)
    assert container.calls == ["observe"]
