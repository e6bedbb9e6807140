"""Stack classes: each is one complete, deployable CloudFormation stack.

A name is imported when it is first asked for: an app of small stacks of its own does not
pay for hosts and their user data.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdinfra.model import Hook, On, OnFailure, StackSettings, Topic, Webhook, When
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
    "Topic",
    "TrafficType",
    "Webhook",
    "When",
]

_HOMES = (
    "cdinfra.model",
    "cdinfra.stacks.builder",
    "cdinfra.stacks.stack",
    "cdinfra.stacks.template_stack",
    "cdinfra.stacks.foundation",
    "cdinfra.stacks.registry",
    "cdinfra.stacks.network",
    "cdinfra.stacks.hosts",
)
"""The modules that have the names, those that are quickly imported first."""


def __getattr__(name: str) -> object:
    """Import a name when it is asked for."""
    if name in __all__:
        for home in _HOMES:
            module = import_module(home)
            if name in vars(module):
                return globals().setdefault(name, vars(module)[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
