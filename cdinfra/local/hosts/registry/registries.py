"""The registries of a local cloud: one for each account and region that needs one.

A registry's port is known at once, since names of images begin with it; its container
starts in the background, and who needs it waits.
"""

import logging
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

from cdinfra.errors import LocalCloudError
from cdinfra.local.hosts.docker import DockerError
from cdinfra.local.hosts.registry.client import RegistryClient
from cdinfra.local.hosts.registry.container import (
    RegistryEngine,
    await_answer,
    last_words,
    remove_container,
    start_container,
)
from cdinfra.local.hosts.registry.place import LOOPBACK, Registry
from cdinfra.local.hosts.registry.settings import GATE_PORT, RegistrySettings

WORKERS = 2
WAIT_SECONDS = 50.0
"""How long a call waits for a registry: less than a client waits for its answer.
Source: botocore, ``Config``: ``read_timeout`` is 60 seconds."""

LOG = logging.getLogger(__name__)


class RegistryStartingError(DockerError):
    """A registry is on its way."""


FindEngine = Callable[[], RegistryEngine]
"""Returns what registries run on, made at the first call; raises ``LocalCloudError``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """A registry and the start of its container, whose result is the container's address."""

    registry: Registry
    address: Future[str]

    @property
    def has_failed(self) -> bool:
        return self.address.done() and self.address.exception() is not None


class Registries:
    """Starts registries and finds them.

    Args:
        find_engine: Returns what they run on; None where no Docker engine is there.
        client: Asks registries.
        certificate: Certificate, in PEM, of what signs their tokens.
        secret: The pass of the local cloud.
        changed: Called when a registry was started: hosts have to be led to it.
        sleep: Waits, in seconds.
    """

    def __init__(
        self,
        find_engine: FindEngine | None,
        *,
        client: RegistryClient,
        certificate: str,
        secret: str,
        changed: Callable[[], None],
        sleep: Callable[[float], None],
    ) -> None:
        self._find_engine = find_engine
        self._client = client
        self._certificate = certificate
        self._secret = secret
        self._changed = changed
        self._sleep = sleep
        self._lock = Lock()
        self._running: dict[tuple[str, str], _Running] = {}
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="registry")

    def need(self, region: str, account: str) -> Registry | None:
        """Return a registry, which may still be starting; None where there is no engine.

        Args:
            region: AWS region.
            account: 12 digits.
        """
        if self._find_engine is None:
            return None
        place = (region, account)
        with self._lock:
            running = self._running.get(place)
            if running is None or running.has_failed:
                running = self._begin(self._find_engine, place, running)
                self._running[place] = running
        return running.registry

    def wait(self, registry: Registry) -> None:
        """Wait until a registry answers.

        Raises:
            RegistryStartingError: It has not started yet.
            DockerError: It did not start.
        """
        running = self._running[(registry.region, registry.account)]
        try:
            running.address.result(WAIT_SECONDS)
        except FutureTimeoutError as error:
            raise RegistryStartingError(
                f"the registry at {registry.host} is still starting",
                hint="try again in a moment: its image is being built, once",
            ) from error

    def of_service(self, service: str) -> Registry | None:
        """Return the registry of a name in tokens; None where there is none."""
        found = (each.registry for each in list(self._running.values()))
        return next((each for each in found if each.service == service), None)

    def of_place(self, region: str, account: str) -> Registry | None:
        """Return a registry that was needed before; None where there is none."""
        running = self._running.get((region, account))
        return running.registry if running else None

    def routes(self) -> Mapping[int, str]:
        """Return the port of each that answers, and the ``address:port`` that is behind it."""
        return {
            each.registry.port: f"{each.address.result()}:{GATE_PORT}"
            for each in list(self._running.values())
            if each.address.done() and not each.has_failed
        }

    def close(self) -> None:
        """Start no more, and wait for those that are starting.

        Their containers are removed with all that the local cloud made.
        """
        self._workers.shutdown(wait=True, cancel_futures=True)

    def _begin(
        self, find_engine: FindEngine, place: tuple[str, str], before: _Running | None
    ) -> _Running:
        region, account = place
        reserved = _reserve(before.registry.port if before else 0)
        port = before.registry.port if before else int(reserved.getsockname()[1])
        registry = Registry(account=account, region=region, port=port)
        address = self._workers.submit(self._start, find_engine, registry, reserved)

        def ended(_: Future[str]) -> None:
            reserved.close()
            self._changed()

        # Also where it was called off before it began.
        address.add_done_callback(ended)
        return _Running(registry=registry, address=address)

    def _start(self, find_engine: FindEngine, registry: Registry, reserved: socket.socket) -> str:
        try:
            engine = find_engine()
            settings = RegistrySettings(
                registry=registry,
                certificate=self._certificate,
                secret=self._secret,
                cloud_port=engine.port,
                endpoint=engine.endpoint,
            )
            address = start_container(engine, settings, release_port=reserved.close)
            self._await(engine, registry)
        except LocalCloudError as error:
            LOG.error("%s (%s)", error.message, error.hint)  # noqa: TRY400 - it says it all
            raise
        LOG.info("registry of %s in %s: %s", registry.account, registry.region, registry.host)
        return address

    def _await(self, engine: RegistryEngine, registry: Registry) -> None:
        try:
            await_answer(registry, ask=self._client.ask, sleep=self._sleep)
        except LocalCloudError as error:
            said = last_words(engine, registry)
            # It holds the port, which the next try wants.
            remove_container(engine, registry)
            raise DockerError(f"{error.message}{said}", hint=error.hint) from error


def _reserve(port: int) -> socket.socket:
    """Return a socket that keeps a port of loopback from others; 0 is a free one.

    A port that is taken is not kept: the engine will say so.
    """
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with suppress(OSError):
        reserved.bind((LOOPBACK, port))
    return reserved
