"""The stacks that golden templates, cfn-lint and the general tests look at."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cdinfra.cloudinit import (
    Container,
    HttpHealthCheck,
    OperatingSystem,
    PortMapping,
    Secret,
    Sidecar,
    StaysUp,
    SwapOrder,
    Volume,
)
from cdinfra.model import BuildContext, StackTemplate
from cdinfra.stacks import (
    AdoptedNetwork,
    Alarms,
    Architecture,
    Capacity,
    DataDisk,
    DockerHost,
    DockerHosts,
    ExistingVpc,
    FlowLogs,
    Foundation,
    HostGroup,
    Image,
    Instance,
    LoadBalancer,
    NatGateways,
    Network,
    Placement,
    Registry,
    RollingUpdate,
    ScalingMetric,
    Spot,
    Stack,
    TargetTracking,
    TrafficType,
)

CONTEXT = BuildContext(
    app="shop", env="dev", owner="shop-team@example.com", tags={"cost-center": "4711"}
)
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d"

NETWORK = Network("network")
PRIVATE_NETWORK = Network("network", zones=3, nat=NatGateways.ONE)
REGISTRY = Registry("registry", repositories=("web", "worker"))
WEB = Container(
    ports=(PortMapping(host=80, container=8080),), health=HttpHealthCheck(path="/health")
)


def _docker_hosts() -> DockerHosts:
    return DockerHosts("web", network=NETWORK, repositories=(REGISTRY.repository("web"),))


def _docker_hosts_balanced() -> DockerHosts:
    return DockerHosts(
        "web",
        network=NETWORK,
        repositories=(REGISTRY.repository("web"),),
        container=WEB,
        capacity=Capacity(minimum=2, maximum=4),
        load_balancer=LoadBalancer(open_to=("0.0.0.0/0",)),
    )


def _docker_hosts_everything() -> DockerHosts:
    return DockerHosts(
        "web",
        network=PRIVATE_NETWORK,
        repositories=(REGISTRY.repository("web"), REGISTRY.repository("worker")),
        container=Container(
            ports=(PortMapping(host=8443, container=443),),
            health=HttpHealthCheck(path="/health?deep=1", expected_statuses=(204, 200)),
            secrets=(Secret(name="DB_PASSWORD", id="/shop/dev/web/db-password"),),
            drain_seconds=45,
        ),
        sidecars=(
            Sidecar(
                name="metrics",
                image="public.ecr.aws/acme/metrics@sha256:" + "c" * 64,
                ports=(PortMapping(host=9100, container=9100),),
                memory_mebibytes=64,
            ),
        ),
        capacity=Capacity(minimum=2, maximum=10, desired=4),
        instance=Instance(
            type="m6g.large", root_gibibytes=60, detailed_monitoring=True, kms_key=KEY
        ),
        image=Image(operating_system=OperatingSystem.UBUNTU_24_04, architecture=Architecture.ARM64),
        load_balancer=LoadBalancer(
            internal=True,
            certificate_arn=CERTIFICATE,
            access_log_bucket="acme-logs",
            deletion_protection=True,
            idle_timeout_seconds=120,
        ),
        update=RollingUpdate(batch=2, in_service=3, timeout_minutes=20),
        scaling=TargetTracking(metric=ScalingMetric.REQUESTS, target=1000),
        spot=Spot(instance_types=("m6g.large", "c6g.xlarge"), on_demand_base=1),
        alarms=Alarms(email=("on-call@example.com",)),
        open_to=("10.1.0.0/16", "sg-0a1b2c3d", "pl-0a1b2c3d"),
        deploy_group="shop-front",
        managed_policy_arns=("arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess",),
        tags={"tier": "front"},
    )


def _docker_hosts_pinned() -> DockerHosts:
    return DockerHosts(
        "worker",
        network=PRIVATE_NETWORK,
        repositories=(REGISTRY.repository("worker"),),
        container=Container(command=("worker",), health=StaysUp(seconds=20)),
        capacity=Capacity(minimum=0, maximum=3),
        image=Image(operating_system=OperatingSystem.DEBIAN_12, ami="ami-0a1b2c3d4e5f67890"),
        scaling=TargetTracking(target=70, scale_in=False),
        alarms=Alarms(topic_arn="arn:aws:sns:eu-west-1:123456789012:ops"),
    )


def _docker_host() -> DockerHost:
    return DockerHost(
        "jenkins",
        network=PRIVATE_NETWORK,
        repositories=(REGISTRY.repository("web"),),
        container=Container(
            ports=(PortMapping(host=80, container=8080),),
            volumes=(Volume(host_path="/srv/data/home", container_path="/var/jenkins_home"),),
            swap=SwapOrder.STOP_FIRST,
        ),
        data=DataDisk(mount_point="/srv/data", gibibytes=100, kms_key=KEY),
        elastic_ip=True,
        zone=2,
        open_to=("203.0.113.0/24",),
    )


def _adopted() -> AdoptedNetwork:
    vpc = ExistingVpc(
        vpc_id="vpc-0a1b2c3d",
        public_subnet_ids=("subnet-0a1b2c3d", "subnet-1a1b2c3d"),
        private_subnet_ids=("subnet-2a1b2c3d", "subnet-3a1b2c3d"),
        cidr="10.7.0.0/16",
        zone_names=("eu-west-1a", "eu-west-1b"),
    )
    return AdoptedNetwork("network", vpc=vpc, flow_logs=FlowLogs(traffic=TrafficType.ALL))


def _registry_shared() -> Registry:
    return Registry(
        "registry",
        repositories=("backend/web-api",),
        keep_releases=10,
        kms_key=KEY,
        pull_principals=("210987654321",),
        push_principals=("arn:aws:iam::123456789012:role/ci",),
        empty_on_delete=True,
    )


VARIANTS: Mapping[str, Callable[[], Stack]] = {
    "foundation": Foundation,
    "foundation-kms": lambda: Foundation(kms_key=KEY, noncurrent_days=365),
    "network": lambda: NETWORK,
    "network-nat-per-zone": lambda: Network(
        "network", cidr="10.3.0.0/20", zones=3, nat=NatGateways.PER_ZONE, flow_logs=None
    ),
    "network-adopted": _adopted,
    "registry": lambda: REGISTRY,
    "registry-shared": _registry_shared,
    "docker-hosts": _docker_hosts,
    "docker-hosts-balanced": _docker_hosts_balanced,
    "docker-hosts-everything": _docker_hosts_everything,
    "docker-hosts-pinned": _docker_hosts_pinned,
    "docker-hosts-vpc-only": lambda: DockerHosts(
        "web",
        network=NETWORK,
        container=WEB,
        instance=Instance(placement=Placement.PUBLIC),
        load_balancer=LoadBalancer(health_path="/"),
    ),
    "docker-host": _docker_host,
    "docker-host-bare": lambda: DockerHost("box", network=NETWORK),
}


@pytest.fixture
def context() -> BuildContext:
    return CONTEXT


@pytest.fixture
def network() -> Network:
    return NETWORK


@pytest.fixture
def registry() -> Registry:
    return REGISTRY


@pytest.fixture
def web_container() -> Container:
    return WEB


@pytest.fixture(scope="session")
def variants() -> Mapping[str, Stack]:
    return {name: make() for name, make in VARIANTS.items()}


@pytest.fixture(scope="session")
def templates(variants: Mapping[str, Stack]) -> Mapping[str, StackTemplate]:
    return {name: stack.build(CONTEXT) for name, stack in variants.items()}


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def template(variant: str, templates: Mapping[str, StackTemplate]) -> StackTemplate:
    return templates[variant]


@pytest.fixture
def host_config(variant: str, variants: Mapping[str, Stack]) -> Any:
    """What the variant's user data says, if it has any."""
    stack = variants[variant]
    return stack.host_config(CONTEXT) if isinstance(stack, HostGroup) else None
