"""Stack classes: each is one complete, deployable CloudFormation stack."""

from cdinfra.model import Hook, On, OnFailure, StackSettings, When
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.foundation import Foundation
from cdinfra.stacks.hosts import (
    Alarms,
    Architecture,
    Capacity,
    DataDisk,
    DockerHost,
    DockerHosts,
    HostGroup,
    Image,
    Instance,
    LoadBalancer,
    Placement,
    RollingUpdate,
    ScalingMetric,
    Spot,
    SpotAllocation,
    TargetTracking,
)
from cdinfra.stacks.network import (
    AdoptedNetwork,
    ExistingVpc,
    FlowLogs,
    NatGateways,
    Network,
    NetworkReferences,
    TrafficType,
)
from cdinfra.stacks.registry import Registry, Repository
from cdinfra.stacks.stack import Stack
from cdinfra.stacks.template_stack import TemplateStack

__all__ = [
    "AdoptedNetwork",
    "Alarms",
    "Architecture",
    "Capacity",
    "DataDisk",
    "DockerHost",
    "DockerHosts",
    "ExistingVpc",
    "FlowLogs",
    "Foundation",
    "Hook",
    "HostGroup",
    "Image",
    "Instance",
    "LoadBalancer",
    "NatGateways",
    "Network",
    "NetworkReferences",
    "On",
    "OnFailure",
    "Placement",
    "Registry",
    "Repository",
    "RollingUpdate",
    "ScalingMetric",
    "Spot",
    "SpotAllocation",
    "Stack",
    "StackSettings",
    "TargetTracking",
    "TemplateBuilder",
    "TemplateStack",
    "TrafficType",
    "When",
]
