"""What Auto Scaling groups think of hosts that are down, and that they replace them.

Source: Auto Scaling user guide, "Health checks for instances in an Auto Scaling group".
"""

from collections.abc import Callable, Iterator
from typing import Any

from cdinfra.local.hosts.host import Host, HostState

REPLACED_AFTER_SECONDS = 60.0
"""How long a host is down before its group replaces it.
Source: EC2 user guide, "Status checks": every minute; one that fails is not replaced at once."""

HEALTHY, UNHEALTHY = "Healthy", "Unhealthy"


class GroupHealth:
    """Tells the groups which of their hosts are down.

    Args:
        find: Finds the host of an instance.
        now: The time, in seconds.
    """

    def __init__(self, find: Callable[[str], Host | None], *, now: Callable[[], float]) -> None:
        self._find = find
        self._now = now
        self._down_since: dict[str, float] = {}

    def __call__(self) -> None:
        """Look at every group once."""
        for backend, state in list(group_members()):
            host = self._find(state.instance.id)
            if host is None:
                continue
            if host.state is not HostState.DOWN:
                if self._down_since.pop(host.instance_id, None) is not None:
                    state.health_status = HEALTHY
                continue
            state.health_status = UNHEALTHY
            since = self._down_since.setdefault(host.instance_id, self._now())
            if self._now() - since >= REPLACED_AFTER_SECONDS and not _rests(state):
                del self._down_since[host.instance_id]
                backend.terminate_instance(host.instance_id, False)  # noqa: FBT003 - moto's


def group_members() -> Iterator[tuple[Any, Any]]:
    """Yield moto's backend and moto's record of each instance that is in a group."""
    from moto.autoscaling.models import autoscaling_backends  # noqa: PLC0415 - slow to import

    for regions in list(autoscaling_backends.values()):
        for backend in list(regions.values()):
            for group in list(backend.autoscaling_groups.values()):
                for state in list(group.instance_states):
                    yield backend, state


def _rests(state: Any) -> bool:  # noqa: ANN401 - moto's own type
    """Whether the group was told not to replace what is unhealthy."""
    resting = state.auto_scaling_group.suspended_processes or ()
    names = {each["ProcessName"] for each in resting}
    return bool(names & {"ReplaceUnhealthy", "Terminate", "HealthCheck"})
