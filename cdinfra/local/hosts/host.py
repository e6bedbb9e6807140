"""One host, and what is to be done with it."""

from dataclasses import dataclass
from enum import StrEnum

GONE = frozenset({"terminated", "shutting-down"})
STOPPED = frozenset({"stopped", "stopping"})


class HostState(StrEnum):
    """What a host's container does."""

    BOOTING = "booting"
    """It is being started; systemd may not run yet."""
    RUNNING = "running"
    """Its container runs."""
    DOWN = "down"
    """It ended though nobody asked for it through the API, or never came up."""
    STOPPED = "stopped"
    """It was stopped through the API."""
    GONE = "gone"
    """It was terminated; only what its console said is left."""


class Action(StrEnum):
    """What brings a host in line with the API."""

    LAUNCH = "launch"
    START = "start"
    STOP = "stop"
    REBOOT = "reboot"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host.

    Attributes:
        instance_id: Its instance.
        region: Region of the instance.
        account: Account of the instance.
        container: Name of its container.
        address: Its private address, on the hosts' network.
        image_id: Its instance's image.
        state: What its container does.
        problem: Why it is down.
    """

    instance_id: str
    region: str
    account: str
    container: str
    address: str
    image_id: str = ""
    state: HostState = HostState.BOOTING
    problem: str = ""

    def answers_at(self, address: str) -> bool:
        """Whether an address is this host's; one that is gone has none any more."""
        return self.address == address and self.state is not HostState.GONE


def next_action(instance_state: str, host: Host | None, *, reboot: bool = False) -> Action | None:
    """Return what is to be done with a host; None where it is as the API says.

    A host that is down stays down, as a machine that has failed does.

    Args:
        instance_state: What the API says of the instance.
        host: The host; None where there is none yet.
        reboot: Whether a reboot was asked for.
    """
    if host is None:
        return Action.LAUNCH if instance_state == "running" else None
    if host.state is HostState.GONE:
        return None
    if instance_state in GONE:
        return Action.REMOVE
    if instance_state in STOPPED:
        return None if host.state is HostState.STOPPED else Action.STOP
    if instance_state == "running" and host.state is HostState.STOPPED:
        return Action.START
    return Action.REBOOT if reboot and host.state is not HostState.STOPPED else None
