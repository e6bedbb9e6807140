"""The local cloud's hosts put together: engine, images, network, metadata, and who compares.

Nothing is made before the first host is needed. Everything that is made carries the label of
its local cloud, and is removed when that ends; what a local cloud that was killed left behind
is removed by the next one of the same folder.
"""

import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from cdinfra.errors import LocalCloudError
from cdinfra.local.cloudformation.services import FindClients
from cdinfra.local.control import WAIT_CONDITION_PATH
from cdinfra.local.control_client import CONTROL_PATH
from cdinfra.local.hosts import moto_instances
from cdinfra.local.hosts.belongings import cloud_name, remove_belongings
from cdinfra.local.hosts.container import LABEL, Surroundings
from cdinfra.local.hosts.docker import INSTALL, Docker, DockerError
from cdinfra.local.hosts.facts import RESOURCE_TAG, STACK_TAG, InstanceFacts, instance_states
from cdinfra.local.hosts.fleet import Fleet, FleetMeans
from cdinfra.local.hosts.group_health import GroupHealth
from cdinfra.local.hosts.host import Host
from cdinfra.local.hosts.image import Images
from cdinfra.local.hosts.instance_connect import InstanceConnect
from cdinfra.local.hosts.instances import instance_state
from cdinfra.local.hosts.metadata.credentials import RoleCredentials
from cdinfra.local.hosts.metadata.service import MetadataService
from cdinfra.local.hosts.metadata.tree import Tree, build_tree
from cdinfra.local.hosts.network import Addresses, HostNetwork, create_network
from cdinfra.local.hosts.reconcile import Reconciler
from cdinfra.local.hosts.registry.settings import REGISTRY_PATH
from cdinfra.local.hosts.watcher import Watcher
from cdinfra.local.listener import make_server

LOG = logging.getLogger(__name__)
POLL_SECONDS = 0.05


CLOSED_TO_HOSTS = f"{CONTROL_PATH}/"
OPEN_TO_HOSTS = (f"{REGISTRY_PATH}/", WAIT_CONDITION_PATH)
"""Of the local cloud's own addresses hosts reach these alone."""

LOOK = "see the log of the local cloud, which `cdinfra local status` names"
AGAIN = "; to try again: `cdinfra local down`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a local cloud is.

    Attributes:
        folder: Its state folder.
        port: Its port on loopback.
        app: What answers there.
    """

    folder: Path
    port: int
    app: Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What hosts stand on, once the first one is needed.

    Attributes:
        network: Their network.
        endpoint: ``address:port`` at which the services answer them.
        addresses: Addresses in it.
        fleet: The hosts.
    """

    network: HostNetwork
    endpoint: str
    addresses: Addresses
    fleet: Fleet


class LocalHosts:
    """Boots the hosts of one local cloud.

    Args:
        docker: The engine.
        place: Where the local cloud is.
        clients: The services of a region and an account.
        routes: Further ports of loopback that lead elsewhere inside of a host, and where to:
            ``address:port``.

    Attributes:
        holds: Whether something still needs the host of an instance that was terminated.
    """

    def __init__(
        self,
        docker: Docker,
        place: Place,
        *,
        clients: FindClients,
        routes: Callable[[], Mapping[int, str]],
    ) -> None:
        self.docker = docker
        self.place = place
        self._clients = clients
        self._routes = routes
        self._lock = Lock()
        self._grounds: Grounds | None = None
        self._servers: list[Any] = []
        self._closers: list[Callable[[], None]] = []
        self.problem = ""
        self.images = Images(docker, say=lambda sentence: LOG.info("%s", sentence))
        self._credentials = RoleCredentials(clients, now=time.time)
        self.instance_connect = InstanceConnect(
            host=self.host, instance_state=instance_state, now=time.time
        )
        self._waiting = Thread(target=self._wait_for_first, daemon=True, name="first-host")
        self._closing = False
        self._swept = Event()
        self.holds: Callable[[str], bool] = lambda _: False

    @cached_property
    def name(self) -> str:
        """The local cloud's name in labels and names; its folder may be gone when it ends."""
        return cloud_name(self.place.folder)

    def start(self) -> None:
        """Remove what a killed predecessor left, and wait for the first instance."""
        self._waiting.start()

    def boots(self) -> bool:
        """Whether hosts boot here; makes what they stand on where it is not there yet."""
        return self.grounds() is not None

    def grounds(self) -> Grounds | None:
        """Return what hosts stand on, made at the first call; None where it cannot be made."""
        # What a predecessor left has the same names.
        self._swept.wait()
        with self._lock:
            if self._grounds is None and not self.problem and not self._closing:
                try:
                    self._grounds = self._make()
                except LocalCloudError as error:
                    self._give_up(error.message)
            return self._grounds

    def need_grounds(self) -> Grounds:
        """Return what hosts stand on, made at the first call.

        Raises:
            DockerError: It cannot be made.
        """
        grounds = self.grounds()
        if grounds is None:
            raise DockerError(self.problem or "the local cloud is ending", hint=LOOK)
        return grounds

    def routes_changed(self) -> None:
        """Lead the hosts' loopback to what has come since they booted."""
        if self._grounds is not None:
            self._grounds.fleet.routes_changed()

    def host(self, instance_id: str) -> Host | None:
        """Return the host of an instance; None where it was never booted.

        Args:
            instance_id: The instance.
        """
        grounds = self._grounds
        return grounds.fleet.find(instance_id) if grounds else None

    def console(self, instance_id: str) -> bytes:
        """Return the end of what a host's console said, also when it is terminated.

        Args:
            instance_id: The instance.
        """
        grounds, host = self._grounds, self.host(instance_id)
        if grounds is None or host is None:
            return b""
        return grounds.fleet.consoles.read(instance_id, host.container)

    def close(self) -> None:
        """End all hosts, and remove all that was made."""
        self._closing = True
        self._waiting.join()
        with self._lock:
            for close in reversed(self._closers):
                close()
            for server in self._servers:
                server.shutdown()
            try:
                # A launch that was under way may bring one more.
                while remove_belongings(self.docker, self.name):
                    pass
            except DockerError as error:
                LOG.warning("what the hosts stood on is left behind: %s", error.message)

    def _give_up(self, why: str) -> None:
        self.problem = why + AGAIN
        LOG.warning("hosts are not booted: %s", self.problem)

    def _wait_for_first(self) -> None:
        try:
            remove_belongings(self.docker, self.name)
        except DockerError as error:
            self._give_up(error.message)
        finally:
            self._swept.set()
        while not self._closing:
            if any(state == "running" for _, _, state, _ in instance_states()):
                self.grounds()
                return
            time.sleep(POLL_SECONDS)

    def _make(self) -> Grounds:
        docker, name = self.docker, self.name
        network = create_network(docker, f"cdinfra-{name}", label=f"{LABEL}={name}")
        addresses = Addresses(network)
        around = Surroundings(
            cloud=name,
            network=network.name,
            endpoint=f"http://127.0.0.1:{self.place.port}",
            metadata=f"{network.gateway}:{self._serve_metadata(network)}",
        )
        # On any port: the local cloud's own may be that of a connection that has just ended.
        endpoint = f"{network.gateway}:{self._serve(network, self.place.app)}"
        fleet = Fleet(
            FleetMeans(
                docker=docker,
                images=self.images,
                around=around,
                addresses=addresses,
                routes=lambda: {
                    self.place.port: endpoint,
                    **self._routes(),
                },
                failed=self._failed,
            )
        )
        grounds = Grounds(network=network, endpoint=endpoint, addresses=addresses, fleet=fleet)
        reconciler = Reconciler(
            fleet,
            also=GroupHealth(fleet.find, now=time.monotonic),
            holds=self.holds,
        )
        watcher = Watcher(docker, name, fleet=fleet, is_busy=reconciler.is_busy)
        moto_instances.install(find=fleet.find, reboot=reconciler.reboot)
        self._closers += [watcher.close, reconciler.close]
        watcher.start()
        reconciler.start()
        return grounds

    def _serve_metadata(self, network: HostNetwork) -> int:
        service = MetadataService(find=self._facts_at, build=self._tree, now=time.monotonic)
        return self._serve(network, service)

    def _serve(self, network: HostNetwork, app: Callable[..., Any]) -> int:
        """Answer the hosts at a port of the gateway; who else comes there is refused."""

        def from_hosts(environ: dict[str, Any], start_response: Any) -> Any:  # noqa: ANN401 - WSGI
            if network.holds(environ["REMOTE_ADDR"]) and is_open_to_hosts(environ["PATH_INFO"]):
                return app(environ, start_response)
            start_response("403 Forbidden", [("Content-Length", "0")])
            return [b""]

        try:
            listener = socket.create_server((network.gateway, 0), backlog=128)
        except OSError as error:
            message = "the Docker engine is not on this machine, where its hosts would reach us"
            raise DockerError(message, hint=INSTALL) from error
        server = make_server(listener, from_hosts)
        Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        self._servers.append(server)
        return int(listener.getsockname()[1])

    def _facts_at(self, address: str) -> InstanceFacts | None:
        grounds = self._grounds
        return grounds.fleet.facts_at(address) if grounds else None

    def _tree(self, facts: InstanceFacts) -> Tree:
        keys = self.instance_connect.active_keys(facts.instance_id)
        return build_tree(facts, credentials=self._credentials.document(facts), active_keys=keys)

    def _failed(self, facts: InstanceFacts, reason: str) -> None:
        """Tell the stack that waits for an instance that it will not come."""
        stack, resource = facts.tags.get(STACK_TAG), facts.tags.get(RESOURCE_TAG)
        if not stack or not resource:
            return
        LOG.warning("%s of %s: %s", resource, stack, reason)
        self._clients(facts.region, facts.account).client("cloudformation").signal_resource(
            StackName=stack,
            LogicalResourceId=resource,
            UniqueId=facts.instance_id,
            Status="FAILURE",
        )


def is_open_to_hosts(path: str) -> bool:
    """Whether hosts may ask for a path: faults and health are for who works with the machine.

    >>> is_open_to_hosts("/"), is_open_to_hosts("/_cdinfra/faults")
    (True, False)
    """
    return not path.startswith(CLOSED_TO_HOSTS) or path.startswith(OPEN_TO_HOSTS)
