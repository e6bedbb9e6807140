"""Hosts that fail or keep silent when they are asked to, in front of those that signal."""

from cdinfra.local.cloudformation.signals import (
    AwaitedHosts,
    HostSignals,
    Signal,
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
        signals = self._hosts.awaited(hosts)
        return tuple(changed for each in signals if (changed := self._changed(each, hosts)))

    def _changed(self, signal: Signal, hosts: AwaitedHosts) -> Signal | None:
        strike = self._faults.host_signal(hosts.stack_name, hosts.logical_id, hosts.resource_type)
        if strike is None:
            return signal
        if strike.silent:
            return None
        return Signal(unique_id=signal.unique_id, status=SignalStatus.FAILURE, reason=strike.reason)
