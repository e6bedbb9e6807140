"""Every resource type that the local CloudFormation carries."""

from collections.abc import Mapping
from types import MappingProxyType

from cdinfra.local.resources import (
    alarms,
    autoscaling,
    autoscaling_policies,
    ec2_gateways,
    ec2_network,
    ec2_routes,
    ecr,
    iam,
    iam_policies,
    instances,
    keys,
    launch_templates,
    listeners,
    load_balancers,
    logs,
    messaging,
    parameters,
    s3,
    secrets,
    security_group_rules,
    security_groups,
    volumes,
)
from cdinfra.local.resources.contract import ResourceType
from cdinfra.local.resources.service import ServiceResource

TYPES: tuple[type[ServiceResource], ...] = (
    alarms.Alarm,
    autoscaling.AutoScalingGroup,
    autoscaling_policies.LifecycleHook,
    autoscaling_policies.ScalingPolicy,
    autoscaling_policies.ScheduledAction,
    ec2_gateways.Eip,
    ec2_gateways.EipAssociation,
    ec2_gateways.FlowLog,
    ec2_gateways.NatGateway,
    ec2_gateways.VpcEndpoint,
    ec2_network.InternetGateway,
    ec2_network.Subnet,
    ec2_network.Vpc,
    ec2_network.VpcGatewayAttachment,
    ec2_routes.Route,
    ec2_routes.RouteTable,
    ec2_routes.SubnetRouteTableAssociation,
    ecr.Repository,
    iam.InstanceProfile,
    iam.Role,
    iam_policies.ManagedPolicy,
    iam_policies.Policy,
    iam_policies.RolePolicy,
    instances.Instance,
    keys.Alias,
    keys.Key,
    launch_templates.LaunchTemplate,
    listeners.Listener,
    listeners.ListenerCertificate,
    listeners.ListenerRule,
    load_balancers.LoadBalancer,
    load_balancers.TargetGroup,
    logs.LogGroup,
    logs.MetricFilter,
    messaging.Subscription,
    messaging.Topic,
    messaging.TopicPolicy,
    parameters.Parameter,
    s3.Bucket,
    s3.BucketPolicy,
    secrets.Secret,
    security_group_rules.SecurityGroupEgress,
    security_group_rules.SecurityGroupIngress,
    security_groups.SecurityGroup,
    volumes.Volume,
    volumes.VolumeAttachment,
)


def resource_types() -> Mapping[str, ResourceType]:
    """Return a carrier of each type, by the type's name."""
    return MappingProxyType({kind.type_name: kind() for kind in TYPES})
