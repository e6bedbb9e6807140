"""Hosts that fail or keep silent when they are asked to, in front of those that signal."""

from cdinfra.local.cloudformation.signals import (
    AwaitedHosts,
    HostSignals,
    Signal,
    SignalledResource,
    SignalStatus,
    UnbootedHosts,
)
from cdinfra.local.faults import Faults


class FaultyHosts:
    """Changes the signals of the hosts that a fault strikes.

    Args:
        faults: The faults that were asked for.
        hosts: Who signals where none strikes.
    """

    def __init__(self, faults: Faults, hosts: HostSignals | None = None) -> None:
        self._faults = faults
        self._hosts = hosts or UnbootedHosts()

    def awaited(self, hosts: AwaitedHosts) -> tuple[Signal, ...]:
        """Return the signals to give in the hosts' place.

        Args:
            hosts: Whose signals the engine begins to wait for.
        """
        resource = SignalledResource(
            stack_name=hosts.stack_name,
            logical_id=hosts.logical_id,
            resource_type=hosts.resource_type,
        )
        signals = self._hosts.awaited(hosts)
        return tuple(changed for each in signals if (changed := self._struck(each, resource)))

    def heard(self, signal: Signal, resource: SignalledResource) -> Signal | None:
        """Return the signal that counts where a host has sent one; None where none does.

        Args:
            signal: What the host sent.
            resource: What it is for.
        """
        sent = self._hosts.heard(signal, resource)
        return None if sent is None else self._struck(sent, resource)

    def _struck(self, signal: Signal, resource: SignalledResource) -> Signal | None:
        strike = self._faults.host_signal(
            resource.stack_name, resource.logical_id, resource.resource_type
        )
        if strike is None:
            return signal
        if strike.silent:
            return None
        return Signal(unique_id=signal.unique_id, status=SignalStatus.FAILURE, reason=strike.reason)
