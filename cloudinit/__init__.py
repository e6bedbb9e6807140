"""User data of hosts: typed cloud-config documents, and the agent that runs on a host."""

from cdinfra.cloudinit.cloud_config import (
    CloudConfig,
    DiskSetup,
    FileEncoding,
    FilesystemSetup,
    MergeRule,
    Mount,
    User,
    WriteFile,
)
from cdinfra.cloudinit.container import (
    Container,
    ContainerSettings,
    PortMapping,
    Protocol,
    Secret,
    SecretSource,
    Sidecar,
    SwapOrder,
    Ulimit,
    Volume,
)
from cdinfra.cloudinit.health import HealthCheck, HttpHealthCheck, ImageHealthCheck, StaysUp
from cdinfra.cloudinit.host import DataVolume, HostConfig, Signal, host_user_data
from cdinfra.cloudinit.operating_system import OperatingSystem
from cdinfra.cloudinit.user_data import (
    USER_DATA_LIMIT,
    ContentType,
    Encoding,
    Part,
    UserData,
    render_user_data,
)

__all__ = [
    "USER_DATA_LIMIT",
    "CloudConfig",
    "Container",
    "ContainerSettings",
    "ContentType",
    "DataVolume",
    "DiskSetup",
    "Encoding",
    "FileEncoding",
    "FilesystemSetup",
    "HealthCheck",
    "HostConfig",
    "HttpHealthCheck",
    "ImageHealthCheck",
    "MergeRule",
    "Mount",
    "OperatingSystem",
    "Part",
    "PortMapping",
    "Protocol",
    "Secret",
    "SecretSource",
    "Sidecar",
    "Signal",
    "StaysUp",
    "SwapOrder",
    "Ulimit",
    "User",
    "UserData",
    "Volume",
    "WriteFile",
    "host_user_data",
    "render_user_data",
]
