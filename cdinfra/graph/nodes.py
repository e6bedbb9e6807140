"""Which resources a picture shows, as what, and what it says of each: one table."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from cdinfra.graph.picture import Kind, Node
from cdinfra.graph.resources import LAUNCH_TEMPLATE, Key, Resources

Detail = Callable[[Resources, Key], str]
"""Says what is worth knowing of a resource."""

GROUP = "AWS::AutoScaling::AutoScalingGroup"
INSTANCE = "AWS::EC2::Instance"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
VPC = "AWS::EC2::VPC"
SUBNET = "AWS::EC2::Subnet"


def describe_node(resources: Resources, key: Key) -> Node | None:
    """Return the node of a resource; None where a picture does not show its type."""
    row = _TABLE.get(resources.type_of(key))
    if row is None:
        return None
    kind, detail = row
    text = detail(resources, key)
    # A bucket that is called Bucket need not be called so twice.
    return Node(key=str(key), kind=kind, detail="" if text == kind else text)


def _property(*names: str) -> Detail:
    def detail(resources: Resources, key: Key) -> str:
        properties = resources.properties(key)
        texts = (resources.text(key.stack, properties.get(name)) for name in names)
        return next(filter(None, texts), key.logical_id)

    return detail


def _group(resources: Resources, key: Key) -> str:
    properties = resources.properties(key)
    least, most = (
        resources.text(key.stack, properties.get(name)) for name in ("MinSize", "MaxSize")
    )
    number = least if least == most else f"{least}–{most}"  # noqa: RUF001 - a range of numbers
    return " × ".join(filter(None, (number, _instance_type(resources, key))))  # noqa: RUF001 - times


def _instance_type(resources: Resources, key: Key) -> str:
    own = resources.text(key.stack, resources.properties(key).get("InstanceType"))
    if own:
        return own
    for each in resources.referred(key.stack, resources.properties(key)):
        if resources.type_of(each) == LAUNCH_TEMPLATE:
            content = resources.properties(each).get("LaunchTemplateData", {})
            return resources.text(each.stack, content.get("InstanceType"))
    return ""


def _load_balancer(resources: Resources, key: Key) -> str:
    # Source: CloudFormation template reference, LoadBalancer, Scheme: by default internet-facing.
    scheme = resources.properties(key).get("Scheme", "internet-facing")
    return resources.text(key.stack, scheme)


def _volume(resources: Resources, key: Key) -> str:
    size = resources.text(key.stack, resources.properties(key).get("Size"))
    return f"{size} GiB" if size else key.logical_id


def _vpc(resources: Resources, key: Key) -> str:
    return resources.text(key.stack, resources.properties(key).get("CidrBlock"))


_TABLE: Mapping[str, tuple[Kind, Detail]] = MappingProxyType(
    {
        GROUP: (Kind.HOSTS, _group),
        INSTANCE: (Kind.HOSTS, _instance_type),
        VPC: (Kind.NETWORK, _vpc),
        LOAD_BALANCER: (Kind.LOAD_BALANCER, _load_balancer),
        "AWS::EC2::Volume": (Kind.VOLUME, _volume),
        "AWS::ECR::Repository": (Kind.REPOSITORY, _property("RepositoryName")),
        "AWS::EFS::FileSystem": (Kind.VOLUME, _property()),
        "AWS::S3::Bucket": (Kind.BUCKET, _property("BucketName")),
        "AWS::DynamoDB::Table": (Kind.DATABASE, _property("TableName")),
        "AWS::ElastiCache::ReplicationGroup": (Kind.DATABASE, _property("ReplicationGroupId")),
        "AWS::RDS::DBCluster": (Kind.DATABASE, _property("Engine")),
        "AWS::RDS::DBInstance": (Kind.DATABASE, _property("Engine")),
        "AWS::Lambda::Function": (Kind.FUNCTION, _property("FunctionName")),
        "AWS::SNS::Topic": (Kind.MESSAGES, _property("TopicName", "DisplayName")),
        "AWS::SQS::Queue": (Kind.MESSAGES, _property("QueueName")),
    }
)
