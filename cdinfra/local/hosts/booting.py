"""What the local cloud has of hosts: real ones where an engine runs, else only the API's word.

A local cloud without an engine works all the same, and says what it does not boot.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cdinfra.local.cloudformation.services import FindClients
from cdinfra.local.cloudformation.signals import HostSignals, UnbootedHosts
from cdinfra.local.hosts import console_output
from cdinfra.local.hosts.balancing import BALANCER_CALLS, correct_balancers, make_balancers
from cdinfra.local.hosts.commands.service import CommandService
from cdinfra.local.hosts.docker import DockerError
from cdinfra.local.hosts.engine import ContainerEngine
from cdinfra.local.hosts.image import ImageError
from cdinfra.local.hosts.local_hosts import LocalHosts, Place
from cdinfra.local.hosts.part import Part, joined, nothing
from cdinfra.local.hosts.registry.container import RegistryEngine
from cdinfra.local.hosts.registry.service import RegistryService
from cdinfra.local.hosts.registry.settings import REGISTRY_PATH
from cdinfra.local.hosts.signals import BootedHosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Booting:
    """What the rest of the local cloud needs of hosts.

    Attributes:
        part: What the services of hosts add to the local cloud.
        signals: Who signals to CloudFormation.
        status: Says whether hosts boot, and why not.
    """

    part: Part
    signals: HostSignals
    status: Callable[[], Mapping[str, Any]]


def make_hosts(engine: ContainerEngine, place: Place, *, clients: FindClients) -> Booting:
    """Return the hosts of a local cloud.

    Args:
        engine: What boots them, if anything does.
        place: Where the local cloud is.
        clients: The services of a region and an account.
    """
    if engine.docker is None:
        return Booting(
            part=_registry_part(_registries(None, changed=nothing, why_none=engine.why)),
            signals=UnbootedHosts(),
            status=lambda: {"booted": False, "why": engine.why},
        )

    def registry_engine() -> RegistryEngine:
        return _registry_engine(hosts)

    def changed() -> None:
        hosts.routes_changed()

    registries = _registries(registry_engine, changed=changed)
    hosts = LocalHosts(engine.docker, place, clients=clients, routes=registries.routes)
    part = joined(
        _host_part(hosts),
        _registry_part(registries),
        _command_part(hosts, clients=clients),
        _balancer_part(hosts),
    )
    return Booting(
        part=part,
        signals=BootedHosts(hosts.boots),
        status=lambda: {
            "booted": not hosts.problem,
            "why": hosts.problem,
            "doing": hosts.images.doing,
            **_failure(hosts.images.failure),
        },
    )


def _failure(error: DockerError | None) -> Mapping[str, Any]:
    """Return why hosts cannot be launched, and the last lines of what was tried."""
    lines = error.lines if isinstance(error, ImageError) else ()
    return {"failure": error.message if error else "", "lines": lines}


def _host_part(hosts: LocalHosts) -> Part:
    return Part(
        handlers=hosts.instance_connect.handlers(),
        replaced=frozenset({("ec2", "GetConsoleOutput")}),
        correct=lambda: console_output.install(hosts.console),
        start=hosts.start,
        close=hosts.close,
    )


def _registry_part(registries: RegistryService) -> Part:
    return Part(
        handlers=registries.handlers(),
        own={REGISTRY_PATH: registries.respond},
        correct=registries.install,
        close=registries.close,
    )


def _command_part(hosts: LocalHosts, *, clients: FindClients) -> Part:
    commands = CommandService(
        hosts.docker,
        clients=clients,
        host=hosts.host,
        endpoint_url=f"http://127.0.0.1:{hosts.place.port}",
    )
    return Part(handlers=commands.handlers(), close=commands.close)


def _balancer_part(hosts: LocalHosts) -> Part:
    balancers = make_balancers(hosts)
    hosts.holds = balancers.holds
    return Part(
        replaced=BALANCER_CALLS,
        correct=lambda: correct_balancers(balancers),
        start=balancers.start,
        close=balancers.close,
    )


def _registries(
    find_engine: Callable[[], RegistryEngine] | None,
    *,
    changed: Callable[[], None],
    why_none: str = "",
) -> RegistryService:
    return RegistryService(
        find_engine,
        changed=changed,
        now=lambda: datetime.now(UTC),
        sleep=time.sleep,
        why_none=why_none,
    )


def _registry_engine(hosts: LocalHosts) -> RegistryEngine:
    """Return what registries run on: the hosts' network.

    Raises:
        DockerError: It cannot be made.
    """
    grounds = hosts.need_grounds()
    return RegistryEngine(
        docker=hosts.docker,
        images=hosts.images,
        network=grounds.network.name,
        take_address=grounds.addresses.take,
        cloud=hosts.name,
        port=hosts.place.port,
        endpoint=grounds.endpoint,
    )
