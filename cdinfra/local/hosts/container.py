"""How a host is run: one container with the rights of a machine.

``--privileged`` fails where the engine itself lacks a capability, so the rights are named.
"""

from dataclasses import dataclass

from cdinfra.local.hosts.facts import InstanceFacts
from cdinfra.local.hosts.metadata.tree import host_name
from cdinfra.local.hosts.platforms import platform_of

RIGHTS = (
    *("--cap-add=ALL", "--cap-drop=SYS_RESOURCE"),
    *("--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined"),
    *("--security-opt=systempaths=unconfined", "--cgroupns=private"),
    "--device-cgroup-rule=a *:* rwm",
    "--sysctl=net.ipv4.conf.all.route_localnet=1",
)
"""What systemd and an engine of its own need."""

FILESYSTEMS = (
    *("--tmpfs=/run", "--tmpfs=/run/lock", "--tmpfs=/tmp:exec"),
    *("--volume=/var/lib/docker", "--volume=/var/lib/containerd"),
)
"""Docker's files lie in volumes: an overlay cannot lie on an overlay."""

LABEL = "cdinfra.local"
"""Label of everything that a local cloud makes: its value is the local cloud's name."""

INSTANCE_LABEL = "cdinfra.instance"
REGION_LABEL, ACCOUNT_LABEL = "cdinfra.region", "cdinfra.account"
USER_LABEL = "cdinfra.user"
"""Whom a host lets in by key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all hosts of a local cloud have in common.

    Attributes:
        cloud: Name of the local cloud.
        network: Name of the hosts' network.
        endpoint: Address at which the AWS services answer, the same on the machine.
        metadata: ``address:port`` of the metadata service.
    """

    cloud: str
    network: str
    endpoint: str
    metadata: str


def owned_by(cloud: str) -> tuple[str, str]:
    """Return the arguments of ``docker`` that pick what a local cloud has made.

    Args:
        cloud: Name of the local cloud.
    """
    return "--filter", f"label={LABEL}={cloud}"


def container_name(cloud: str, instance_id: str) -> str:
    """Return the name of an instance's container.

    >>> container_name("4f1c", "i-0123")
    'cdinfra-4f1c-i-0123'
    """
    return f"cdinfra-{cloud}-{instance_id}"


def run_arguments(
    facts: InstanceFacts, image: str, *, around: Surroundings, address: str, routes: str
) -> tuple[str, ...]:
    """Return the arguments of ``docker`` that boot an instance.

    A host that ends by itself is started again, as a machine is that reboots or loses power;
    one that is stopped or killed through the engine is not. Its terminal is the console.

    Args:
        facts: The instance.
        image: Name of the host image.
        around: What all hosts have in common.
        address: The host's address.
        routes: ``PORT ADDRESS:PORT`` of each port of loopback that leads elsewhere, by commas.
    """
    user = platform_of(facts.image_id, facts.region).user
    labels = {
        LABEL: around.cloud,
        INSTANCE_LABEL: facts.instance_id,
        REGION_LABEL: facts.region,
        ACCOUNT_LABEL: facts.account,
        USER_LABEL: user,
    }
    settings = {
        "CDINFRA_ENDPOINT": around.endpoint,
        "CDINFRA_HOP_LIMIT": str(facts.metadata.hop_limit),
        "CDINFRA_METADATA": around.metadata,
        "CDINFRA_ROUTES": routes,
        "CDINFRA_USER": user,
        "container": "docker",
    }
    return (
        *("run", "--detach", "--tty", "--restart=on-failure", "--stop-signal=SIGRTMIN+3"),
        *("--name", container_name(around.cloud, facts.instance_id)),
        *("--hostname", host_name(address), "--network", around.network, "--ip", address),
        *(word for name, value in labels.items() for word in ("--label", f"{name}={value}")),
        *RIGHTS,
        *FILESYSTEMS,
        *(f"--env={name}={value}" for name, value in settings.items()),
        image,
    )
