"""Signals of hosts: who must send them, who did, and the waits that they end.

A creation policy and a rolling update wait for signals that hosts send through
``SignalResource``; a wait condition waits for documents sent to its handle. Both end on
the same board. Where no host is booted, somebody must signal in the hosts' place:
``HostSignals`` says who.
"""

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Condition
from typing import Protocol

from cdinfra.aws.connection import Clients
from cdinfra.local.cloudformation.clock import Clock
from cdinfra.local.cloudformation.stop import StopSignal
from cdinfra.local.resources.contract import ResourceError

NOT_BOOTED = "signalled by the local cloud: hosts are not booted"
GROUP_TYPE = "AWS::AutoScaling::AutoScalingGroup"
INSTANCE_TYPE = "AWS::EC2::Instance"

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


class SignalStatus(StrEnum):
    """What a host says of itself."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One signal.

    Attributes:
        unique_id: Who sent it: an instance id, or the id in a wait condition's document.
        status: Success or failure.
        reason: What else there is to say.
        data: A wait condition's data.
    """

    unique_id: str
    status: SignalStatus
    reason: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedHosts:
    """Whose signals the engine is about to wait for.

    Attributes:
        stack_id: ARN of the stack.
        stack_name: Name of the stack.
        logical_id: Of the resource.
        resource_type: Of the resource.
        physical_id: Of the resource: a group's name or an instance's id.
        instance_ids: The instances, where the resource type knows them; else empty.
        region: Region of the stack.
        clients: The services.
    """

    stack_id: str
    stack_name: str
    logical_id: str
    resource_type: str
    physical_id: str
    instance_ids: tuple[str, ...] = ()
    region: str
    clients: Clients


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalledResource:
    """Which resource a signal is for.

    Attributes:
        stack_name: Name of the stack.
        logical_id: Of the resource.
        resource_type: Of the resource.
    """

    stack_name: str
    logical_id: str
    resource_type: str


class HostSignals(Protocol):
    """Who signals for hosts that do not signal themselves, and what becomes of a host's own."""

    def awaited(self, hosts: AwaitedHosts) -> tuple[Signal, ...]:
        """Return the signals to give in the hosts' place; none where they send their own.

        Args:
            hosts: Whose signals the engine begins to wait for.
        """
        ...

    def heard(self, signal: Signal, resource: SignalledResource) -> Signal | None:
        """Return the signal that counts where a host has sent one; None where none does.

        Args:
            signal: What the host sent.
            resource: What it is for.
        """
        ...


class UnbootedHosts:
    """Signals success for every instance that the services say was launched.

    For a local cloud without a container engine: nothing boots there, and the event's
    reason says so.
    """

    def awaited(self, hosts: AwaitedHosts) -> tuple[Signal, ...]:
        """Return one success for each instance of the resource.

        Args:
            hosts: Whose signals the engine begins to wait for.
        """
        instances = hosts.instance_ids or launched_instances(hosts)
        return tuple(
            Signal(unique_id=instance, status=SignalStatus.SUCCESS, reason=NOT_BOOTED)
            for instance in instances
        )

    def heard(self, signal: Signal, resource: SignalledResource) -> Signal:  # noqa: ARG002 - the protocol's
        """Return the signal as it was sent.

        Args:
            signal: What was sent.
            resource: What it is for.
        """
        return signal


def launched_instances(hosts: AwaitedHosts) -> tuple[str, ...]:
    """Return the ids of the instances that a resource stands for.

    Args:
        hosts: The resource.
    """
    if hosts.resource_type == INSTANCE_TYPE:
        return (hosts.physical_id,)
    if hosts.resource_type != GROUP_TYPE:
        return ()
    groups = hosts.clients.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[hosts.physical_id]
    )["AutoScalingGroups"]
    return tuple(one["InstanceId"] for group in groups for one in group["Instances"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How many signals a wait needs.

    Attributes:
        count: How many are expected.
        timeout_seconds: How long.
        percent: Share of them, in percent, that must succeed.
        senders: Only signals of these count; empty means anybody's.
    """

    count: int
    timeout_seconds: float
    percent: int = 100
    senders: frozenset[str] = field(default_factory=frozenset)

    @property
    def needed(self) -> int:
        """How many must succeed."""
        return math.ceil(self.count * self.percent / 100)


def parse_duration(text: str) -> float:
    """Return the seconds of an ISO 8601 duration such as ``PT15M``.

    Source: AWS CloudFormation User Guide, "CreationPolicy attribute": ``PT#H#M#S``.

    Args:
        text: The duration.

    Raises:
        ResourceError: It is none.
    """
    match = _DURATION.fullmatch(str(text))
    if match is None or not any(match.groups()):
        raise ResourceError(f"Invalid duration {text}: expected the form PT#H#M#S")
    hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


class SignalBoard:
    """Keeps the signals that came and wakes those who wait for them.

    A signal may come before the wait begins: a host can be up before the service has
    answered the call that launched it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = Condition()
        self._signals: dict[str, dict[str, Signal]] = {}

    def clear(self, key: str) -> None:
        """Forget what came for a key, before its resource is made anew."""
        with self._changed:
            self._signals.pop(key, None)

    def add(self, key: str, signal: Signal) -> bool:
        """Keep a signal.

        Args:
            key: What is signalled.
            signal: The signal; the first of each sender counts.

        Returns:
            Whether it is the first of its sender.
        """
        with self._changed:
            kept = self._signals.setdefault(key, {})
            if signal.unique_id in kept:
                return False
            kept[signal.unique_id] = signal
            self._changed.notify_all()
            return True

    def received(self, key: str) -> tuple[Signal, ...]:
        """Return the signals that came for a key, oldest first."""
        with self._changed:
            return tuple(self._signals.get(key, {}).values())

    def wait(self, key: str, demand: Demand, stop: StopSignal) -> tuple[Signal, ...]:
        """Wait until the demand is met, cannot be met any more, or the time is over.

        Args:
            key: What is signalled.
            demand: How many signals.
            stop: Ends the wait early.

        Returns:
            The signals that count, whether they are enough or not.
        """
        over: list[bool] = []
        cancel = self._clock.call_after(demand.timeout_seconds, lambda: self._wake(over))
        try:
            with stop.listening(self._wake), self._changed:
                while True:
                    counted = self._counted(key, demand)
                    if over or stop.is_set() or _is_decided(counted, demand):
                        return counted
                    self._changed.wait()
        finally:
            cancel()

    def _wake(self, over: list[bool] | None = None) -> None:
        with self._changed:
            if over is not None:
                over.append(True)
            self._changed.notify_all()

    def _counted(self, key: str, demand: Demand) -> tuple[Signal, ...]:
        signals = tuple(self._signals.get(key, {}).values())
        if not demand.senders:
            return signals
        return tuple(one for one in signals if one.unique_id in demand.senders)


def successes(signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
    """Return the signals that say success."""
    return tuple(one for one in signals if one.status is SignalStatus.SUCCESS)


def failures(signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
    """Return the signals that say failure."""
    return tuple(one for one in signals if one.status is SignalStatus.FAILURE)


def _is_decided(signals: tuple[Signal, ...], demand: Demand) -> bool:
    """Say whether more signals can change nothing."""
    if len(signals) >= demand.count:
        return True
    if demand.percent >= 100 and failures(signals):
        return True
    return len(failures(signals)) > demand.count - demand.needed


def check_signals(signals: tuple[Signal, ...], demand: Demand) -> None:
    """Judge the signals that came, in CloudFormation's words.

    Args:
        signals: What came.
        demand: What was needed.

    Raises:
        ResourceError: Too few succeeded.
    """
    if len(successes(signals)) >= demand.needed:
        return
    failed = failures(signals)
    if failed:
        raise ResourceError(
            f"Received {len(failed)} FAILURE signal(s) out of {demand.count}. Unable to satisfy "
            f"{demand.percent}% MinSuccessfulInstancesPercent requirement"
        )
    missing = demand.count - len(signals)
    raise ResourceError(
        f"Failed to receive {missing} resource signal(s) within the specified duration"
    )
