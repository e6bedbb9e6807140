"""The VPC that hosts live in: a new one, or one that exists."""

from cdinfra.stacks.network.adopted import AdoptedNetwork, ExistingVpc
from cdinfra.stacks.network.flow_logs import FlowLogs, TrafficType
from cdinfra.stacks.network.network import NatGateways, Network
from cdinfra.stacks.network.references import NetworkReferences

__all__ = [
    "AdoptedNetwork",
    "ExistingVpc",
    "FlowLogs",
    "NatGateways",
    "Network",
    "NetworkReferences",
    "TrafficType",
]
