"""The managed nodes of an account and region: instances whose SSM agent has reported itself.

An agent reports itself when its host has booted, from an image that has one, with the
credentials of an instance profile. Which permissions the profile's role gives is not
checked, as nowhere in the local cloud.
Source: Systems Manager user guide, "Setting up Systems Manager for EC2 instances".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import Lock

from cdinfra.local.hosts.host import GONE, Host, HostState
from cdinfra.local.hosts.platforms import Platform


class PingStatus(StrEnum):
    """Whether an agent answers."""

    ONLINE = "Online"
    CONNECTION_LOST = "ConnectionLost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An instance as EC2 tells of it.

    Attributes:
        instance_id: For example ``i-0abc``.
        state: For example ``running``.
        name: Its private host name.
        address: Its private address.
        has_profile: Whether it has an instance profile.
        tags: Its tags.
        platform: What its image holds.
        launched_at: When it was launched.
    """

    instance_id: str
    state: str
    name: str
    address: str
    has_profile: bool
    tags: Mapping[str, str]
    platform: Platform
    launched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A managed node.

    Attributes:
        instance: The instance.
        ping: Whether its agent answers.
        last_ping: When it was last known to answer.
        container: Name of its host's container.
    """

    instance: Instance
    ping: PingStatus
    last_ping: datetime
    container: str


class ManagedNodes:
    """Tells which instances are managed nodes, and which of them answer.

    Args:
        instances: Returns the instances of the account and region.
        instance: Returns one of them; None where there is none of that id.
        host: Returns the host of an instance; None where it was never booted.
        now: Returns the time of day.
    """

    def __init__(
        self,
        *,
        instances: Callable[[], Iterable[Instance]],
        instance: Callable[[str], Instance | None],
        host: Callable[[str], Host | None],
        now: Callable[[], datetime],
    ) -> None:
        self._instances = instances
        self._instance = instance
        self._host = host
        self._now = now
        self._lock = Lock()
        self._last_seen: dict[str, datetime] = {}

    def nodes(self) -> tuple[Node, ...]:
        """Return the managed nodes, those first that were launched first."""
        found = (self.node(instance) for instance in self._instances())
        return tuple(
            sorted(
                (node for node in found if isinstance(node, Node)),
                key=lambda node: (node.instance.launched_at, node.instance.instance_id),
            )
        )

    def node(self, instance: Instance) -> Node | str:
        """Return an instance as a managed node, or why it is none."""
        if instance.state in GONE:
            return f"it is {instance.state}"
        if not instance.platform.has_agent:
            return f"the image, {instance.platform.name}'s own, has no SSM agent"
        if not instance.has_profile:
            return "it has no instance profile, so its SSM agent has no credentials"
        host = self._host(instance.instance_id)
        if host is None or host.state is HostState.BOOTING:
            return "its host has not booted yet"
        is_online = instance.state == "running" and host.state is HostState.RUNNING
        return Node(
            instance=instance,
            ping=PingStatus.ONLINE if is_online else PingStatus.CONNECTION_LOST,
            last_ping=self._last_ping(instance, is_online=is_online),
            container=host.container,
        )

    def find(self, instance_id: str) -> Node | str:
        """Return an instance, by its id, as a managed node, or why it is none."""
        instance = self._instance(instance_id)
        return "there is no such instance" if instance is None else self.node(instance)

    def _last_ping(self, instance: Instance, *, is_online: bool) -> datetime:
        """Return when an instance's agent was last known to answer."""
        with self._lock:
            if is_online:
                self._last_seen[instance.instance_id] = self._now()
            return self._last_seen.get(instance.instance_id, instance.launched_at)
