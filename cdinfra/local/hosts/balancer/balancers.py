"""All load balancers of a local cloud: compared with the API again and again."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any

from cdinfra.local.clock import Clock
from cdinfra.local.hosts.balancer.addresses import choose_address, is_taken, somebody_answers
from cdinfra.local.hosts.balancer.container import BalancerContainer, Setting
from cdinfra.local.hosts.balancer.health import TargetHealth, not_carried, target_health
from cdinfra.local.hosts.balancer.keeper import Keeper, Registered, View
from cdinfra.local.hosts.balancer.model import Balancer
from cdinfra.local.hosts.balancer.read import (
    AddressOf,
    balancers,
    read_balancer,
    read_group,
    read_targets,
)
from cdinfra.local.hosts.docker import Docker
from cdinfra.local.hosts.rounds import Rounds

LOG = logging.getLogger(__name__)
TICK_SECONDS = 0.25
OWN_SECONDS = 5.0
"""How long a port may be its own container's that is being removed."""

AT_ONCE = 4
"""Load balancers that are worked on at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What load balancers stand on.

    Attributes:
        image: Image with HAProxy.
        network: Name of the hosts' network.
        take_address: Gives out an address in it.
    """

    image: str
    network: str
    take_address: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What load balancers work with.

    Attributes:
        docker: The engine.
        cloud: Name of the local cloud.
        ground: Makes what they stand on, at the first need; raises ``DockerError``.
        address_of: The addresses of instances.
        clock: Time.
    """

    docker: Docker
    cloud: str
    ground: Callable[[], Ground]
    address_of: AddressOf
    clock: Clock


class Balancers:
    """Runs the load balancers.

    Args:
        means: What it works with.
        is_taken: Whether somebody has a port at an address.
    """

    def __init__(self, means: Means, *, is_taken: Callable[[str, int], bool] = is_taken) -> None:
        self._means = means
        self._is_taken = is_taken
        self._lock = Lock()
        self._keepers: dict[str, Keeper] = {}
        self._addresses: dict[str, str] = {}
        self._busy: set[str] = set()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="balancer")
        self._rounds = Rounds(self.tick, name="load balancers", seconds=TICK_SECONDS)

    def start(self) -> None:
        """Begin."""
        self._rounds.start()

    def close(self) -> None:
        """Stop; the containers are removed with all others of the local cloud."""
        self._rounds.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def address(self, arn: str) -> str:
        """Return a load balancer's address on the machine's loopback.

        Args:
            arn: Its ARN, of which only what the same template makes again matters.
        """
        with self._lock:
            if arn not in self._addresses:
                name = f"{self._means.cloud} {arn.rpartition('/')[0]}"
                taken = self._addresses.values()
                self._addresses[arn] = choose_address(name, taken, answers=somebody_answers)
            return self._addresses[arn]

    def can_have(self, arn: str, port: int) -> bool:
        """Whether a load balancer can have a port, as far as the machine's loopback tells.

        Its own container may still have it for a moment, after a listener was deleted.

        Args:
            arn: Its ARN.
            port: The port of a listener that is to be made.
        """
        address, clock = self.address(arn), self._means.clock
        deadline = clock.now() + OWN_SECONDS
        while port not in self.view(arn).ports and self._is_taken(address, port):
            if clock.now() >= deadline:
                return False
            clock.sleep(TICK_SECONDS)
        return True

    def view(self, arn: str) -> View:
        """Return what is known of a load balancer.

        Args:
            arn: Its ARN.
        """
        with self._lock:
            keeper = self._keepers.get(arn)
        return keeper.view if keeper else View()

    def holds(self, instance_id: str) -> bool:
        """Whether requests may still run on an instance that left its target groups.

        An Auto Scaling group takes an instance out of its target groups and terminates it
        when it is drained. One that is terminated by itself is gone at once.

        Args:
            instance_id: The instance.
        """
        return any(
            instance_id in backend.target_groups[arn].deregistered_targets
            for backend, given in balancers()
            for arn, group in self.view(given.arn).groups.items()
            if arn in backend.target_groups
            and any(
                each.target.target_id == instance_id and each.may_run for each in group.values()
            )
        )

    def group_health(self, backend: Any, group: Any) -> Mapping[str, TargetHealth]:  # noqa: ANN401 - moto's own types
        """Return how the targets of a group are, by ``id:port``; draining ones too.

        Args:
            backend: moto's backend.
            group: moto's target group.
        """
        targets = read_targets(backend, group, self._means.address_of)
        registered = {target.key: target for target in targets}
        if problem := read_group(group).problem:
            return dict.fromkeys(registered, not_carried(problem))
        view, given = View(), _user_of(backend, group.arn)
        if given is not None:
            balancer = read_balancer(backend, given)
            keeper = self._keeper(given.arn)
            keeper.refresh(balancer, self._registered(backend, balancer))
            view = keeper.view
        tracked = view.groups.get(group.arn, {})
        return {
            key: target_health(registered.get(key), tracked.get(key), is_used=given is not None)
            for key in {**registered, **tracked}
        }

    def tick(self) -> None:
        """Compare once, and begin what is to be done; one that is slow holds up no other."""
        there = set()
        for backend, given in balancers():
            there.add(given.arn)
            with self._lock:
                if given.arn in self._busy:
                    continue
                self._busy.add(given.arn)
            self._pool.submit(self._bring_in_line, backend, given)
        with self._lock:
            gone = [self._keepers.pop(arn) for arn in self._keepers.keys() - there]
            for arn in self._addresses.keys() - there:
                del self._addresses[arn]
        for keeper in gone:
            self._pool.submit(keeper.remove)

    def _bring_in_line(self, backend: Any, given: Any) -> None:  # noqa: ANN401 - moto's own types
        try:
            balancer = read_balancer(backend, given)
            self._keeper(given.arn).keep(balancer, self._registered(backend, balancer))
        except Exception:  # the edge of a thread: nobody else would hear of it
            LOG.exception("%s could not be compared with the API", given.arn)
        finally:
            with self._lock:
                self._busy.discard(given.arn)

    def _registered(self, backend: Any, balancer: Balancer) -> Registered:  # noqa: ANN401 - moto's own type
        groups = [backend.target_groups.get(group.arn) for group in balancer.groups]
        return {
            group.arn: tuple(read_targets(backend, group, self._means.address_of))
            for group in groups
            if group is not None
        }

    def _keeper(self, arn: str) -> Keeper:
        with self._lock:
            if arn not in self._keepers:
                self._keepers[arn] = Keeper(
                    lambda: self._make_container(arn), clock=self._means.clock
                )
            return self._keepers[arn]

    def _make_container(self, arn: str) -> BalancerContainer:
        means, ground = self._means, self._means.ground()
        setting = Setting(
            name=f"cdinfra-{means.cloud}-balancer-{sha256(arn.encode()).hexdigest()[:8]}",
            cloud=means.cloud,
            arn=arn,
            image=ground.image,
            network=ground.network,
            inner_address=ground.take_address(),
            outer_address=self.address(arn),
        )
        return BalancerContainer(means.docker, setting, clock=means.clock)


def _user_of(backend: Any, group_arn: str) -> Any:  # noqa: ANN401 - moto's own types
    """Return the application load balancer that forwards to a group; None where none does."""
    for balancer in list(backend.load_balancers.values()):
        if balancer.type == "application" and any(
            group.arn == group_arn for group in read_balancer(backend, balancer).groups
        ):
            return balancer
    return None
