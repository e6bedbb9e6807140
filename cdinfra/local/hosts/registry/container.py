"""Starts the container of a registry."""

from collections.abc import Callable
from dataclasses import dataclass

from cdinfra.local.hosts.container import LABEL
from cdinfra.local.hosts.docker import Docker, DockerError
from cdinfra.local.hosts.image import Images, Target
from cdinfra.local.hosts.registry.client import Answered, Asked, RegistryUnreachableError
from cdinfra.local.hosts.registry.place import LOOPBACK, Registry
from cdinfra.local.hosts.registry.settings import GATE_PORT, START, RegistrySettings

ATTEMPTS, PAUSE_SECONDS = 600, 0.1
"""How often, and how long apart, a new registry is asked whether it answers."""

UNAUTHORIZED = 401
"""What a registry answers that is ready and does not know who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryEngine:
    """What registries run on.

    Attributes:
        docker: The engine.
        images: The images of the local cloud.
        network: Name of the hosts' network.
        take_address: Returns an address in it that nobody else has.
        cloud: Name of the local cloud, for names and labels.
        port: Port of the local cloud on loopback.
        endpoint: ``address:port`` at which the local cloud answers in the hosts' network.
    """

    docker: Docker
    images: Images
    network: str
    take_address: Callable[[], str]
    cloud: str
    port: int
    endpoint: str


def start_container(
    engine: RegistryEngine,
    settings: RegistrySettings,
    *,
    release_port: Callable[[], None],
) -> str:
    """Start a registry's container.

    Args:
        engine: What it runs on.
        settings: What it has to know.
        release_port: Called right before the engine takes the port.

    Returns:
        The container's address in the hosts' network.

    Raises:
        DockerError: The image cannot be built, or the container does not start.
    """
    docker, registry = engine.docker, settings.registry
    image = engine.images.need(Target.SERVICES)
    remove_container(engine, registry)
    address = engine.take_address()
    release_port()
    docker.run(
        *("run", "--detach", "--restart=on-failure", "--name", container_name(engine, registry)),
        *("--label", f"{LABEL}={engine.cloud}", "--network", engine.network),
        *("--log-driver=local", "--log-opt=max-size=1m", "--log-opt=max-file=2"),
        *("--ip", address),
        *("--publish", f"{LOOPBACK}:{registry.port}:{GATE_PORT}"),
        *(f"--env={key}={value}" for key, value in settings.environment().items()),
        *("--entrypoint", "/bin/bash", image, "-c", START),
    )
    return address


def container_name(engine: RegistryEngine, registry: Registry) -> str:
    """Return the name of a registry's container."""
    return f"cdinfra-{engine.cloud}-registry-{registry.account}-{registry.region}"


def remove_container(engine: RegistryEngine, registry: Registry) -> None:
    """Remove a registry's container, if it is there."""
    engine.docker.attempt("rm", "--force", "--volumes", container_name(engine, registry))


def last_words(engine: RegistryEngine, registry: Registry) -> str:
    """Return what a registry's container said last, to be put behind a message."""
    ran = engine.docker.attempt("logs", "--tail", "3", container_name(engine, registry))
    said = " ".join((ran.output + ran.errors).decode("utf-8", "replace").split())
    return f" ({said})" if said else ""


def await_answer(
    registry: Registry,
    *,
    ask: Callable[[Registry, Asked], Answered],
    sleep: Callable[[float], None],
) -> None:
    """Wait until a registry answers.

    Args:
        registry: Which one.
        ask: Asks it.
        sleep: Waits, in seconds.

    Raises:
        DockerError: It does not answer in time.
    """
    why = "it does not answer"
    for _ in range(ATTEMPTS):
        try:
            answered = ask(registry, Asked(method="GET", path="/v2/"))
        except RegistryUnreachableError as error:
            why = error.message
        else:
            if answered.status == UNAUTHORIZED:
                return
            why = f"it answers {answered.status}"
        sleep(PAUSE_SECONDS)
    raise DockerError(
        f"the registry at {registry.host} did not start: {why}",
        hint="ask again: it is then started anew",
    )
