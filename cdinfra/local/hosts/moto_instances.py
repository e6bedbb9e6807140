"""Leads what moto does to instances to their hosts, and shows how the hosts are."""

from collections.abc import Callable
from typing import Any

from cdinfra.local.hosts.host import Host, HostState

FAILED = {"Details": [{"Name": "reachability", "Status": "failed"}], "Status": "impaired"}
"""A status check that failed. Source: EC2 API reference, InstanceStatusSummary."""

STARTING = {
    "Details": [{"Name": "reachability", "Status": "initializing"}],
    "Status": "initializing",
}


def install(*, find: Callable[[str], Host | None], reboot: Callable[[list[str]], None]) -> None:
    """Replace moto's reboot and its status of instances, for this process.

    Args:
        find: Finds the host of an instance; None where it was never booted.
        reboot: Reboots the hosts of instances.
    """
    # moto is slow to import, and only the local cloud's process needs it.
    from moto.ec2.models.instances import Instance, InstanceBackend  # noqa: PLC0415

    plain_status = Instance.instance_status.fget

    def instance_status(instance: Any) -> Any:  # noqa: ANN401 - moto's own types
        """Return the status check of an instance: whether its host runs."""
        host = find(instance.id)
        if host is None or instance.state != "running":
            return plain_status(instance)
        match host.state:
            case HostState.DOWN:
                return FAILED
            case HostState.BOOTING:
                return STARTING
            case _:
                return plain_status(instance)

    def reboot_instances(backend: Any, instance_ids: list[str]) -> Any:  # noqa: ANN401 - as above
        """Reboot the hosts of instances."""
        instances = list(backend.get_multi_instances_by_id(instance_ids))
        reboot([instance.id for instance in instances])
        return instances

    Instance.instance_status = property(instance_status)
    InstanceBackend.reboot_instances = reboot_instances
