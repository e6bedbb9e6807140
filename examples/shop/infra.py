"""The shop: a web group behind a load balancer, and a worker group without one."""

from cdinfra import App
from cdinfra.cloudinit import Container, HttpHealthCheck, PortMapping, StaysUp
from cdinfra.stacks import Capacity, DockerHosts, Foundation, LoadBalancer, Network, Registry


def build_app(env: str) -> App:
    """Describe the shop's infrastructure in one environment."""
    app = App(
        "shop",
        env=env,
        environments=("dev", "staging", "production"),
        owner="shop-team@example.com",
        tags={"cost-center": "4711"},
    )
    app.add(Foundation())
    network = app.add(Network("network", zones=2))
    registry = app.add(
        Registry(
            "registry",
            repositories=("web", "worker"),
            empty_on_delete=app.choose({"dev": True, "staging": False, "production": False}),
        )
    )

    web = app.add(
        DockerHosts(
            "web",
            network=network,
            repositories=(registry.repository("web"),),
            container=Container(
                ports=(PortMapping(host=80, container=8080),),
                environment={
                    "LOG_LEVEL": app.choose(
                        {"dev": "debug", "staging": "info", "production": "info"}
                    )
                },
                health=HttpHealthCheck(path="/health"),
            ),
            capacity=Capacity(minimum=2, maximum=4),
            load_balancer=LoadBalancer(open_to=("0.0.0.0/0",)),
        )
    )
    without_domain = "An example has no domain, and so no certificate."
    app.allow("CD303", stack=web, resource="HttpListener", reason=without_domain)
    app.add(
        DockerHosts(
            "worker",
            network=network,
            repositories=(registry.repository("worker"),),
            container=Container(command=("worker",), health=StaysUp(seconds=10)),
            capacity=Capacity(minimum=1, maximum=2),
        )
    )
    return app
