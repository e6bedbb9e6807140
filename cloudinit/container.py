"""How a host runs the release's image: typed settings, each checked when it is given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cdinfra.cloudinit.checks import Checks
from cdinfra.cloudinit.docker_names import CAPABILITIES, LOG_DRIVERS, SIGNALS, ULIMITS
from cdinfra.cloudinit.health import HealthCheck, HttpHealthCheck, ImageHealthCheck, StaysUp
from cdinfra.model.release import IMAGE_PATTERN

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?")
_SECRET_ID = re.compile(r"[A-Za-z0-9/_+=.@:-]{1,512}")
_MEMORY_MINIMUM = 6
_MEMORY_MAXIMUM = 32 * 1024 * 1024
_CPUS_MAXIMUM = 1024
_DISK_MAXIMUM = 64 * 1024 * 1024
_PROCESSES_MAXIMUM = 4 * 1024 * 1024
_SIDECAR_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")
_IMAGE = re.compile(IMAGE_PATTERN)
_APP = "app"
"""What sidecars call the release's container."""


class Protocol(StrEnum):
    """Protocol of a published port."""

    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortMapping:
    """A port of the host that leads to a port of the container.

    Attributes:
        host: Port on the host, 1 to 65535.
        container: Port that the application listens on.
        protocol: ``tcp`` or ``udp``.
    """

    host: int
    container: int
    protocol: str = Protocol.TCP

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("container/ports")
        checks.integer("host", self.host, 1, 65535)
        checks.integer("container", self.container, 1, 65535)
        checks.one_of("protocol", self.protocol, tuple(Protocol))
        checks.done()


class SecretSource(StrEnum):
    """Where a secret is kept."""

    SSM = "ssm"
    """SSM Parameter Store, usually a SecureString."""
    SECRETS_MANAGER = "secretsmanager"
    """Secrets Manager: the secret's whole string."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret that the host fetches with its own role and gives to the container.

    Only its name and id stand in templates and user data, never its value. On the host
    Docker keeps the value with the container, below ``/var/lib/docker`` on the encrypted
    root volume, where root and whoever may use Docker can read it.

    Attributes:
        name: Environment variable that receives the value.
        id: Name of the parameter or secret.
        source: Service that keeps it.
    """

    name: str
    id: str
    source: str = SecretSource.SSM

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("container/secrets")
        checks.matches("name", self.name, _VARIABLE, "letters, digits and _ . -, no digit first")
        hint = "letters, digits and / _ + = . @ : -, at most 512"
        checks.matches("id", self.id, _SECRET_ID, hint)
        checks.one_of("source", self.source, tuple(SecretSource))
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A folder, file or socket of the host inside the container; a missing one is made a folder.

    Attributes:
        host_path: Absolute path on the host.
        container_path: Absolute path in the container.
        read_only: Whether the container may only read it.
    """

    host_path: str
    container_path: str
    read_only: bool = False

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("container/volumes")
        checks.absolute_path("host_path", self.host_path)
        checks.absolute_path("container_path", self.container_path)
        checks.require(self.container_path != "/", "container_path", "cannot be /")
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ulimit:
    """A resource limit of the container's processes.

    Attributes:
        name: Name of the limit, such as ``nofile``.
        soft: Limit at the start; -1 is unlimited.
        hard: Limit up to which the process may raise it; -1 is unlimited.
    """

    name: str
    soft: int
    hard: int

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("container/ulimits")
        checks.one_of("name", self.name, ULIMITS)
        checks.integer("soft", self.soft, -1, 2**63 - 1)
        checks.integer("hard", self.hard, -1, 2**63 - 1)
        if not checks.problems and self.hard != -1:
            within = self.soft != -1 and self.soft <= self.hard
            checks.require(within, "soft", f"is above the hard limit {self.hard}")
        checks.done()


class SwapOrder(StrEnum):
    """What happens first when a release replaces another on a host."""

    START_FIRST = "start-first"
    """The new container starts beside the old one: no request is dropped."""
    STOP_FIRST = "stop-first"
    """The old one stops first: for what cannot share its folders with a second copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSettings:
    """How an image runs on a host, whether it is the release's or a sidecar's.

    Without a setting here the container gets no Linux capability, cannot gain privileges,
    and is started again when it ends.

    Attributes:
        ports: Ports of the host that lead to the container.
        environment: Environment variables; values may hold any text, newlines included.
        secrets: Environment variables whose values the host fetches.
        volumes: Folders of the host inside the container.
        tmpfs: Folders in memory, as absolute paths in the container.
        memory_mebibytes: Memory limit; None is no limit. Docker allows no less than 6.
        shared_memory_mebibytes: Size of ``/dev/shm``; None is Docker's 64.
        cpus: CPU limit, such as 1.5; None is no limit.
        processes: How many processes and threads it may have at once; None is no limit.
        user: User, or ``user:group``, that replaces the image's.
        entrypoint: Entrypoint that replaces the image's, and its command with it.
        command: Command that replaces the image's.
        working_directory: Absolute path that replaces the image's.
        init: Whether Docker's own init is the first process, which reaps orphans and passes
            signals on.
        log_driver: Docker's log driver. None takes CloudWatch Logs where the host has a log
            group, and rotated files where it has none.
        log_options: Options of that driver.
        ulimits: Resource limits.
        read_only_root: Makes the image's files read-only, with ``/tmp`` and ``/run`` in memory.
        capabilities_added: Linux capabilities to give back, such as ``NET_BIND_SERVICE``.
        no_new_privileges: Whether setuid programs gain nothing.
        stop_signal: Signal that asks the application to end.
        stop_grace_seconds: Time from that signal to the kill.
        health: When a new container may take over.
    """

    ports: tuple[PortMapping, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()
    volumes: tuple[Volume, ...] = ()
    tmpfs: tuple[str, ...] = ()
    memory_mebibytes: int | None = None
    shared_memory_mebibytes: int | None = None
    cpus: float | None = None
    processes: int | None = None
    user: str | None = None
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: str | None = None
    init: bool = False
    log_driver: str | None = None
    log_options: Mapping[str, str] = field(default_factory=dict)
    ulimits: tuple[Ulimit, ...] = ()
    read_only_root: bool = False
    capabilities_added: tuple[str, ...] = ()
    no_new_privileges: bool = True
    stop_signal: str = "SIGTERM"
    stop_grace_seconds: int = 30
    health: HealthCheck = field(default_factory=StaysUp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Container(ContainerSettings):
    """How a host runs the image of a release.

    Attributes:
        drain_seconds: How long connections to the old container may go on after the swap.
        swap: Whether the new container starts before the old one stops.
        disk_free_mebibytes: Free space on the host's disk below which no image is pulled.
    """

    drain_seconds: int = 30
    swap: str = SwapOrder.START_FIRST
    disk_free_mebibytes: int = 1024

    def __post_init__(self) -> None:
        """Check every field, and the fields against each other."""
        checks = Checks("container")
        check_settings(checks, self)
        checks.integer("drain_seconds", self.drain_seconds, 0, 3600)
        checks.one_of("swap", self.swap, tuple(SwapOrder))
        checks.integer("disk_free_mebibytes", self.disk_free_mebibytes, 0, _DISK_MAXIMUM)
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar(ContainerSettings):
    """A container beside the release's: a proxy in front of it, a shipper of its logs.

    Its image is part of the host's settings and no release changes it. It starts before the
    release's container, which finds it under its name, and it finds that one as ``app``, at
    the ports on which the application listens: the name always leads to the container that
    serves, so that a proxy drops nothing at a swap.

    Its health gate must not ask the release's container, which starts only after it.

    Attributes:
        name: Its name on the host, which the release's container can resolve. Docker wants
            two characters at least.
        image: Its image by digest, ``repository@sha256:…``, from a registry that the hosts
            may pull from.
    """

    name: str
    image: str

    def __post_init__(self) -> None:
        """Check every field, and the fields against each other."""
        checks = Checks(f"sidecars/{self.name}")
        checks.matches("name", self.name, _SIDECAR_NAME, "a-z, 0-9 and -, 2 to 63")
        checks.require(self.name != _APP, "name", f"{_APP!r} is the release's own container")
        checks.matches("image", self.image, _IMAGE, "an image by digest, repository@sha256:…")
        check_settings(checks, self)
        checks.done()


def check_settings(checks: Checks, container: ContainerSettings) -> None:
    """Check what all containers have, and the fields against each other."""
    _check_environment(checks, container)
    _check_process(checks, container)
    _check_limits(checks, container)
    _check_uniqueness(checks, container)
    _check_health(checks, container)


def _check_environment(checks: Checks, container: ContainerSettings) -> None:
    """Docker takes any text without NUL as a value; a name must be one that shells can read."""
    for name, value in container.environment.items():
        hint = "letters, digits and _ . -, no digit first"
        checks.matches(f"environment/{name}", name, _VARIABLE, hint)
        checks.text(f"environment/{name}", value)
    if container.log_driver is not None:
        checks.one_of("log_driver", container.log_driver, LOG_DRIVERS)
    elif container.log_options:
        checks.add("log_options", "needs a log_driver", "name the driver that they are for")
    for name, value in container.log_options.items():
        checks.text(f"log_options/{name}", name)
        checks.text(f"log_options/{name}", value)


def _check_process(checks: Checks, container: ContainerSettings) -> None:
    if container.user is not None:
        checks.matches("user", container.user, _USER, "a name or number, or user:group")
    for word in container.command:
        checks.text("command", word)
    for word in container.entrypoint:
        checks.text("entrypoint", word)
    if container.working_directory is not None:
        checks.absolute_path("working_directory", container.working_directory)
    for path in container.tmpfs:
        checks.absolute_path("tmpfs", path)
        checks.require(path != "/", "tmpfs", "cannot be /")
    checks.one_of("stop_signal", container.stop_signal, SIGNALS)
    for capability in container.capabilities_added:
        checks.one_of("capabilities_added", capability, CAPABILITIES)


def _check_limits(checks: Checks, container: ContainerSettings) -> None:
    """Docker refuses less than 6 MiB of memory and less than a hundredth of a CPU.

    Source: docs.docker.com, "Resource constraints"; moby daemon_unix.go, linuxMinMemory.
    """
    if container.memory_mebibytes is not None:
        checks.integer(
            "memory_mebibytes", container.memory_mebibytes, _MEMORY_MINIMUM, _MEMORY_MAXIMUM
        )
    if container.cpus is not None:
        checks.number("cpus", container.cpus, 0.01, _CPUS_MAXIMUM)
    if container.shared_memory_mebibytes is not None:
        checks.integer(
            "shared_memory_mebibytes", container.shared_memory_mebibytes, 1, _MEMORY_MAXIMUM
        )
    if container.processes is not None:
        checks.integer("processes", container.processes, 1, _PROCESSES_MAXIMUM)
    checks.integer("stop_grace_seconds", container.stop_grace_seconds, 0, 3600)


def _check_uniqueness(checks: Checks, container: ContainerSettings) -> None:
    checks.unique("ports", [f"{port.host}/{port.protocol}" for port in container.ports])
    checks.unique("volumes", [volume.container_path for volume in container.volumes])
    checks.unique("tmpfs", container.tmpfs)
    for volume in container.volumes:
        unused = volume.container_path not in container.tmpfs
        checks.require(unused, "tmpfs", f"{volume.container_path!r} is a volume, too")
    checks.unique("ulimits", [ulimit.name for ulimit in container.ulimits])
    checks.unique("capabilities_added", container.capabilities_added)
    checks.unique("secrets", [secret.name for secret in container.secrets])
    for secret in container.secrets:
        unused = secret.name not in container.environment
        checks.require(unused, f"secrets/{secret.name}", "is in environment, too")


def _check_health(checks: Checks, container: ContainerSettings) -> None:
    health: object = container.health
    if not isinstance(health, HttpHealthCheck | ImageHealthCheck | StaysUp):
        checks.add("health", f"{health!r} is not a health check", "HttpHealthCheck(path='/health')")
    elif isinstance(health, HttpHealthCheck) and health.port is None:
        tcp = any(port.protocol == Protocol.TCP for port in container.ports)
        checks.require(tcp, "health/port", "is needed", "the container has no TCP port to take")
