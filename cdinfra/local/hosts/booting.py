"""What the local cloud has of hosts: real ones where an engine runs, else only the API's word.

A local cloud without an engine works all the same, and says what it does not boot.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cdinfra.local.api_handlers import ApiHandlers
from cdinfra.local.cloudformation.services import FindClients
from cdinfra.local.cloudformation.signals import HostSignals, UnbootedHosts
from cdinfra.local.hosts.engine import ContainerEngine
from cdinfra.local.hosts.local_hosts import LocalHosts, Place
from cdinfra.local.hosts.signals import BootedHosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Booting:
    """What the rest of the local cloud needs of hosts.

    Attributes:
        signals: Who signals to CloudFormation.
        handlers: The calls that hosts answer.
        status: Says whether hosts boot, and why not.
        start: Begins.
        close: Ends all hosts.
    """

    signals: HostSignals
    handlers: ApiHandlers
    status: Callable[[], Mapping[str, Any]]
    start: Callable[[], None]
    close: Callable[[], None]


def make_hosts(engine: ContainerEngine, place: Place, *, clients: FindClients) -> Booting:
    """Return the hosts of a local cloud.

    Args:
        engine: What boots them, if anything does.
        place: Where the local cloud is.
        clients: The services of a region and an account.
    """
    if engine.docker is None:
        return Booting(
            signals=UnbootedHosts(),
            handlers=ApiHandlers(),
            status=lambda: {"booted": False, "why": engine.why},
            start=_nothing,
            close=_nothing,
        )
    hosts = LocalHosts(engine.docker, place, clients=clients)
    return Booting(
        signals=BootedHosts(hosts.boots),
        handlers=ApiHandlers(),
        status=lambda: {"booted": not hosts.problem, "why": hosts.problem, "doing": hosts.doing},
        start=hosts.start,
        close=hosts.close,
    )


def _nothing() -> None:
    pass
