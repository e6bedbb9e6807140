"""What a load balancer shall do, as its listeners, rules and target groups say."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One target group of a forward action.

    Attributes:
        group: ARN of the target group.
        weight: Its share of the requests, beside the others' weights.
    """

    group: str
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """Hands a request to a target group.

    Attributes:
        shares: The groups; at least one.
    """

    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Sends a client elsewhere; the parts may hold ``#{host}`` and the like.

    Attributes:
        status: 301 or 302.
        protocol: ``HTTP``, ``HTTPS`` or ``#{protocol}``.
        host: Host name.
        port: Port.
        path: Path, with the slash that it starts with.
        query: Query, without the question mark.
    """

    status: int
    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedResponse:
    """Answers by itself.

    Attributes:
        status: HTTP status.
        content_type: Media type; empty where there is no body.
        body: The body.
    """

    status: int
    content_type: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCarried:
    """Answers that the local cloud does not do this.

    Attributes:
        what: What it is.
    """

    what: str


Action: TypeAlias = Forward | Redirect | FixedResponse | NotCarried


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a request must have for a rule to match.

    Attributes:
        fetch: HAProxy's sample expression of what is compared; by construction harmless.
        patterns: Wildcard patterns, one of which must match the whole of it.
        ignore_case: Whether upper and lower case are the same.
    """

    fetch: str
    patterns: tuple[str, ...]
    ignore_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What happens to some requests.

    Attributes:
        conditions: All of these must hold; none always holds.
        action: What happens then.
    """

    conditions: tuple[Condition, ...] = ()
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A port of a load balancer.

    Attributes:
        port: The port.
        rules: Its rules in their order; the last one is the default.
        certificates: For TLS: PEM texts, each a certificate with its key, the default first.
    """

    port: int
    rules: tuple[Rule, ...]
    certificates: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_tls(self) -> bool:
        """Whether it speaks TLS."""
        return bool(self.certificates)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """How a target is tried.

    Attributes:
        path: Path and query of the request.
        statuses: Sound answers, as ranges of statuses, both ends included.
        port: Port; None is that of the target.
        is_tls: Whether to speak TLS.
        interval_seconds: Time between two checks.
        timeout_seconds: Time for an answer.
        healthy_threshold: Good answers in a row that bring a target back.
        unhealthy_threshold: Bad answers in a row that take it out.
    """

    path: str = "/"
    statuses: tuple[tuple[int, int], ...] = ((200, 200),)
    port: int | None = None
    is_tls: bool = False
    interval_seconds: int = 30
    timeout_seconds: int = 5
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """A target group.

    Attributes:
        arn: Its ARN.
        name: Name of its backend in HAProxy.
        check: Its health check.
        is_tls: Whether its targets speak TLS.
        algorithm: HAProxy's name of how it balances.
        deregistration_seconds: How long a target that leaves may finish its requests.
        problem: What about it is not carried; empty where all is.
    """

    arn: str
    name: str
    check: HealthCheck = field(default_factory=HealthCheck)
    is_tls: bool = False
    algorithm: str = "roundrobin"
    deregistration_seconds: int = 300
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """A load balancer.

    Attributes:
        arn: Its ARN.
        listeners: Its listeners.
        groups: The target groups that its rules forward to.
        idle_seconds: When a silent connection is cut.
        forwarded_for: What happens to ``X-Forwarded-For``: append, preserve or remove.
        problem: Why it cannot be run at all; empty where it can.
    """

    arn: str
    listeners: tuple[Listener, ...] = ()
    groups: tuple[TargetGroup, ...] = ()
    idle_seconds: int = 60
    forwarded_for: str = "append"
    problem: str = ""

    @property
    def ports(self) -> tuple[int, ...]:
        """Its listeners' ports, in order."""
        return tuple(sorted({listener.port for listener in self.listeners}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that is registered with a target group.

    Attributes:
        target_id: Instance id or IPv4 address.
        port: Port that gets the requests.
        address: IPv4 address; empty where it cannot be reached yet.
        is_running: Whether its instance runs, as the API has it.
    """

    target_id: str
    port: int
    address: str = ""
    is_running: bool = True

    @property
    def key(self) -> str:
        """What tells it from the other targets of its group, and names its server.

        >>> Target(target_id="i-0123", port=80).key
        'i-0123:80'
        """
        return f"{self.target_id}:{self.port}"
