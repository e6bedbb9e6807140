"""The hosts that there are, and what is done to their containers."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, assert_never

from cdinfra.local.hosts.console import Consoles
from cdinfra.local.hosts.container import Surroundings, container_name, run_arguments
from cdinfra.local.hosts.docker import Docker, DockerError
from cdinfra.local.hosts.facts import InstanceFacts, read_facts
from cdinfra.local.hosts.host import Action, Host, HostState
from cdinfra.local.hosts.image import Images, Target, report_of
from cdinfra.local.hosts.network import Addresses

LOG = logging.getLogger(__name__)
STOP_SECONDS = 60
"""How long a host may take to shut down before it is turned off."""

Routes = Callable[[], Mapping[int, str]]
"""Ports of loopback that lead elsewhere inside of a host, and where to: ``address:port``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetMeans:
    """What a fleet works with.

    Attributes:
        docker: The engine.
        images: The host images.
        around: What all hosts have in common.
        addresses: Their addresses.
        routes: Ports of loopback that lead elsewhere.
        failed: Told of an instance that could not be booted, with the reason.
    """

    docker: Docker
    images: Images
    around: Surroundings
    addresses: Addresses
    routes: Routes
    failed: Callable[[InstanceFacts, str], None]


class Fleet:
    """All hosts of one local cloud.

    Args:
        means: What it works with.
    """

    def __init__(self, means: FleetMeans) -> None:
        self._means = means
        self._lock = Lock()
        self._hosts: dict[str, Host] = {}
        self._instances: dict[str, Any] = {}
        self.consoles = Consoles(means.docker)

    def hosts(self) -> tuple[Host, ...]:
        """Return all hosts, terminated ones too."""
        with self._lock:
            return tuple(self._hosts.values())

    def find(self, instance_id: str) -> Host | None:
        """Return the host of an instance; None where it was never booted."""
        with self._lock:
            return self._hosts.get(instance_id)

    def facts_at(self, address: str) -> InstanceFacts | None:
        """Return what the API says of the instance that has an address."""
        with self._lock:
            found = next((h for h in self._hosts.values() if h.answers_at(address)), None)
            instance = self._instances.get(found.instance_id) if found else None
        return None if instance is None else read_facts(instance)

    def perform(self, action: Action, instance: Any) -> bool:  # noqa: ANN401 - moto's own type
        """Do one thing to one host; what fails leaves it down.

        Args:
            action: What to do.
            instance: moto's instance.

        Returns:
            Whether it was done.
        """
        LOG.info("%s %s", action, instance.id)
        try:
            self._perform(action, instance)
        except DockerError as error:
            LOG.warning("%s of %s failed: %s", action, instance.id, error.message)
            # A host that cannot be stopped is none that runs.
            state = HostState.STOPPED if action is Action.STOP else HostState.DOWN
            self._change(instance.id, state=state, problem=error.message)
            if action is Action.LAUNCH:
                self.consoles.tell(instance.id, report_of(error))
                self._means.failed(read_facts(instance), error.message)
            return False
        return True

    def _perform(self, action: Action, instance: Any) -> None:  # noqa: ANN401 - moto's own type
        docker = self._means.docker
        match action:
            case Action.LAUNCH:
                self._launch(instance)
            case Action.START:
                docker.run("start", self._container(instance.id))
                self._runs(instance.id)
            case Action.STOP:
                self._change(instance.id, state=HostState.STOPPED, problem="")
                self._stop("stop", instance.id)
            case Action.REBOOT:
                self._stop("restart", instance.id)
                self._runs(instance.id)
            case Action.REMOVE:
                self._remove(instance.id)
            case _:
                assert_never(action)

    def _launch(self, instance: Any) -> None:  # noqa: ANN401 - moto's own type
        means = self._means
        facts = read_facts(instance)
        host = Host(
            instance_id=facts.instance_id,
            region=facts.region,
            account=facts.account,
            container=self._container(facts.instance_id),
            address="",
            image_id=facts.image_id,
        )
        with self._lock:
            self._hosts[host.instance_id] = host
            self._instances[host.instance_id] = instance
        address = means.addresses.take()
        host = replace(host, address=address)
        with self._lock:
            self._hosts[host.instance_id] = host
        # The API shows the address under which the host is reached.
        instance.nics[0].private_ip_address = address
        image = means.images.need(Target.BARE if facts.is_bare else Target.READY)
        known = means.routes()
        routes = ",".join(f"{port} {target}" for port, target in known.items())
        means.docker.run(
            *run_arguments(facts, image, around=means.around, address=address, routes=routes)
        )
        self._change(host.instance_id, state=HostState.RUNNING)
        if means.routes() != known:
            self.lay_routes(host)

    def _runs(self, instance_id: str) -> None:
        """Note that a host runs again, and lead it to what came while it did not."""
        self._change(instance_id, state=HostState.RUNNING, problem="")
        if host := self.find(instance_id):
            self.lay_routes(host)

    def _remove(self, instance_id: str) -> None:
        container = self._container(instance_id)
        try:
            self.consoles.keep(instance_id, container)
        except DockerError as error:
            LOG.warning("the console of %s: %s", instance_id, error.message)
        # One that is not there is removed: --force makes no error of it.
        self._means.docker.run("rm", "--force", "--volumes", container)
        if host := self.find(instance_id):
            self._change(instance_id, state=HostState.GONE, problem="")
            self._means.addresses.give_back(host.address)

    def _stop(self, verb: str, instance_id: str) -> None:
        self._means.docker.run(
            *(verb, "--time", str(STOP_SECONDS), self._container(instance_id)),
            seconds=STOP_SECONDS + 60,
        )

    def observe(self, instance_id: str, *, runs: bool) -> None:
        """Take note that a host's container started or ended.

        Args:
            instance_id: Its instance.
            runs: Whether it started.
        """
        host = self.find(instance_id)
        if host is None or host.state in (HostState.GONE, HostState.STOPPED):
            return
        state = HostState.RUNNING if runs else HostState.DOWN
        if host.state is state:
            return
        self._change(instance_id, state=state, problem="" if runs else "its container ended")
        if runs:
            self.lay_routes(host)

    def routes_changed(self) -> None:
        """Lay the routes of every running host anew."""
        for host in self.hosts():
            if host.state is HostState.RUNNING:
                self.lay_routes(host)

    def lay_routes(self, host: Host) -> None:
        """Lay the routes of one host anew.

        Args:
            host: The host.
        """
        lines = "".join(f"{port} {target}\n" for port, target in self._means.routes().items())
        ran = self._means.docker.attempt(
            *("exec", "--interactive", host.container, "/usr/local/sbin/local-host-routes"),
            stdin=lines.encode(),
        )
        if ran.code != 0:
            LOG.warning("routes of %s: %s", host.instance_id, ran.reason)

    def _container(self, instance_id: str) -> str:
        return container_name(self._means.around.cloud, instance_id)

    def _change(self, instance_id: str, *, state: HostState, problem: str = "") -> None:
        with self._lock:
            host = self._hosts.get(instance_id)
            if host is not None and host.state is not HostState.GONE:
                self._hosts[instance_id] = replace(host, state=state, problem=problem)
