"""Which CloudFormation type an ARN is of, and how such a resource is deleted: one table."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Arn:
    """The parts of an ARN that say what and where a resource is.

    Source: AWS General Reference, "Amazon Resource Names (ARNs)".

    Attributes:
        text: All of it.
        service: For example ``ec2``.
        region: Region; empty where names hold for all regions.
        resource: The rest: ``volume/vol-0a1b``, ``log-group:/shop/web``, ``pictures``.
    """

    text: str
    service: str
    region: str
    resource: str


def parse_arn(arn: str) -> Arn:
    """Parse an ARN; one of log groups may end in ``:*``, which is no part of the name."""
    _, _, service, region, _, resource = (*arn.split(":", 5), "", "", "", "", "")[:6]
    return Arn(text=arn, service=service, region=region, resource=resource.removesuffix(":*"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceKind:
    """One row of the table.

    Attributes:
        type_name: CloudFormation's name of the type.
        deletion: How one is deleted, as words of the AWS CLI; ``{id}`` stands for its id.
        by_arn: Its physical id is its ARN.
        by_logical_id: Its physical id says nothing that its ARN says too: by its tags alone
            it is known which resource of which stack it is.
    """

    type_name: str
    deletion: str = ""
    by_arn: bool = False
    by_logical_id: bool = False

    def deletion_command(self, arn: Arn, identifier: str) -> str:
        """Return the command line that deletes a resource, quoted for a shell."""
        words = [word.format(id=identifier) for word in self.deletion.split()]
        region = ("--region", arn.region) if arn.region else ()
        return shlex.join(["aws", *words, *region])


def _ec2(type_name: str, deletion: str) -> ResourceKind:
    return ResourceKind(type_name=f"AWS::EC2::{type_name}", deletion=f"ec2 {deletion} {{id}}")


def _elb(type_name: str, deletion: str) -> ResourceKind:
    return ResourceKind(
        type_name=f"AWS::ElasticLoadBalancingV2::{type_name}",
        deletion=f"elbv2 {deletion} {{id}}",
        by_arn=True,
    )


_BALANCER = _elb("LoadBalancer", "delete-load-balancer --load-balancer-arn")
_LISTENER = _elb("Listener", "delete-listener --listener-arn")
_LISTENER_RULE = _elb("ListenerRule", "delete-rule --rule-arn")

KINDS: Mapping[tuple[str, str], ResourceKind] = MappingProxyType(
    {
        ("cloudwatch", "alarm:"): ResourceKind(
            type_name="AWS::CloudWatch::Alarm",
            deletion="cloudwatch delete-alarms --alarm-names {id}",
        ),
        ("dynamodb", "table/"): ResourceKind(
            type_name="AWS::DynamoDB::Table", deletion="dynamodb delete-table --table-name {id}"
        ),
        ("ec2", "elastic-ip/"): ResourceKind(
            type_name="AWS::EC2::EIP",
            deletion="ec2 release-address --allocation-id {id}",
            by_logical_id=True,
        ),
        ("ec2", "instance/"): _ec2("Instance", "terminate-instances --instance-ids"),
        ("ec2", "internet-gateway/"): _ec2(
            "InternetGateway", "delete-internet-gateway --internet-gateway-id"
        ),
        ("ec2", "launch-template/"): _ec2(
            "LaunchTemplate", "delete-launch-template --launch-template-id"
        ),
        ("ec2", "natgateway/"): _ec2("NatGateway", "delete-nat-gateway --nat-gateway-id"),
        ("ec2", "network-interface/"): _ec2(
            "NetworkInterface", "delete-network-interface --network-interface-id"
        ),
        ("ec2", "route-table/"): _ec2("RouteTable", "delete-route-table --route-table-id"),
        ("ec2", "security-group/"): _ec2("SecurityGroup", "delete-security-group --group-id"),
        ("ec2", "subnet/"): _ec2("Subnet", "delete-subnet --subnet-id"),
        ("ec2", "volume/"): _ec2("Volume", "delete-volume --volume-id"),
        ("ec2", "vpc-endpoint/"): _ec2("VPCEndpoint", "delete-vpc-endpoints --vpc-endpoint-ids"),
        ("ec2", "vpc-flow-log/"): _ec2("FlowLog", "delete-flow-logs --flow-log-ids"),
        ("ec2", "vpc/"): _ec2("VPC", "delete-vpc --vpc-id"),
        ("ecr", "repository/"): ResourceKind(
            type_name="AWS::ECR::Repository",
            deletion="ecr delete-repository --force --repository-name {id}",
        ),
        ("elasticfilesystem", "file-system/"): ResourceKind(
            type_name="AWS::EFS::FileSystem",
            deletion="efs delete-file-system --file-system-id {id}",
        ),
        ("elasticloadbalancing", "listener-rule/"): _LISTENER_RULE,
        ("elasticloadbalancing", "listener/"): _LISTENER,
        ("elasticloadbalancing", "loadbalancer/"): _BALANCER,
        ("elasticloadbalancing", "targetgroup/"): _elb(
            "TargetGroup", "delete-target-group --target-group-arn"
        ),
        ("iam", "instance-profile/"): ResourceKind(
            type_name="AWS::IAM::InstanceProfile",
            deletion="iam delete-instance-profile --instance-profile-name {id}",
        ),
        ("iam", "policy/"): ResourceKind(
            type_name="AWS::IAM::ManagedPolicy",
            deletion="iam delete-policy --policy-arn {id}",
            by_arn=True,
        ),
        ("kms", "key/"): ResourceKind(
            type_name="AWS::KMS::Key", deletion="kms schedule-key-deletion --key-id {id}"
        ),
        ("logs", "log-group:"): ResourceKind(
            type_name="AWS::Logs::LogGroup",
            deletion="logs delete-log-group --log-group-name {id}",
        ),
        ("s3", ""): ResourceKind(type_name="AWS::S3::Bucket", deletion="s3 rb --force s3://{id}"),
        ("secretsmanager", "secret:"): ResourceKind(
            type_name="AWS::SecretsManager::Secret",
            deletion="secretsmanager delete-secret --secret-id {id}",
            by_arn=True,
        ),
        ("sns", ""): ResourceKind(
            type_name="AWS::SNS::Topic", deletion="sns delete-topic --topic-arn {id}", by_arn=True
        ),
        ("ssm", "parameter/"): ResourceKind(
            type_name="AWS::SSM::Parameter", deletion="ssm delete-parameter --name {id}"
        ),
    }
)
"""Kinds by the ARN's service and the start of its resource.

Source: Service Authorization Reference, "Resource types defined by" each service.
"""

UNKNOWN = ResourceKind(type_name="")
"""The kind of what is not in the table."""


def kind_of(arn: Arn) -> tuple[ResourceKind, str]:
    """Return the kind of a resource, and the id by which CloudFormation knows it.

    Where the kind is unknown, the id is the ARN.
    """
    for (service, prefix), kind in KINDS.items():
        name = arn.resource.removeprefix(prefix)
        fits = arn.resource.startswith(prefix) if prefix else "/" not in name
        if service == arn.service and fits:
            return kind, arn.text if kind.by_arn else name
    return UNKNOWN, arn.text


def spellings(arn: Arn, identifier: str) -> Iterator[str]:
    """Yield what the physical id of a resource in a stack may be.

    That of an SSM parameter starts with the slash that its ARN leaves out; that of a type
    that the table does not know is its ARN, or some end of it.
    """
    yield identifier
    if arn.service == "ssm":
        yield f"/{identifier}"
    if identifier == arn.text:
        rest = arn.resource
        while rest:
            yield rest
            rest = rest.partition("/")[2] if "/" in rest else rest.partition(":")[2]
