"""What moto says of load balancers, put right: address, state, and the health of targets."""

from collections.abc import Mapping, Sequence
from typing import Any

from moto.elbv2.exceptions import ResourceInUseError, TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeLoadBalancer

from cdinfra.local.hosts.balancer.balancers import Balancers
from cdinfra.local.hosts.balancer.container import FREE_PORT
from cdinfra.local.hosts.balancer.health import NOT_REGISTERED

_create_load_balancer = ELBv2Backend.create_load_balancer
_create_listener = ELBv2Backend.create_listener
_modify_listener = ELBv2Backend.modify_listener


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

    def create_listener(self: Any, *, load_balancer_arn: str, port: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - moto's own types
        check_port(balancers, self.load_balancers.get(load_balancer_arn), port)
        return _create_listener(self, load_balancer_arn=load_balancer_arn, port=port, **kwargs)

    def modify_listener(self: Any, arn: str, port: Any = None, *args: Any) -> Any:  # noqa: ANN401 - moto's own types
        balancer = self.load_balancers.get(balancer_of(arn))
        listener = balancer.listeners.get(arn) if balancer else None
        if listener is not None and str(listener.port) != str(port):
            check_port(balancers, balancer, port)
        return _modify_listener(self, arn, port, *args)

    def describe_target_health(
        self: Any,  # noqa: ANN401 - moto's own type
        target_group_arn: str,
        targets: Sequence[Mapping[str, Any]] | None,
    ) -> list[Any]:
        return described_health(balancers, self, target_group_arn, targets)

    ELBv2Backend.create_load_balancer = create_load_balancer
    ELBv2Backend.create_listener = create_listener
    ELBv2Backend.modify_listener = modify_listener
    ELBv2Backend.describe_target_health = describe_target_health
    FakeLoadBalancer.activate = lambda self: _show_state(balancers, self)
    FakeLoadBalancer.load_balancer_state = property(
        lambda self: {"Code": self.state, "Reason": getattr(self, "why", None)}
    )


def balancer_of(listener_arn: str) -> str:
    """Return the ARN of the load balancer that a listener belongs to.

    >>> balancer_of("arn:aws:elasticloadbalancing:x:1:listener/app/web/0123/4567")
    'arn:aws:elasticloadbalancing:x:1:loadbalancer/app/web/0123'
    """
    return listener_arn.replace(":listener/", ":loadbalancer/").rpartition("/")[0]


def check_port(balancers: Balancers, balancer: Any, port: Any) -> None:  # noqa: ANN401 - moto's own types
    """Refuse a listener whose port somebody else has on this machine.

    In AWS nobody can have it; here a listener that is never served would look like a good one.

    Args:
        balancers: What runs the load balancers.
        balancer: moto's load balancer; None where there is none.
        port: The port that is asked for; None where none is.

    Raises:
        ResourceInUseError: Somebody else has it.
    """
    if balancer is None or balancer.type != "application" or port is None:
        return
    if not balancers.can_have(balancer.arn, int(port)):
        raise ResourceInUseError(
            f"port {port} of {balancers.address(balancer.arn)} is taken on this machine: "
            f"{FREE_PORT}, or give the listener another one"
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
