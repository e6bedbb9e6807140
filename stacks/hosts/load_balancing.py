"""Adds a load balancer, and the way from it to the hosts, to a group of hosts."""

from typing import TYPE_CHECKING

from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.hosts.load_balancer import (
    LoadBalancer,
    add_load_balancer_outputs,
    build_listeners,
    build_load_balancer,
    build_load_balancer_security_group,
    build_target_group,
)
from cdinfra.stacks.hosts.security_groups import build_load_balancer_ingress

if TYPE_CHECKING:
    from cdinfra.stacks.hosts.host_group import HostGroup


def add_load_balancer(builder: TemplateBuilder, stack: "HostGroup", settings: LoadBalancer) -> None:
    """Add everything that a load balancer needs."""
    network = stack.network
    vpc_id = builder.value(network.vpc_id)
    subnets = network.private_subnet_ids if settings.internal else network.public_subnet_ids
    target = builder.add(build_target_group(settings, stack.container, stack.sidecars, vpc_id))
    security_group = build_load_balancer_security_group(
        builder,
        settings,
        vpc_id=vpc_id,
        open_to=settings.open_to or (network.vpc_cidr,),
        target_port=target.Port,
    )
    builder.add(security_group)
    builder.add(build_load_balancer_ingress(target.Port))
    builder.add(build_load_balancer(builder, settings, builder.value(subnets)))
    for listener in build_listeners(builder, settings):
        builder.add(listener)
    add_load_balancer_outputs(builder, settings)
