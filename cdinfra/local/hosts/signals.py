"""Who signals: booted hosts do so themselves."""

from collections.abc import Callable

from cdinfra.local.cloudformation.signals import (
    AwaitedHosts,
    HostSignals,
    Signal,
    SignalledResource,
    UnbootedHosts,
)


class BootedHosts:
    """Leaves the signals to the hosts, where they boot.

    Args:
        boots: Whether hosts boot; asked when the first ones are waited for.
        otherwise: Who signals where they do not.
    """

    def __init__(self, boots: Callable[[], bool], otherwise: HostSignals | None = None) -> None:
        self._boots = boots
        self._otherwise = otherwise or UnbootedHosts()

    def awaited(self, hosts: AwaitedHosts) -> tuple[Signal, ...]:
        """Return the signals to give in the hosts' place: none where they boot.

        Args:
            hosts: Whose signals the engine begins to wait for.
        """
        return () if self._boots() else self._otherwise.awaited(hosts)

    def heard(self, signal: Signal, resource: SignalledResource) -> Signal | None:
        """Return the signal that counts where a host has sent one.

        Args:
            signal: What the host sent.
            resource: What it is for.
        """
        return self._otherwise.heard(signal, resource)
