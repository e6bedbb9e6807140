"""The local cloud put together: moto, CloudFormation in front of it, faults, control.

Everything here lives in one process and dies with it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock

from cdinfra.aws.connection import LOCAL_REGION, Clients, Connection
from cdinfra.local.call import Environ
from cdinfra.local.call_counts import CallCounts
from cdinfra.local.cloudformation.api import CloudFormationApi
from cdinfra.local.cloudformation.engine import Engine
from cdinfra.local.cloudformation.services import FindClients
from cdinfra.local.control import Control
from cdinfra.local.faults import Faults
from cdinfra.local.faulty_hosts import FaultyHosts
from cdinfra.local.front import Front, Services, StartResponse, WsgiApp, internal_path
from cdinfra.local.hosts.booting import make_hosts
from cdinfra.local.hosts.engine import ContainerEngine
from cdinfra.local.hosts.local_hosts import Place
from cdinfra.local.hosts.part import handlers_of
from cdinfra.local.managed_policies import load_managed_policies
from cdinfra.local.resources.corrections import correct_moto
from cdinfra.local.resources.registry import resource_types
from cdinfra.local.state_directory import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """The parts that somebody outside of it needs.

    Attributes:
        front: The WSGI application.
        prepare: Called with region and account: puts there what every account has.
        close: Ends what runs in the background.
    """

    front: Front
    prepare: Callable[[str, str], None]
    close: Callable[[], None]


class ServiceClients:
    """The services of each region and account, as the engine calls them: past the faults.

    Args:
        endpoint_url: The local cloud's own address.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._lock = Lock()
        self._clients: dict[tuple[str, str], Clients] = {}

    def __call__(self, region: str, account: str) -> Clients:
        """Return the services of a region and an account."""
        with self._lock:
            place = (region, account)
            if place not in self._clients:
                address = self._endpoint_url + internal_path(account)
                self._clients[place] = Clients(Connection(region=region, endpoint_url=address))
            return self._clients[place]


class Seeds:
    """Puts into each account and region, once, what every account has there.

    Args:
        clients: The services of a region and an account.
        seed_region: Puts it into a region.
        seed_account: Puts it into an account.
    """

    def __init__(
        self,
        clients: FindClients,
        *,
        seed_region: Callable[[Clients], None],
        seed_account: Callable[[str], None],
    ) -> None:
        self._clients = clients
        self._seed_region = seed_region
        self._seed_account = seed_account
        self._lock = Lock()
        self._accounts: set[str] = set()
        self._places: set[tuple[str, str]] = set()

    def __call__(self, region: str, account: str) -> None:
        """Make sure that the account has it, and that it has it in the region."""
        place = (region, account)
        if place in self._places:
            return
        with self._lock:
            if account not in self._accounts:
                self._seed_account(account)
                self._accounts.add(account)
            if place not in self._places:
                self._seed_region(self._clients(region, account))
                self._places.add(place)


def make_cloud(
    record: Record,
    *,
    services: WsgiApp,
    seed: Callable[[Clients], None],
    folder: Path,
    container_engine: ContainerEngine,
) -> Cloud:
    """Put a local cloud together.

    Args:
        record: What its process says of itself.
        services: moto's WSGI application.
        seed: Puts into a region what every account has there.
        folder: Its state folder.
        container_engine: What boots hosts, if anything does.
    """
    stopping = Event()
    faults = Faults(wait=stopping.wait)
    counts = CallCounts()
    clients = ServiceClients(f"http://127.0.0.1:{record.port}")

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return front(environ, start_response)

    place = Place(folder=folder, port=record.port, app=answer)
    hosts = make_hosts(container_engine, place, clients=clients)
    engine = Engine(
        types=resource_types(),
        clients=clients,
        hosts=FaultyHosts(faults, hosts.signals),
        before_resource=faults.before_resource,
    )
    control = Control(
        record=record,
        region=LOCAL_REGION,
        faults=faults,
        counts=counts,
        signal=engine.wait_condition_signal,
        hosts=hosts.status,
    )

    def open_account(account: str) -> None:
        # Before the first call and not before the port answers: moto's EC2 is slow to import.
        correct_moto()
        hosts.part.correct()
        load_managed_policies(account)

    prepare = Seeds(clients, seed_region=seed, seed_account=open_account)
    front = Front(
        services=Services(
            moto=services,
            cloudformation=CloudFormationApi(engine),
            handlers=handlers_of(hosts.part),
            own=hosts.part.own,
        ),
        control=control,
        faults=faults,
        counts=counts,
        prepare=prepare,
    )
    hosts.part.start()

    def close() -> None:
        stopping.set()
        engine.close()
        hosts.part.close()

    return Cloud(front=front, prepare=prepare, close=close)
