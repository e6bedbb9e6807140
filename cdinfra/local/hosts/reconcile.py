"""Brings the hosts in line with what the API says, again and again.

The services are moto's, in this process: what they know of instances is read from there,
whoever changed it: a call, an Auto Scaling group, a stack. So nothing can be missed.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from cdinfra.local.hosts.facts import instance_states
from cdinfra.local.hosts.fleet import Fleet
from cdinfra.local.hosts.host import Action, next_action
from cdinfra.local.hosts.rounds import Rounds

LOG = logging.getLogger(__name__)
TICK_SECONDS = 0.2
RETRY_SECONDS = 5.0
"""How long a host rests after something failed."""

AT_ONCE = 10
"""Hosts that are worked on at the same time."""


class Reconciler:
    """Compares and acts until it is closed.

    Args:
        fleet: The hosts.
        also: What else is to be brought in line at each tick.
        holds: Whether something still needs the host of an instance that was terminated.
    """

    def __init__(
        self,
        fleet: Fleet,
        *,
        also: Callable[[], None] = lambda: None,
        holds: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._fleet = fleet
        self._also = also
        self._holds = holds
        self._lock = Lock()
        self._busy: set[str] = set()
        self._reboots: set[str] = set()
        self._resting: dict[str, float] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="host")
        self._rounds = Rounds(self.tick, name="hosts", seconds=TICK_SECONDS)

    def start(self) -> None:
        """Begin."""
        self._rounds.start()

    def close(self) -> None:
        """Stop acting; what is being done goes on, and is not waited for."""
        self._rounds.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def reboot(self, instance_ids: list[str]) -> None:
        """Have hosts rebooted.

        Args:
            instance_ids: Their instances.
        """
        with self._lock:
            self._reboots.update(instance_ids)

    def tick(self) -> None:
        """Compare once, and begin what is to be done."""
        for _, _, state, instance in instance_states():
            with self._lock:
                if instance.id in self._busy or self._rests(instance.id):
                    continue
                reboot = instance.id in self._reboots
                action = next_action(state, self._fleet.find(instance.id), reboot=reboot)
                self._reboots.discard(instance.id)
                if action is None or (action is Action.REMOVE and self._holds(instance.id)):
                    continue
                self._busy.add(instance.id)
            self._pool.submit(self._perform, action, instance)
        self._also()

    def _rests(self, instance_id: str) -> bool:
        return self._resting.get(instance_id, 0.0) > time.monotonic()

    def is_busy(self, instance_id: str) -> bool:
        """Whether something is being done to a host."""
        with self._lock:
            return instance_id in self._busy

    def _perform(self, action: Action, instance: Any) -> None:  # noqa: ANN401 - moto's own type
        done = False
        try:
            done = self._fleet.perform(action, instance)
        except Exception:  # the edge of a thread: nobody else would hear of it
            LOG.exception("%s of %s", action, instance.id)
        finally:
            with self._lock:
                self._busy.discard(instance.id)
                if not done:
                    self._resting[instance.id] = time.monotonic() + RETRY_SECONDS
