"""Keeps one load balancer's container as the API has the load balancer."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from cdinfra.local.clock import Clock
from cdinfra.local.hosts.balancer.configuration import build_files
from cdinfra.local.hosts.balancer.container import BalancerContainer
from cdinfra.local.hosts.balancer.model import Balancer, Target
from cdinfra.local.hosts.balancer.runtime import (
    Observation,
    Server,
    Traffic,
    build_commands,
    command_lines,
    trust_command,
)
from cdinfra.local.hosts.balancer.targets import Group, advance, is_settled, wanted_servers
from cdinfra.local.hosts.docker import DockerError

LOG = logging.getLogger(__name__)

SOON_SECONDS = 1.0
"""How old what HAProxy said may be while a target is on its way in or out."""

LATER_SECONDS = 5.0
"""How old it may be while all targets serve."""

SILENT_SECONDS = 8.0
"""For how long HAProxy may not answer before its container is made anew."""

AGAIN_SECONDS = 10.0
"""When what failed is tried again."""

Registered = Mapping[str, Sequence[Target]]
"""What is registered, by the ARN of its target group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is known of a load balancer; replaced as a whole, so it can be read at any time.

    Attributes:
        groups: Its target groups' targets, by ARN.
        ports: The ports that its container serves.
        problem: Why it does not.
        seen: When HAProxy last answered.
    """

    groups: Mapping[str, Group] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    problem: str = ""
    seen: float = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the container was given.

    Attributes:
        ports: The ports that it publishes.
        structure: HAProxy's files, without servers.
    """

    ports: tuple[int, ...]
    structure: Mapping[str, str]


class Keeper:
    """Keeps one container.

    Args:
        make_container: Makes what runs HAProxy, at the first need.
        clock: Time.
    """

    def __init__(self, make_container: Callable[[], BalancerContainer], *, clock: Clock) -> None:
        self._make_container = make_container
        self._clock = clock
        self._lock = Lock()
        self._container: BalancerContainer | None = None
        self._loaded: Loaded | None = None
        self._asked_ports: tuple[int, ...] = ()
        self._known: Registered | None = None
        self._retry_at = float("-inf")
        self._is_removed = False
        self.view = View()

    def keep(self, balancer: Balancer, registered: Registered) -> None:
        """Bring the container in line.

        Args:
            balancer: The load balancer as it shall be.
            registered: Its targets.
        """
        with self._lock:
            if not self._is_removed:
                self._try(lambda: self._keep(balancer, registered))

    def refresh(self, balancer: Balancer, registered: Registered) -> None:
        """See what HAProxy says now, unless it was asked a moment ago or is being worked on.

        Args:
            balancer: The load balancer as it shall be.
            registered: Its targets.
        """
        if self._age() < SOON_SECONDS or not self._lock.acquire(blocking=False):
            return
        try:
            if self._loaded is not None:
                self._try(lambda: self._follow(balancer, registered))
        finally:
            self._lock.release()

    def remove(self) -> None:
        """Remove the container for good; what fails is removed with all others at the end."""
        with self._lock:
            self._is_removed = True
            try:
                self._drop()
            except DockerError as error:
                LOG.warning("load balancer: %s", error.message)

    def _try(self, work: Callable[[], None]) -> None:
        if self._clock.now() < self._retry_at:
            return
        try:
            work()
        except DockerError as error:
            LOG.warning("load balancer: %s", error.message)
            self._retry_at = self._clock.now() + AGAIN_SECONDS
            self._show(problem=error.message)

    def _keep(self, balancer: Balancer, registered: Registered) -> None:
        if balancer.problem or not balancer.ports:
            self._drop()
            self._show(groups={}, ports=(), problem=_not_carried(balancer.problem))
            return
        structure = build_files(balancer, {}).texts
        if self._loaded is None or self._loaded.ports != balancer.ports:
            if self._asked_ports != balancer.ports:
                # Listeners come in pairs: wait for the second before the container is made.
                self._asked_ports = balancer.ports
                self._show(ports=())
                return
            self._run(balancer, structure)
        elif self._loaded.structure != structure:
            self._reload(balancer, structure)
        if self._is_due(registered):
            self._follow(balancer, registered)

    def _run(self, balancer: Balancer, structure: Mapping[str, str]) -> None:
        self._loaded = None
        self._show(ports=())
        if self._container is None:
            self._container = self._make_container()
        trusted = self._trusted(balancer)
        self._container.run(_files(balancer, trusted), balancer.ports)
        self._container.command(command_lines(map(trust_command, trusted)))
        self._loaded = Loaded(ports=balancer.ports, structure=structure)
        self._known = None
        self._show(ports=balancer.ports, problem="", seen=self._clock.now())

    def _reload(self, balancer: Balancer, structure: Mapping[str, str]) -> None:
        container, trusted = self._needed(), self._trusted(balancer)
        seen = container.observe()
        if seen is None:
            raise DockerError("HAProxy does not answer")
        container.reload(_files(balancer, trusted), seen.worker)
        container.command(command_lines(map(trust_command, trusted)))
        self._loaded = Loaded(ports=balancer.ports, structure=structure)
        self._known = None
        self._show(problem="")

    def _trusted(self, balancer: Balancer) -> list[Server]:
        """Return the servers that HAProxy may trust from its first moment."""
        wanted = _wanted(balancer, self.view.groups)
        return [each for each in wanted if each.sound and each.traffic is Traffic.SOME]

    def _is_due(self, registered: Registered) -> bool:
        if registered != self._known:
            return True
        settled = all(is_settled(group.values()) for group in self.view.groups.values())
        return self._age() >= (LATER_SECONDS if settled else SOON_SECONDS)

    def _age(self) -> float:
        return self._clock.now() - self.view.seen

    def _follow(self, balancer: Balancer, registered: Registered) -> None:
        """Take note of what HAProxy says, and tell it what is to be otherwise."""
        container, now = self._needed(), self._clock.now()
        seen = container.observe()
        states = seen.servers if seen else None
        groups = {
            group.arn: advance(
                self.view.groups.get(group.arn, {}),
                registered.get(group.arn, ()),
                group,
                states=states,
                now=now,
            )
            for group in balancer.groups
        }
        self._known = registered
        if seen is not None:
            self._order(container, seen, _wanted(balancer, groups))
        # Only now: who reads that a target is healthy may send it requests.
        self._show(groups=groups, seen=now if seen else self.view.seen)
        if seen is None and self._age() > SILENT_SECONDS and not container.is_running():
            # Somebody ended its container: the next round makes it anew.
            self._loaded = None
            self._show(ports=())

    def _order(
        self, container: BalancerContainer, seen: Observation, wanted: Iterable[Server]
    ) -> None:
        lines = [*command_lines(build_commands(wanted, seen.servers))]
        if lines:
            said = container.command(lines).strip()
            LOG.debug("%s -> %s", lines, said)

    def _needed(self) -> BalancerContainer:
        if self._container is None:
            raise DockerError("the load balancer has no container")
        return self._container

    def _drop(self) -> None:
        if self._container is not None and self._loaded is not None:
            self._container.remove()
        self._loaded = None
        self._asked_ports = ()

    def _show(
        self,
        *,
        groups: Mapping[str, Group] | None = None,
        ports: tuple[int, ...] | None = None,
        problem: str | None = None,
        seen: float | None = None,
    ) -> None:
        view = self.view
        self.view = View(
            groups=view.groups if groups is None else groups,
            ports=view.ports if ports is None else ports,
            problem=view.problem if problem is None else problem,
            seen=view.seen if seen is None else seen,
        )


def _wanted(balancer: Balancer, groups: Mapping[str, Group]) -> list[Server]:
    return [
        server
        for group in balancer.groups
        if not group.problem
        for server in wanted_servers(group, groups.get(group.arn, {}).values())
    ]


def _files(balancer: Balancer, trusted: Iterable[Server]) -> Mapping[str, str]:
    servers: dict[str, list[Server]] = {}
    for server in trusted:
        servers.setdefault(server.backend, []).append(server)
    return build_files(balancer, servers).texts


def _not_carried(problem: str) -> str:
    return problem and f"the local cloud does not carry {problem}"
