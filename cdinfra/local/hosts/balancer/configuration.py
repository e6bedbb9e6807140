"""HAProxy's configuration for a load balancer, as files.

Each listener is a frontend. The first rule that matches leaves its number in a variable, and
one line for each rule does what that rule says; so the order of the rules is kept, whatever
order HAProxy gives to kinds of actions. Files are named by where they lie beside the
configuration, so that it can be tried in another folder than the one where it will lie.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from cdinfra.local.hosts.balancer.model import (
    Action,
    Balancer,
    FixedResponse,
    Forward,
    Listener,
    NotCarried,
    Redirect,
    Rule,
    TargetGroup,
)
from cdinfra.local.hosts.balancer.quoting import (
    UnsafeTextError,
    literal_format,
    quoted,
    wildcard_regex,
)
from cdinfra.local.hosts.balancer.runtime import Server, server_settings

FOLDER = "/var/lib/balancer"
CURRENT = f"{FOLDER}/current"
"""Where the files lie that HAProxy works with; the next ones are tried beside it."""

CONFIGURATION = "haproxy.cfg"
SOCKET = f"{FOLDER}/haproxy.sock"
"""HAProxy's runtime API: inside of the container only."""

USE = "    use_backend"
DICE = 1000
"""Into how many parts the requests are divided among the groups of a forward action."""

CONNECT_SECONDS = 10
"""Source: Application Load Balancers user guide, "Troubleshoot", HTTP 504."""

HEAD = f"""\
global
    default-path config
    nbthread 1
    maxconn 4000
    spread-checks 0
    stats socket {SOCKET} mode 600 level admin expose-fd listeners
    ssl-default-bind-options ssl-min-ver TLSv1.2

defaults
    mode http
    retries 0
    option idle-close-on-response
    timeout connect {CONNECT_SECONDS}s
"""

VALUES = {
    "protocol": "%[var(txn.protocol)]",
    "host": "%[req.hdr(host),host_only]",
    "port": "%[dst_port]",
    "path": "%[path,regsub(^/,)]",
    "query": "%[query]",
}
"""What ``#{…}`` of a redirect stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What HAProxy is given, by file name.

    Attributes:
        texts: The files.
    """

    texts: Mapping[str, str]


def build_files(balancer: Balancer, servers: Mapping[str, Sequence[Server]]) -> Files:
    """Build a load balancer's files.

    Args:
        balancer: The load balancer.
        servers: The servers that a new process begins with, by backend; what is to be
            trusted at once, and nothing else.
    """
    extra: dict[str, str] = {}
    parts = [HEAD + _timeouts(balancer)]
    problems = {group.arn: group.problem for group in balancer.groups if group.problem}
    names = {group.arn: group.name for group in balancer.groups if not group.problem}
    for listener in balancer.listeners:
        for number, certificate in enumerate(listener.certificates):
            extra[f"tls-{listener.port}/{number:02}.pem"] = certificate
        frontend = Frontend(balancer, listener, names=names, problems=problems)
        parts.append("\n".join(frontend.lines()) + "\n")
        extra.update(frontend.bodies)
    parts += [
        "\n".join(_backend(group, servers.get(group.name, ()))) + "\n"
        for group in balancer.groups
        if not group.problem
    ]
    return Files(texts={CONFIGURATION: "\n".join(parts), **extra})


def _timeouts(balancer: Balancer) -> str:
    names = ("client", "server", "tunnel", "http-keep-alive")
    return "".join(f"    timeout {name} {balancer.idle_seconds}s\n" for name in names)


class Frontend:
    """The lines of one listener.

    Args:
        balancer: Whose listener it is.
        listener: The listener.
        names: Names of the target groups' backends, by ARN.
        problems: What is not carried of target groups, by ARN.
    """

    def __init__(
        self,
        balancer: Balancer,
        listener: Listener,
        *,
        names: Mapping[str, str],
        problems: Mapping[str, str],
    ) -> None:
        self._balancer = balancer
        self._listener = listener
        self._names = names
        self._problems = problems
        self.bodies: dict[str, str] = {}

    def lines(self) -> Iterator[str]:
        """Yield the lines; the bodies of fixed answers are files beside them."""
        listener = self._listener
        protocol = "https" if listener.is_tls else "http"
        yield f"frontend listener-{listener.port}"
        tls = f" ssl crt tls-{listener.port}/ alpn h2,http/1.1" if listener.is_tls else ""
        yield f"    bind :{listener.port}{tls}"
        yield f"    http-request set-var(txn.protocol) str({protocol})"
        yield "    http-request set-var(txn.dice) rand(" + str(DICE) + ")"
        yield from self._matching()
        yield from _forwarded_for(self._balancer.forwarded_for)
        yield f"    http-request set-header X-Forwarded-Proto {protocol}"
        yield f"    http-request set-header X-Forwarded-Port {listener.port}"
        acting = [*self._all_acting()]
        # HAProxy does what begins with http-request first, wherever it stands.
        yield from sorted(acting, key=lambda line: line.startswith(USE))
        # A target that cannot be connected to is 502 for a client; HAProxy says 503, as it
        # does where there is no target at all.
        yield (
            "    http-after-response set-status 502 if { status 503 } { srv_id -m found } "
            "!{ var(txn.answered) -m bool }"
        )

    def _matching(self) -> Iterator[str]:
        for number, rule in enumerate(self._listener.rules):
            words = ["!{ var(txn.rule) -m found }", *_conditions(rule)]
            yield f"    http-request set-var(txn.rule) int({number}) if {' '.join(words)}"

    def _all_acting(self) -> Iterator[str]:
        for number, rule in enumerate(self._listener.rules):
            yield from self._acting(number, rule.action)

    def _acting(self, number: int, action: Action) -> Iterator[str]:
        when = f"{{ var(txn.rule) -m int {number} }}"
        try:
            yield from self._action(number, action, when)
        except UnsafeTextError as error:
            yield from self._refusal(number, str(error), when)

    def _action(self, number: int, action: Action, when: str) -> Iterator[str]:
        match action:
            case Forward():
                yield from self._forward(number, action, when)
            case Redirect():
                yield from _redirect(action, when)
            case FixedResponse():
                yield self._fixed(number, action, when)
            case NotCarried():
                yield from self._refusal(number, action.what, when)
            case _:
                assert_never(action)

    def _forward(self, number: int, action: Forward, when: str) -> Iterator[str]:
        for share in action.shares:
            if share.group not in self._names:
                problem = self._problems.get(share.group, "a target group that is not there")
                yield from self._refusal(number, problem, when)
                return
        total = sum(share.weight for share in action.shares)
        below = 0
        for share in action.shares:
            below += share.weight
            limit = DICE * below // total if total else 0
            chosen = f"{when} {{ var(txn.dice) -m int lt {limit} }}"
            yield f"{USE} {self._names[share.group]} if {chosen}"

    def _fixed(self, number: int, action: FixedResponse, when: str) -> str:
        answer = f"    http-request return status {action.status}"
        if action.body:
            answer += f" content-type {quoted(action.content_type or 'text/plain')}"
            answer += f" file {self._body(number, action.body)}"
        return f"{answer} if {when}"

    def _refusal(self, number: int, what: str, when: str) -> Iterator[str]:
        body = self._body(number, f"The local cloud does not carry this: {what}\n")
        yield (
            f"    http-request return status 501 content-type 'text/plain; charset=utf-8' "
            f"file {body} if {when}"
        )

    def _body(self, number: int, text: str) -> str:
        name = f"body-{self._listener.port}-{number}"
        self.bodies[name] = text
        return name


def _conditions(rule: Rule) -> Iterator[str]:
    for condition in rule.conditions:
        case = " -i" if condition.ignore_case else ""
        patterns = " ".join(quoted(wildcard_regex(each)) for each in condition.patterns)
        yield f"{{ {condition.fetch} -m reg{case} -- {patterns} }}"


def _forwarded_for(mode: str) -> Iterator[str]:
    name = "X-Forwarded-For"
    match mode:
        case "remove":
            yield f"    http-request del-header {name}"
        case "preserve":
            return
        case _:
            yield f"    http-request set-var(txn.came) req.fhdr({name})"
            yield f"    http-request set-header {name} %[src] if !{{ var(txn.came) -m found }}"
            yield (
                f"    http-request set-header {name} '%[var(txn.came)], %[src]' "
                "if { var(txn.came) -m found }"
            )


def _redirect(action: Redirect, when: str) -> Iterator[str]:
    """Yield the lines of a redirect; an empty query leaves no question mark behind."""
    location = (
        f"{_filled(action.protocol).lower()}://{_filled(action.host)}"
        f":{_filled(action.port)}{_filled(action.path)}"
    )
    code = f"    http-request redirect code {action.status} location"
    if action.query == "#{query}":
        some = f"{location}?{_filled(action.query)}"
        yield f"{code} {quoted(some)} if {when} {{ query -m len gt 0 }}"
        yield f"{code} {quoted(location)} if {when}"
    elif action.query:
        yield f"{code} {quoted(f'{location}?{_filled(action.query)}')} if {when}"
    else:
        yield f"{code} {quoted(location)} if {when}"


def _filled(template: str) -> str:
    parts = literal_format(template)
    for name, value in VALUES.items():
        parts = parts.replace(f"#{{{name}}}", value)
    return parts


def _backend(group: TargetGroup, servers: Iterable[Server]) -> Iterator[str]:
    check = group.check
    statuses = ",".join(
        str(low) if low == high else f"{low}-{high}" for low, high in check.statuses
    )
    yield f"backend {group.name}"
    yield f"    balance {group.algorithm}"
    yield "    option httpchk"
    yield f"    timeout check {check.timeout_seconds}s"
    yield (
        f"    http-check send meth GET uri {quoted(check.path)} ver HTTP/1.1 "
        f"hdr Host {quoted(group.name)} hdr User-Agent 'ELB-HealthChecker/2.0'"
    )
    yield f"    http-check expect status {statuses}"
    yield "    http-response set-var(txn.answered) bool(true)"
    for server in servers:
        yield f"    server {server.name} {server.address}:{server.port} {server_settings(server)}"
