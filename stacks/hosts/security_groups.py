"""Who may talk to hosts: nobody, unless it is said."""

from collections.abc import Sequence

from troposphere import Ref, ec2

from cdinfra.cloudinit import ContainerSettings
from cdinfra.model import Value
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.hosts.sources import build_ingress_rule

ALL_PROTOCOLS = "-1"


def build_host_security_group(
    builder: TemplateBuilder,
    vpc_id: str | Ref,
    containers: Sequence[ContainerSettings],
    open_to: tuple[Value, ...],
) -> ec2.SecurityGroup:
    """Build the hosts' security group.

    Nothing comes in but what ``open_to`` may, to the ports of its containers; no ssh. Everything
    may go out: a host needs package repositories, registries and AWS, and what the
    container calls is the app's business.
    """
    rules = [
        build_ingress_rule(
            builder,
            source,
            port=port.host,
            protocol=str(port.protocol),
            description=f"Port {port.container} of the container",
        )
        for source in open_to
        for container in containers
        for port in container.ports
    ]
    group = ec2.SecurityGroup(
        "SecurityGroup",
        GroupDescription=f"Hosts of {builder.context.stack_name(builder.name)}",
        SecurityGroupEgress=[
            ec2.SecurityGroupRule(
                CidrIp="0.0.0.0/0", Description="Anywhere", IpProtocol=ALL_PROTOCOLS
            )
        ],
        VpcId=vpc_id,
    )
    if rules:
        group.SecurityGroupIngress = rules
    return group


def build_load_balancer_ingress(port: int) -> ec2.SecurityGroupIngress:
    """Build the rule that lets the load balancer, and nobody else, in to the target port."""
    return ec2.SecurityGroupIngress(
        "LoadBalancerIngress",
        Description="The load balancer",
        FromPort=port,
        ToPort=port,
        GroupId=Ref("SecurityGroup"),
        IpProtocol="tcp",
        SourceSecurityGroupId=Ref("LoadBalancerSecurityGroup"),
    )
