"""As many hosts as BENCH_HOSTS says, behind nothing."""

import os

from cdinfra import App
from cdinfra.cloudinit import Container, HttpHealthCheck, OperatingSystem, PortMapping
from cdinfra.stacks import Capacity, DockerHosts, Image, Network, Registry


def build_app(env: str) -> App:
    """Describe the app."""
    hosts = int(os.environ.get("BENCH_HOSTS", "1"))
    app = App("bench", env=env, owner="bench")
    network = app.add(Network("network", zones=2))
    registry = app.add(Registry("registry", repositories=("app",)))
    app.add(
        DockerHosts(
            "web",
            network=network,
            repositories=(registry.repository("app"),),
            container=Container(
                ports=(PortMapping(host=80, container=8080),),
                health=HttpHealthCheck(path="/health"),
            ),
            image=Image(operating_system=OperatingSystem.DEBIAN_12),
            capacity=Capacity(minimum=hosts, maximum=hosts),
        )
    )
    return app
