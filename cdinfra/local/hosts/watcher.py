"""Hears from the engine which hosts started or ended."""

import json
import logging
import time
from collections.abc import Callable
from threading import Event, Thread

from cdinfra.local.hosts.container import INSTANCE_LABEL, owned_by
from cdinfra.local.hosts.docker import Docker, DockerError
from cdinfra.local.hosts.fleet import Fleet

LOG = logging.getLogger(__name__)
ROUND_SECONDS = 600
"""How long one client listens: one that outlives a killed local cloud ends then."""

RUNNING = "running"


class Watcher:
    """Listens until it is closed.

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
        self._filters = owned_by(cloud)
        self._fleet = fleet
        self._is_busy = is_busy
        self._stop = Event()
        self._end: Callable[[], None] = self._stop.set

    def start(self) -> None:
        """Begin."""
        Thread(target=self._run, daemon=True, name="host-events").start()

    def close(self) -> None:
        """Stop listening."""
        self._stop.set()
        self._end()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except Exception:  # the edge of a thread: without it no killed host would be seen
                LOG.exception("the engine's events cannot be read")
            self._stop.wait(1)

    def _listen(self) -> None:
        until = str(int(time.time()) + ROUND_SECONDS)
        arguments = (
            *("events", *self._filters, "--filter", "type=container", "--until", until),
            *("--filter", "event=start", "--filter", "event=die", "--format", "{{json .}}"),
        )
        with self._docker.started(*arguments) as client:
            self._end = client.terminate
            if self._stop.is_set():
                return
            # What happened while nobody listened, as when the engine started anew.
            self.look()
            for line in client.stdout or ():
                event = json.loads(line)
                instance_id = event["Actor"]["Attributes"].get(INSTANCE_LABEL, "")
                self._observe(instance_id, runs=event["Action"] == "start")

    def look(self) -> None:
        """Look once at how every host is.

        Raises:
            DockerError: The engine does not answer.
        """
        form = f'{{{{.Label "{INSTANCE_LABEL}"}}}} {{{{.State}}}}'
        listed = self._docker.run("ps", "--all", *self._filters, "--format", form)
        for line in listed.splitlines():
            instance_id, _, state = line.rpartition(" ")
            self._observe(instance_id, runs=state == RUNNING)

    def _observe(self, instance_id: str, *, runs: bool) -> None:
        if not instance_id or self._is_busy(instance_id):
            return
        try:
            self._fleet.observe(instance_id, runs=runs)
        except DockerError as error:
            LOG.warning("%s: %s", instance_id, error.message)
