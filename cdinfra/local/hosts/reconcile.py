"""Brings the hosts in line with what the API says, again and again.

The services are moto's, in this process: what they know of instances is read from there,
whoever changed it: a call, an Auto Scaling group, a stack. So nothing can be missed.
"""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread
from typing import Any

from cdinfra.local.hosts.container import INSTANCE_LABEL, LABEL
from cdinfra.local.hosts.docker import Docker
from cdinfra.local.hosts.facts import instance_states
from cdinfra.local.hosts.fleet import Fleet
from cdinfra.local.hosts.host import Action, next_action

LOG = logging.getLogger(__name__)
TICK_SECONDS = 0.2
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
        self._stop = Event()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="host")
        self._thread = Thread(target=self._run, daemon=True, name="hosts")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop acting; what is being done is waited for."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

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
                if instance.id in self._busy:
                    continue
                reboot = instance.id in self._reboots
                action = next_action(state, self._fleet.find(instance.id), reboot=reboot)
                self._reboots.discard(instance.id)
                if action is None or (action is Action.REMOVE and self._holds(instance.id)):
                    continue
                self._busy.add(instance.id)
            self._pool.submit(self._perform, action, instance)
        self._also()

    def is_busy(self, instance_id: str) -> bool:
        """Whether something is being done to a host."""
        with self._lock:
            return instance_id in self._busy

    def _run(self) -> None:
        while not self._stop.wait(TICK_SECONDS):
            try:
                self.tick()
            except Exception:  # the loop must outlive whatever one round meets
                LOG.exception("hosts could not be compared with the API")

    def _perform(self, action: Action, instance: Any) -> None:  # noqa: ANN401 - moto's own type
        try:
            self._fleet.perform(action, instance)
        except Exception:  # the edge of a thread: nobody else would hear of it
            LOG.exception("%s of %s", action, instance.id)
        finally:
            with self._lock:
                self._busy.discard(instance.id)


class Watcher:
    """Hears from the engine which hosts started or ended.

    Args:
        docker: The engine.
        cloud: Name of the local cloud.
        fleet: The hosts.
        is_busy: Whether we are doing something to a host ourselves.
    """

    def __init__(
        self, docker: Docker, cloud: str, *, fleet: Fleet, is_busy: Callable[[str], bool]
    ) -> None:
        self._docker = docker
        self._cloud = cloud
        self._fleet = fleet
        self._is_busy = is_busy
        self._stop = Event()

    def start(self) -> None:
        """Begin."""
        Thread(target=self._run, daemon=True, name="host-events").start()

    def close(self) -> None:
        """Stop listening with the next event; the process's end ends the client."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            arguments = (
                *(
                    "events",
                    "--filter",
                    f"label={LABEL}={self._cloud}",
                    "--filter",
                    "type=container",
                ),
                *("--filter", "event=start", "--filter", "event=die", "--format", "{{json .}}"),
            )
            with self._docker.started(*arguments) as process:
                for line in process.stdout or ():
                    self._heard(line)
            self._stop.wait(1)

    def _heard(self, line: bytes) -> None:
        event = json.loads(line)
        instance_id = event.get("Actor", {}).get("Attributes", {}).get(INSTANCE_LABEL, "")
        if instance_id and not self._is_busy(instance_id):
            self._fleet.observe(instance_id, runs=event.get("Action") == "start")
