"""Deploy groups: hosts that run one image, and what stands around them."""

from cdinfra.stacks.hosts.alarms import Alarms
from cdinfra.stacks.hosts.capacity import Capacity, RollingUpdate, Spot, SpotAllocation
from cdinfra.stacks.hosts.data_disk import DataDisk
from cdinfra.stacks.hosts.docker_host import DockerHost
from cdinfra.stacks.hosts.docker_hosts import DockerHosts
from cdinfra.stacks.hosts.host_group import HostGroup
from cdinfra.stacks.hosts.image import Architecture, Image
from cdinfra.stacks.hosts.instance import Instance, Placement
from cdinfra.stacks.hosts.load_balancer import LoadBalancer
from cdinfra.stacks.hosts.scaling import ScalingMetric, TargetTracking

__all__ = [
    "Alarms",
    "Architecture",
    "Capacity",
    "DataDisk",
    "DockerHost",
    "DockerHosts",
    "HostGroup",
    "Image",
    "Instance",
    "LoadBalancer",
    "Placement",
    "RollingUpdate",
    "ScalingMetric",
    "Spot",
    "SpotAllocation",
    "TargetTracking",
]
