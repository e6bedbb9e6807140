"""The app of the end-to-end tests: hosts that are well, bare ones, and one that never is."""

from cdinfra import App
from cdinfra.cloudinit import Container, HttpHealthCheck, OperatingSystem, PortMapping
from cdinfra.stacks import Capacity, DockerHosts, Image, Network, Registry

PORTS = (PortMapping(host=80, container=8080),)
DEBIAN = Image(operating_system=OperatingSystem.DEBIAN_12)


def build_app(env: str) -> App:
    """Describe it."""
    app = App("e2e", env=env, owner="e2e@example.com")
    network = app.add(Network("network", zones=2))
    registry = app.add(Registry("registry", repositories=("app",)))
    repositories = (registry.repository("app"),)
    app.add(
        DockerHosts(
            "web",
            network=network,
            repositories=repositories,
            container=Container(ports=PORTS, health=health(30), drain_seconds=2),
            capacity=Capacity(minimum=1, maximum=3),
        )
    )
    app.add(
        DockerHosts(
            "bare",
            network=network,
            repositories=repositories,
            container=Container(ports=PORTS, health=health(30)),
            image=DEBIAN,
            tags={"cdinfra-local-image": "bare"},
        )
    )
    app.add(
        DockerHosts(
            "sick",
            network=network,
            repositories=repositories,
            container=Container(
                ports=PORTS,
                health=health(3),
                environment={"APP_HEALTH": "bad"},
                stop_grace_seconds=1,
            ),
            image=DEBIAN,
        )
    )
    return app


def health(start_period_seconds: int) -> HttpHealthCheck:
    """Return the health gate of a group."""
    return HttpHealthCheck(
        path="/health", start_period_seconds=start_period_seconds, interval_seconds=0.2
    )
