"""A local cloud with the machine's Docker engine, and small web servers in place of hosts."""

import ipaddress
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cdinfra.aws.connection import Clients
from cdinfra.local.hosts.belongings import cloud_name
from cdinfra.local.hosts.docker import Docker
from cdinfra.local.hosts.image import Images, Target
from cdinfra.local.process import LocalCloud, start, stop

NUMBERS = count(1)
PORT = 8080
APP = """
import http.server, pathlib, sys, time
CODE = pathlib.Path("/tmp/code")
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path.startswith("/slow/"):
            time.sleep(int(self.path.rpartition("/")[2]))
        told = CODE.exists() and self.path == "/health"
        body = f"{sys.argv[1]}\\n{self.headers}".encode()
        self.send_response(int(CODE.read_text()) if told else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
Server(("", 8080), Handler).serve_forever()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a client got."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A web server in a container, whose health can be set."""

    name: str
    address: str
    docker: Docker

    def answers_health_with(self, status: int) -> None:
        self.docker.run("exec", self.name, "sh", "-c", f"echo {status} > /tmp/code")

    def kill(self) -> None:
        self.docker.run("kill", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """A load balancer with one target group and one listener on port 80."""

    elb: Any
    arn: str
    group: str
    listener: str
    address: str

    def get(self, path: str, *, host: str = "", port: int = 80) -> Answer:
        connection = HTTPConnection(self.address, port, timeout=60)
        try:
            connection.request("GET", path, headers={"Host": host} if host else {})
            response = connection.getresponse()
            body = response.read().decode()
        finally:
            connection.close()
        return Answer(status=response.status, headers=dict(response.getheaders()), body=body)

    def register(self, *apps: App) -> None:
        targets = [{"Id": app.address, "Port": PORT} for app in apps]
        self.elb.register_targets(TargetGroupArn=self.group, Targets=targets)

    def deregister(self, *apps: App) -> None:
        targets = [{"Id": app.address} for app in apps]
        self.elb.deregister_targets(TargetGroupArn=self.group, Targets=targets)

    def health(self, app: App) -> tuple[str, str]:
        """The state of a target, and the code of the reason."""
        found = self.elb.describe_target_health(
            TargetGroupArn=self.group, Targets=[{"Id": app.address}]
        )
        health = found["TargetHealthDescriptions"][0]["TargetHealth"]
        return health["State"], health.get("Reason", "")

    def wait_for(self, app: App, state: str, *, seconds: float = 60) -> float:
        """Wait until a target has a state, and return how long that took."""
        begin = time.monotonic()
        wait_until(lambda: self.health(app)[0] == state, seconds=seconds)
        return time.monotonic() - begin

    def shown(self) -> Any:
        """What DescribeLoadBalancers says of it."""
        found = self.elb.describe_load_balancers(LoadBalancerArns=[self.arn])
        return found["LoadBalancers"][0]

    def rule(self, priority: int, conditions: list[Any], action: Any) -> str:
        made = self.elb.create_rule(
            ListenerArn=self.listener, Priority=priority, Conditions=conditions, Actions=[action]
        )
        return str(made["Rules"][0]["RuleArn"])


def wait_until(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with suppress(HTTPException, OSError):
            if condition():
                return
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def wait() -> Callable[..., None]:
    """Waits until a condition holds: ``wait(condition, seconds=60)``."""
    return wait_until


@pytest.fixture(scope="session")
def docker() -> Docker:
    return Docker()


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud of these tests' own that uses the engine."""
    state_dir = Path(tmp_path_factory.mktemp("balancer-cloud"))
    yield start(state_dir, environ={**os.environ, "CDINFRA_HOSTS": "on"})
    stop(state_dir)


@pytest.fixture(scope="session")
def clients(cloud: LocalCloud) -> Clients:
    return Clients(cloud.connection())


@pytest.fixture(scope="session")
def network(cloud: LocalCloud) -> str:
    """Name of the hosts' network, which is there once a load balancer runs."""
    return f"cdinfra-{cloud_name(cloud.state_dir)}"


@pytest.fixture
def make_web(clients: Clients) -> Iterator[Callable[..., Web]]:
    """Makes a load balancer: ``make_web(deregistration_delay=5)``."""
    made: list[Web] = []
    elb, ec2 = clients.client("elbv2"), clients.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]

    def make(*, deregistration_delay: int = 5) -> Web:
        name = f"web-{next(NUMBERS)}"
        balancer = elb.create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"][0]
        group = elb.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=PORT,
            VpcId=vpc,
            TargetType="ip",
            HealthCheckPath="/health",
            HealthCheckIntervalSeconds=5,
            HealthCheckTimeoutSeconds=2,
            HealthyThresholdCount=2,
            UnhealthyThresholdCount=2,
            Matcher={"HttpCode": "200-299"},
        )["TargetGroups"][0]["TargetGroupArn"]
        elb.modify_target_group_attributes(
            TargetGroupArn=group,
            Attributes=[
                {
                    "Key": "deregistration_delay.timeout_seconds",
                    "Value": str(deregistration_delay),
                }
            ],
        )
        listener = elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )["Listeners"][0]["ListenerArn"]
        web = Web(
            elb=elb,
            arn=balancer["LoadBalancerArn"],
            group=group,
            listener=listener,
            address=balancer["DNSName"],
        )
        made.append(web)
        elb.get_waiter("load_balancer_available").wait(
            LoadBalancerArns=[web.arn], WaiterConfig={"Delay": 1, "MaxAttempts": 180}
        )
        return web

    yield make
    for web in made:
        elb.delete_load_balancer(LoadBalancerArn=web.arn)


@pytest.fixture
def web(make_web: Callable[..., Web]) -> Web:
    return make_web()


@pytest.fixture(scope="session")
def app_image(docker: Docker) -> str:
    """An image with Python: that of a host."""
    return Images(docker, say=print).need(Target.BARE)


@pytest.fixture
def make_app(docker: Docker, network: str, app_image: str) -> Iterator[Callable[[], App]]:
    """Starts a web server in the hosts' network, far from the addresses that hosts get."""
    made: list[App] = []

    def make() -> App:
        number = next(NUMBERS)
        subnet = ipaddress.ip_network(
            docker.run("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", network)
        )
        app = App(
            name=f"balancer-app-{os.getpid()}-{number}",
            address=str(subnet[-2 - number]),
            docker=docker,
        )
        made.append(app)
        docker.run(
            *("run", "--detach", "--name", app.name, "--network", network, "--ip", app.address),
            *("--init", "--entrypoint", "python3", app_image, "-c", APP, app.name),
        )
        return app

    yield make
    if made:
        docker.attempt("rm", "--force", "--volumes", *(app.name for app in made))
