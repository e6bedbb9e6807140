"""What DescribeTargetHealth says of a target.

Source: Elastic Load Balancing API reference, ``TargetHealth``; Application Load Balancers user
guide, "Check the health of your targets".
"""

from dataclasses import dataclass

from cdinfra.local.hosts.balancer.model import Target
from cdinfra.local.hosts.balancer.runtime import ServerState
from cdinfra.local.hosts.balancer.targets import Phase, Tracked


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHealth:
    """How a target is.

    Attributes:
        state: ``initial``, ``healthy``, ``unhealthy``, ``draining``, ``unused`` or
            ``unavailable``.
        reason: Code of the reason; None where it is healthy.
        description: The reason in a sentence; None where it is healthy.
    """

    state: str
    reason: str | None = None
    description: str | None = None


HEALTHY = TargetHealth(state="healthy")
NOT_REGISTERED = TargetHealth(
    state="unused",
    reason="Target.NotRegistered",
    description="Target is not registered to the target group",
)
NOT_IN_USE = TargetHealth(
    state="unused",
    reason="Target.NotInUse",
    description="Target group is not configured to receive traffic from the load balancer",
)
NOT_RUNNING = TargetHealth(
    state="unused",
    reason="Target.InvalidState",
    description="Target is in the stopped or terminated state",
)
REGISTERING = TargetHealth(
    state="initial",
    reason="Elb.RegistrationInProgress",
    description="Target registration is in progress",
)
FIRST_CHECKS = TargetHealth(
    state="initial",
    reason="Elb.InitialHealthChecking",
    description="Initial health checks in progress",
)
DRAINING = TargetHealth(
    state="draining",
    reason="Target.DeregistrationInProgress",
    description="Target deregistration is in progress",
)


def not_carried(problem: str) -> TargetHealth:
    """Return what is known of a target whose group is not carried: nothing.

    Args:
        problem: What is not carried.
    """
    return TargetHealth(
        state="unavailable",
        reason="Elb.InternalError",
        description=f"the local cloud does not carry {problem}",
    )


def target_health(target: Target | None, tracked: Tracked | None, *, is_used: bool) -> TargetHealth:
    """Return how a target is.

    Args:
        target: The target; None where it is not registered.
        tracked: What has become of it; None where nothing is known.
        is_used: Whether a listener forwards to its group.
    """
    if target is None:
        return DRAINING if tracked else NOT_REGISTERED
    if not is_used:
        return NOT_IN_USE
    if not target.is_running:
        return NOT_RUNNING
    if tracked is None or tracked.phase is Phase.DRAINING:
        return REGISTERING
    if tracked.phase is Phase.INITIAL:
        return FIRST_CHECKS if tracked.state else REGISTERING
    return HEALTHY if tracked.sound else _unhealthy(tracked.state)


def _unhealthy(state: ServerState | None) -> TargetHealth:
    check = state.check if state else ""
    if state and check == "L7STS" and state.check_status is not None:
        return TargetHealth(
            state="unhealthy",
            reason="Target.ResponseCodeMismatch",
            description=f"Health checks failed with these codes: [{state.check_status}]",
        )
    if check.endswith("TOUT"):
        return TargetHealth(
            state="unhealthy", reason="Target.Timeout", description="Request timed out"
        )
    return TargetHealth(
        state="unhealthy",
        reason="Target.FailedHealthChecks",
        description="Health checks failed",
    )
