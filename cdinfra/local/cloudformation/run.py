"""One phase after the other of an operation on a stack: the ground that all operations share."""

from collections.abc import Iterable
from dataclasses import dataclass

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.functions import IntrinsicError
from cdinfra.local.cloudformation.intrinsics import Resolver
from cdinfra.local.cloudformation.lookups import Lookups, exports_of
from cdinfra.local.cloudformation.operation import Operation
from cdinfra.local.cloudformation.resource_actions import ResourceActions
from cdinfra.local.cloudformation.scope import Scope
from cdinfra.local.cloudformation.services import Services
from cdinfra.local.cloudformation.stack_functions import FindResource
from cdinfra.local.cloudformation.state import Stack, StackResource, StackVersion
from cdinfra.local.cloudformation.stop import StopSignal
from cdinfra.local.cloudformation.store import RegionState
from cdinfra.local.resources.contract import Resource, ResourceError


def build_resolver(
    services: Services,
    state: RegionState,
    stack: Stack,
    version: StackVersion,
) -> Resolver:
    """Return what resolves a version's template over the stack's resources as they are.

    Args:
        services: The engine's means.
        state: The stack's region.
        stack: The stack.
        version: Template and parameters.
    """
    lookups = Lookups(services.clients(stack.region, stack.account))
    scope = Scope(
        stack_name=stack.name,
        stack_id=stack.stack_id,
        region=stack.region,
        account=stack.account,
        partition=stack.partition,
        url_suffix="amazonaws.com.cn" if stack.partition == "aws-cn" else "amazonaws.com",
        notification_arns=version.notification_arns,
        zones=lookups.zones() if "GetAZs" in version.template.body else (),
        parameters=version.parameters,
        exports={name: value for name, (_, value) in exports_of(state).items()},
    )
    return Resolver(version.template, scope, resource=resources_of(stack), dynamic=lookups.resolve)


def resources_of(stack: Stack) -> FindResource:
    """Return what finds the resources of a stack for references."""

    def find(logical_id: str) -> Resource | None:
        found = stack.resources.get(logical_id)
        return found.resource if found is not None and found.exists else None

    return find


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An operation on a stack while it runs.

    Attributes:
        services: The engine's means.
        state: The stack's region.
        stack: The stack.
        operation: The operation.
    """

    services: Services
    state: RegionState
    stack: Stack
    operation: Operation

    def transition(self, status: StackStatus, reason: str = "") -> None:
        """Give the stack a new status now.

        Args:
            status: The new status.
            reason: Why.
        """
        self.stack.transition(status, self.services.clock.now(), reason)

    def begin_phase(self) -> StopSignal:
        """Begin a new phase, which an earlier request to stop does not end."""
        with self.stack.lock:
            self.operation.stop = StopSignal()
            return self.operation.stop

    def resolver(self, version: StackVersion) -> Resolver:
        """Return what resolves a version over the stack's resources as they are.

        Args:
            version: Template and parameters.
        """
        return build_resolver(self.services, self.state, self.stack, version)

    def actions(
        self, version: StackVersion | None, resolver: Resolver | None, *, go_on: bool = False
    ) -> ResourceActions:
        """Return what acts on the stack's resources in this phase.

        Args:
            version: What the stack shall become.
            resolver: Resolves the version.
            go_on: Whether others go on after a failure.
        """
        return ResourceActions(
            self.services, self.stack, self.operation, version, resolver, go_on=go_on
        )


def names_of(records: Iterable[StackResource]) -> str:
    """Return the logical ids of resources as a status reason lists them."""
    return f"[{', '.join(record.logical_id for record in records)}]"


RESOLUTION_ERRORS = (IntrinsicError, ResourceError)
"""What resolving a template may raise."""
