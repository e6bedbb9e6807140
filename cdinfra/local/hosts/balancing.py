"""The local cloud's load balancers, put beside its hosts."""

from cdinfra.local.clock import Clock
from cdinfra.local.hosts.balancer.balancers import Balancers, Ground, Means
from cdinfra.local.hosts.host import HostState
from cdinfra.local.hosts.image import Target
from cdinfra.local.hosts.local_hosts import LocalHosts

BALANCER_CALLS = frozenset({("elbv2", "DescribeTargetHealth")})
"""Calls that moto answers truly once it has been put right."""


def make_balancers(hosts: LocalHosts) -> Balancers:
    """Return the load balancers of a local cloud.

    Args:
        hosts: Its hosts.
    """

    def ground() -> Ground:
        grounds = hosts.need_grounds()
        return Ground(
            image=hosts.images.need(Target.SERVICES),
            network=grounds.network.name,
            take_address=grounds.addresses.take,
        )

    def address_of(instance_id: str) -> str:
        grounds = hosts.grounds()
        host = grounds.fleet.find(instance_id) if grounds else None
        return host.address if host and host.state is not HostState.GONE else ""

    return Balancers(
        Means(
            docker=hosts.docker,
            cloud=hosts.name,
            ground=ground,
            address_of=address_of,
            clock=Clock(),
        )
    )


def correct_balancers(balancers: Balancers) -> None:
    """Have moto say what the load balancers say.

    Args:
        balancers: The load balancers.
    """
    from cdinfra.local.hosts.balancer.answers import install  # noqa: PLC0415 - imports moto

    install(balancers)
