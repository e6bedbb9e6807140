"""The app of these tests: three hosts behind a load balancer, and a bucket for the state."""

from cdinfra import App
from cdinfra.cloudinit import Container, HttpHealthCheck, PortMapping
from cdinfra.stacks import (
    Capacity,
    DockerHosts,
    Foundation,
    LoadBalancer,
    Network,
    Registry,
)


def build_app(env: str) -> App:
    """Describe it."""
    app = App("rollout", env=env, owner="e2e@example.com")
    app.add(Foundation("foundation"))
    network = app.add(Network("network", zones=2))
    registry = app.add(Registry("registry", repositories=("app",)))
    app.add(
        DockerHosts(
            "web",
            network=network,
            repositories=(registry.repository("app"),),
            container=Container(
                ports=(PortMapping(host=80, container=8080),),
                health=HttpHealthCheck(
                    path="/health", start_period_seconds=4, interval_seconds=0.2
                ),
                drain_seconds=3,
            ),
            capacity=Capacity(minimum=3, maximum=4),
            load_balancer=LoadBalancer(),
        )
    )
    return app
