"""An application load balancer in front of a group of hosts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from troposphere import GetAtt, Ref, Sub, ec2
from troposphere import elasticloadbalancingv2 as elb

from cdinfra.cloudinit import (
    Container,
    ContainerSettings,
    HttpHealthCheck,
    PortMapping,
    Sidecar,
)
from cdinfra.errors import Problem
from cdinfra.model import Value
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.hosts.sources import build_ingress_rule, source_problems
from cdinfra.stacks.validation import (
    arn_problems,
    integer_problems,
    type_problems,
    value_problems,
)

HTTP_PORT = 80
HTTPS_PORT = 443

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.3 and 1.2. Source: Application Load Balancers user guide, "Security policies"."""

HIGHEST_HEALTHY_STATUS = 499
"""Source: Application Load Balancers user guide, "Target group health checks", Matcher."""

BUCKET_PATTERN = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
"""Source: S3 user guide, "General purpose bucket naming rules"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """The load balancer: HTTP, or TLS with HTTP redirected to it.

    It is open to nobody but the VPC, unless ``open_to`` says so. Its health check is the
    container's, if that is an HTTP one.

    Example:
        >>> LoadBalancer(open_to=("0.0.0.0/0",), certificate_arn=certificate)  # doctest: +SKIP

    Attributes:
        open_to: Who may connect: blocks of addresses, security groups or prefix lists. By
            default the VPC's own addresses.
        internal: Whether it has private addresses only.
        certificate_arn: ACM certificate; with it, TLS.
        target_port: The hosts' port that gets the requests; by default the first TCP port
            that the container publishes, or else a sidecar.
        health_path: Path of the health check; by default that of the container, or sidecar,
            behind the port.
        idle_timeout_seconds: When a silent connection is cut.
        deregistration_seconds: How long a host that leaves may finish its requests; by
            default the container's drain time.
        deletion_protection: Whether deleting it is refused.
        access_log_bucket: Bucket for access logs; its policy must let the load balancer
            write.
    """

    open_to: tuple[Value, ...] = ()
    internal: bool = False
    certificate_arn: Value | None = None
    target_port: int | None = None
    health_path: str | None = None
    idle_timeout_seconds: int = 60
    deregistration_seconds: int | None = None
    deletion_protection: bool = False
    access_log_bucket: Value | None = None

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return "http" if self.certificate_arn is None else "https"

    def target(
        self, containers: Sequence[ContainerSettings]
    ) -> tuple[PortMapping, ContainerSettings] | None:
        """Return the published port that gets the requests, and whose it is, if there is one."""
        wanted = self.target_port
        for container in containers:
            for port in container.ports:
                if port.protocol == "tcp" and wanted in (None, port.host):
                    return port, container
        return None

    def problems(self, path: str, containers: Sequence[ContainerSettings]) -> Iterator[Problem]:
        """Return what is wrong with the settings.

        Source of the ranges: Elastic Load Balancing API reference, LoadBalancerAttribute
        and TargetGroupAttribute.
        """
        yield from source_problems(f"{path}/open_to", self.open_to)
        yield from type_problems(f"{path}/internal", self.internal, bool)
        yield from type_problems(f"{path}/deletion_protection", self.deletion_protection, bool)
        yield from integer_problems(
            f"{path}/idle_timeout_seconds", self.idle_timeout_seconds, 1, 4000
        )
        if self.deregistration_seconds is not None:
            yield from integer_problems(
                f"{path}/deregistration_seconds", self.deregistration_seconds, 0, 3600
            )
        if self.certificate_arn is not None:
            yield from arn_problems(f"{path}/certificate_arn", self.certificate_arn, "acm")
        if self.access_log_bucket is not None:
            yield from value_problems(
                f"{path}/access_log_bucket", self.access_log_bucket, BUCKET_PATTERN, "acme-logs"
            )
        yield from self._target_problems(path, containers)

    def _target_problems(
        self, path: str, containers: Sequence[ContainerSettings]
    ) -> Iterator[Problem]:
        target = self.target(containers)
        health = target[1].health if target else None
        if target is None:
            hint = "publish one: ports=(PortMapping(host=80, container=8080),)"
            if self.target_port is not None:
                hint = "one of the TCP ports that the container publishes on the host"
            message = "the container publishes no such TCP port"
            yield Problem(path=f"{path}/target_port", message=message, hint=hint)
        if self.health_path is not None:
            example = "/health"
            pattern = r"/[!-~]{0,1023}"
            yield from value_problems(f"{path}/health_path", self.health_path, pattern, example)
        elif isinstance(health, HttpHealthCheck):
            statuses = health.expected_statuses
            if max(statuses) > HIGHEST_HEALTHY_STATUS:
                message = f"a load balancer takes no status above {HIGHEST_HEALTHY_STATUS} as sound"
                hint = "give it a health_path of its own"
                yield Problem(path=f"{path}/health_path", message=message, hint=hint)


def build_load_balancer(
    builder: TemplateBuilder,
    settings: LoadBalancer,
    subnets: str | Ref,
) -> elb.LoadBalancer:
    """Build the load balancer."""
    attributes = {
        "deletion_protection.enabled": _flag(settings.deletion_protection),
        "idle_timeout.timeout_seconds": str(settings.idle_timeout_seconds),
        "routing.http.drop_invalid_header_fields.enabled": _flag(on=True),
    }
    if settings.access_log_bucket is not None:
        attributes["access_logs.s3.enabled"] = _flag(on=True)
        attributes["access_logs.s3.bucket"] = builder.value(settings.access_log_bucket)
        attributes["access_logs.s3.prefix"] = builder.context.stack_name(builder.name)
    return elb.LoadBalancer(
        "LoadBalancer",
        LoadBalancerAttributes=[
            elb.LoadBalancerAttributes(Key=key, Value=value) for key, value in attributes.items()
        ],
        Scheme="internal" if settings.internal else "internet-facing",
        SecurityGroups=[Ref("LoadBalancerSecurityGroup")],
        Subnets=subnets,
        Type="application",
    )


def build_load_balancer_security_group(
    builder: TemplateBuilder,
    settings: LoadBalancer,
    *,
    vpc_id: str | Ref,
    open_to: tuple[Value, ...],
    target_port: int,
) -> ec2.SecurityGroup:
    """Build its security group: in from ``open_to``, out to the hosts' target port only."""
    ports = (HTTP_PORT,) if settings.certificate_arn is None else (HTTP_PORT, HTTPS_PORT)
    return ec2.SecurityGroup(
        "LoadBalancerSecurityGroup",
        GroupDescription=f"Load balancer of {builder.context.stack_name(builder.name)}",
        SecurityGroupEgress=[
            ec2.SecurityGroupRule(
                Description="The hosts",
                DestinationSecurityGroupId=Ref("SecurityGroup"),
                FromPort=target_port,
                ToPort=target_port,
                IpProtocol="tcp",
            )
        ],
        SecurityGroupIngress=[
            build_ingress_rule(builder, source, port=port, protocol="tcp", description="Clients")
            for source in open_to
            for port in ports
        ],
        VpcId=vpc_id,
    )


def build_target_group(
    settings: LoadBalancer,
    container: Container,
    sidecars: tuple[Sidecar, ...],
    vpc_id: str | Ref,
) -> elb.TargetGroup:
    """Build the target group; its health check is that of whose port it is, from outside."""
    target = settings.target((container, *sidecars))
    drain = settings.deregistration_seconds
    seconds = container.drain_seconds if drain is None else drain
    path, statuses = _health_check(settings, target[1] if target else container)
    return elb.TargetGroup(
        "TargetGroup",
        HealthCheckIntervalSeconds=10,
        HealthCheckPath=path,
        HealthCheckProtocol="HTTP",
        HealthCheckTimeoutSeconds=5,
        HealthyThresholdCount=2,
        Matcher=elb.Matcher(HttpCode=statuses),
        Port=target[0].host if target else HTTP_PORT,
        Protocol="HTTP",
        TargetGroupAttributes=[
            elb.TargetGroupAttribute(Key="deregistration_delay.timeout_seconds", Value=str(seconds))
        ],
        TargetType="instance",
        UnhealthyThresholdCount=3,
        VpcId=vpc_id,
    )


def build_listeners(builder: TemplateBuilder, settings: LoadBalancer) -> list[elb.Listener]:
    """Build the listeners.

    Port 80 always keeps its logical id, so that going to TLS and back never has two
    listeners on one port.
    """
    forward = elb.Action(TargetGroupArn=Ref("TargetGroup"), Type="forward")
    redirect = elb.Action(
        RedirectConfig=elb.RedirectConfig(
            Port=str(HTTPS_PORT), Protocol="HTTPS", StatusCode="HTTP_301"
        ),
        Type="redirect",
    )
    plain = elb.Listener(
        "HttpListener",
        DefaultActions=[forward if settings.certificate_arn is None else redirect],
        LoadBalancerArn=Ref("LoadBalancer"),
        Port=HTTP_PORT,
        Protocol="HTTP",
    )
    if settings.certificate_arn is None:
        return [plain]
    certificate = elb.Certificate(CertificateArn=builder.value(settings.certificate_arn))
    secure = elb.Listener(
        "HttpsListener",
        Certificates=[certificate],
        DefaultActions=[forward],
        LoadBalancerArn=Ref("LoadBalancer"),
        Port=HTTPS_PORT,
        Protocol="HTTPS",
        SslPolicy=TLS_POLICY,
    )
    return [plain, secure]


def add_load_balancer_outputs(builder: TemplateBuilder, settings: LoadBalancer) -> None:
    """Add the outputs that say where the load balancer is."""
    name = GetAtt("LoadBalancer", "DNSName")
    url = Sub(f"{settings.scheme}://${{LoadBalancer.DNSName}}")
    builder.output("LoadBalancerUrl", url, "Where the service answers")
    builder.output("LoadBalancerDnsName", name, "Name of the load balancer, for a DNS alias")
    zone = GetAtt("LoadBalancer", "CanonicalHostedZoneID")
    builder.output("LoadBalancerHostedZoneId", zone, "Its hosted zone, for a DNS alias")
    builder.output("TargetGroupArn", Ref("TargetGroup"), "ARN of the target group")


def _health_check(settings: LoadBalancer, container: ContainerSettings) -> tuple[str, str]:
    if settings.health_path is not None:
        return settings.health_path, "200-399"
    if isinstance(container.health, HttpHealthCheck):
        statuses = sorted(container.health.expected_statuses)
        return container.health.path, ",".join(map(str, statuses))
    return "/", "200-399"


def _flag(on: bool) -> str:
    return "true" if on else "false"
