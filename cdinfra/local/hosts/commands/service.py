"""Run Command put together for one local cloud."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Event, Thread

from cdinfra.local.api_handlers import CallName, Handler
from cdinfra.local.cloudformation.services import FindClients
from cdinfra.local.hosts.commands.api import RunCommand
from cdinfra.local.hosts.commands.container import ContainerRunner
from cdinfra.local.hosts.commands.dispatcher import Dispatcher
from cdinfra.local.hosts.commands.lanes import Lanes
from cdinfra.local.hosts.docker import Docker
from cdinfra.local.hosts.host import Host


class CommandService:
    """Runs the commands of one local cloud.

    Args:
        docker: The engine.
        clients: The services of a region and an account.
        host: Returns the host of an instance; None where it was never booted.
        endpoint_url: Address of the local cloud.
    """

    def __init__(
        self,
        docker: Docker,
        *,
        clients: FindClients,
        host: Callable[[str], Host | None],
        endpoint_url: str,
    ) -> None:
        self._stop = Event()
        self._dispatcher = Dispatcher(
            runner=ContainerRunner(docker), now=_now, wait=self._stop.wait, spawn=_spawn
        )
        self._api = RunCommand(
            lane=Lanes(clients=clients, host=host, now=_now),
            dispatcher=self._dispatcher,
            now=_now,
            endpoint_url=endpoint_url,
        )

    def handlers(self) -> Mapping[CallName, Handler]:
        """Return what answers each call."""
        return self._api.handlers()

    def close(self) -> None:
        """Let nothing wait for a host any more; what runs ends with its host."""
        self._stop.set()


def _spawn(work: Callable[[], None]) -> None:
    Thread(target=work, daemon=True, name="command").start()


def _now() -> datetime:
    return datetime.now(UTC)
