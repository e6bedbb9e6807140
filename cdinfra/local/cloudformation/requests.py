"""What a resource type is given: one resource, the stack around it, and the waits for its hosts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cdinfra.local.cloudformation.intrinsics import Resolver
from cdinfra.local.cloudformation.services import Services
from cdinfra.local.cloudformation.signals import (
    AwaitedHosts,
    Demand,
    Signal,
    check_signals,
    parse_duration,
)
from cdinfra.local.cloudformation.state import Stack, StackResource
from cdinfra.local.cloudformation.status import IN_PROGRESS
from cdinfra.local.cloudformation.stop import StopSignal
from cdinfra.local.resources.contract import Properties, Request, ResourceError

DEFAULT_SIGNAL_TIMEOUT = "PT5M"
"""How long a creation policy waits where it does not say.

Source: AWS CloudFormation User Guide, "CreationPolicy attribute".
"""


def signal_key(stack_id: str, logical_id: str) -> str:
    """Return the signal board's key of a resource.

    Args:
        stack_id: ARN of its stack.
        logical_id: Its name in the template.
    """
    return f"{stack_id}/{logical_id}"


def receive_signal(services: Services, stack: Stack, logical_id: str, signal: Signal) -> None:
    """Take a signal for a resource: tell it as an event, then wake who waits for it.

    Args:
        services: The engine's means.
        stack: The stack.
        logical_id: The resource.
        signal: The signal; a second one of the same sender counts for nothing.
    """
    key = signal_key(stack.stack_id, logical_id)
    with stack.lock:
        if any(one.unique_id == signal.unique_id for one in services.board.received(key)):
            return
        record = stack.resources[logical_id]
        reason = f"Received {signal.status} signal with UniqueId {signal.unique_id}"
        if signal.reason:
            reason = f"{reason} ({signal.reason})"
        if record.status in IN_PROGRESS:
            stack.tell(replace(record, reason=reason, updated_at=services.clock.now()))
        services.board.add(key, signal)


class Requests:
    """Builds the requests of one phase, and waits for the signals that they ask for.

    Args:
        services: The engine's means.
        stack: The stack.
        stop: Ends the waits.
        tags: The stack's tags.
        resolver: Resolves policies; None where only deletes are made.
    """

    def __init__(
        self,
        services: Services,
        stack: Stack,
        stop: StopSignal,
        tags: Mapping[str, str],
        resolver: Resolver | None,
    ) -> None:
        self._services = services
        self._stack = stack
        self._stop = stop
        self._tags = tags
        self._resolver = resolver

    def build(self, record: StackResource, properties: Properties) -> Request:
        """Return the request for an action on a resource.

        Args:
            record: The resource.
            properties: The properties that it shall have, or has.
        """
        stack = self._stack
        return Request(
            logical_id=record.logical_id,
            stack_name=stack.name,
            stack_id=stack.stack_id,
            region=stack.region,
            account=stack.account,
            partition=stack.partition,
            properties=properties,
            tags={
                **self._tags,
                "aws:cloudformation:stack-name": stack.name,
                "aws:cloudformation:stack-id": stack.stack_id,
                "aws:cloudformation:logical-id": record.logical_id,
            },
            clients=self._services.clients(stack.region, stack.account),
            token=record.token,
            creation_policy=self._policy(record.definition.creation_policy),
            update_policy=self._policy(record.definition.update_policy),
            wait_for_signals=lambda percent, seconds, instances: self._await(
                record,
                Demand(
                    count=len(instances),
                    percent=percent,
                    timeout_seconds=seconds,
                    senders=frozenset(instances),
                ),
                instances,
            ),
            note=lambda reason: self._note(record, reason),
        )

    def await_creation_policy(self, record: StackResource, policy: Mapping[str, Any]) -> None:
        """Wait for the signals that a creation policy asks for.

        Args:
            record: The resource, made.
            policy: The resolved policy; without ``ResourceSignal`` there is nothing to wait for.

        Raises:
            ResourceError: Too few hosts signalled success.
        """
        signal = policy.get("ResourceSignal")
        if signal is None:
            return
        group = policy.get("AutoScalingCreationPolicy", {})
        demand = Demand(
            count=int(signal.get("Count", 1)),
            timeout_seconds=parse_duration(signal.get("Timeout", DEFAULT_SIGNAL_TIMEOUT)),
            percent=int(group.get("MinSuccessfulInstancesPercent", 100)),
        )
        self._await(record, demand, ())

    def _await(self, record: StackResource, demand: Demand, instance_ids: tuple[str, ...]) -> None:
        stack = self._stack
        hosts = AwaitedHosts(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_id=record.logical_id,
            resource_type=record.resource_type,
            physical_id=record.physical_id,
            instance_ids=instance_ids,
            region=stack.region,
            clients=self._services.clients(stack.region, stack.account),
        )
        for signal in self._services.hosts.awaited(hosts):
            receive_signal(self._services, stack, record.logical_id, signal)
        key = signal_key(stack.stack_id, record.logical_id)
        signals = self._services.board.wait(key, demand, self._stop)
        if self._stop.is_set():
            # A rolling update must not go on to the next batch without a sign of this one.
            raise ResourceError("Cancelled while it waited for signals")
        check_signals(signals, demand)

    def _policy(self, policy: Mapping[str, Any]) -> Properties:
        if self._resolver is None or not policy:
            return {}
        resolved: Properties = self._resolver.resolve(policy)
        return resolved

    def _note(self, record: StackResource, reason: str) -> None:
        self._stack.tell(replace(record, reason=reason, updated_at=self._services.clock.now()))
