"""The app of the tests of transports: two hosts that an SSM agent and ssh reach."""

from cdinfra import App
from cdinfra.cloudinit import Container, HttpHealthCheck, PortMapping
from cdinfra.stacks import Capacity, DockerHosts, Network, Registry


def build_app(env: str) -> App:
    """Describe it."""
    app = App("reach", env=env, owner="e2e@example.com")
    network = app.add(Network("network", zones=2))
    registry = app.add(Registry("registry", repositories=("app",)))
    health = HttpHealthCheck(path="/health", start_period_seconds=30, interval_seconds=0.2)
    app.add(
        DockerHosts(
            "web",
            network=network,
            repositories=(registry.repository("app"),),
            container=Container(
                ports=(PortMapping(host=80, container=8080),), health=health, drain_seconds=1
            ),
            capacity=Capacity(minimum=2, maximum=2),
        )
    )
    return app
