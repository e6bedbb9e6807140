"""What moto says of load balancers, put right: address, state, and the health of targets."""

from collections.abc import Mapping, Sequence
from typing import Any

from moto.elbv2.exceptions import TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeLoadBalancer

from cdinfra.local.hosts.balancer.balancers import Balancers
from cdinfra.local.hosts.balancer.health import NOT_REGISTERED

_create_load_balancer = ELBv2Backend.create_load_balancer


def install(balancers: Balancers) -> None:
    """Replace moto's answers by those below.

    Args:
        balancers: What runs the load balancers.
    """

    def create_load_balancer(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - moto's own types
        made = _create_load_balancer(self, *args, **kwargs)
        if made.type == "application":
            made.dns_name = balancers.address(made.arn)
        return made

    def describe_target_health(
        self: Any,  # noqa: ANN401 - moto's own type
        target_group_arn: str,
        targets: Sequence[Mapping[str, Any]] | None,
    ) -> list[Any]:
        return described_health(balancers, self, target_group_arn, targets)

    ELBv2Backend.create_load_balancer = create_load_balancer
    ELBv2Backend.describe_target_health = describe_target_health
    FakeLoadBalancer.activate = lambda self: _show_state(balancers, self)
    FakeLoadBalancer.load_balancer_state = property(
        lambda self: {"Code": self.state, "Reason": getattr(self, "why", None)}
    )


def _show_state(balancers: Balancers, balancer: Any) -> None:  # noqa: ANN401 - moto's own type
    """Bring what a load balancer says of itself in line with its container."""
    view = balancers.view(balancer.arn)
    ports = sorted({int(listener.port) for listener in list(balancer.listeners.values())})
    if balancer.type != "application" or (list(view.ports) == ports and not view.problem):
        balancer.state, balancer.why = "active", None
    else:
        balancer.state = "failed" if view.problem else "provisioning"
        balancer.why = view.problem or None


def described_health(
    balancers: Balancers,
    backend: Any,  # noqa: ANN401 - moto's own type
    arn: str,
    asked: Sequence[Mapping[str, Any]] | None,
) -> list[Any]:
    """Return the health of targets: of those asked for, or of all of a group.

    Args:
        balancers: What runs the load balancers.
        backend: moto's backend.
        arn: ARN of the target group.
        asked: The targets that were asked for.
    """
    group = backend.target_groups.get(arn)
    if group is None:
        raise TargetGroupNotFoundError
    known = balancers.group_health(backend, group)
    keys = [_key(target, known, group) for target in asked] if asked else list(known)
    found = []
    for key in keys:
        health = known.get(key, NOT_REGISTERED)
        target_id, _, port = key.rpartition(":")
        check_port = group.health_check_port
        found.append(
            FakeHealthStatus(
                target_id,
                port,
                port if check_port == "traffic-port" else check_port,
                health.state,
                health.reason,
                health.description,
            )
        )
    return found


def _key(target: Mapping[str, Any], known: Mapping[str, Any], group: Any) -> str:  # noqa: ANN401 - moto's own type
    """Return which target is asked for; without a port the one that is registered."""
    target_id = str(target["Id"])
    if port := target.get("Port"):
        return f"{target_id}:{port}"
    ports = [key for key in known if key.rpartition(":")[0] == target_id]
    return ports[0] if ports else f"{target_id}:{group.port}"
