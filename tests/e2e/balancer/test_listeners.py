"""Listeners and rules of a real load balancer."""

import json
import socket
import ssl
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Thread
from typing import Any, Self

import pytest
from botocore.exceptions import ClientError, WaiterError

from cdinfra.aws.connection import Clients
from cdinfra.local.hosts.docker import Docker

Make = Callable[..., Any]
Wait = Callable[..., None]
HOSTILE = ["it's", '" }', "%[env(HOME)]", "$HOME", "a b", "#{x}", "\\", "}; exit", "-f"]


def fixed(body: str, status: str = "200") -> dict[str, Any]:
    config = {"StatusCode": status, "ContentType": "text/plain", "MessageBody": body}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def path(*patterns: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}


def test_rules_are_tried_in_the_order_of_their_priorities(web: Any, wait: Wait) -> None:
    web.rule(20, [path("/a*")], fixed("late\n"))
    web.rule(10, [path("/ab?")], fixed("early\nof two lines", "202"))
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.EXAMPLE.org"]}}
    web.rule(5, [host, path("/abc")], fixed("both", "404"))
    wait(lambda: web.get("/abc", host="x.example.org:80").status == 404, seconds=60)

    assert web.get("/abc", host="x.example.org:80").body == "both"
    assert web.get("/abc").body == "early\nof two lines"
    assert web.get("/abc").status == 202
    assert web.get("/abcd").body == "late\n"
    assert web.get("/b").status == 503


def test_hostile_texts_stay_texts(web: Any, wait: Wait) -> None:
    for number, text in enumerate(HOSTILE, 1):
        web.rule(number, [path(f"/{number}{text}")], fixed(f"{number} {text}\n{text}"))
    query = {"Key": "x", "Value": "it's*"}
    web.rule(90, [{"Field": "query-string", "QueryStringConfig": {"Values": [query]}}], fixed("q"))
    wait(lambda: web.get("/?x=it's+so").body == "q", seconds=60)

    for number, text in enumerate(HOSTILE, 1):
        if not set(text) & set(" #"):  # these can be part of no request
            assert web.get(f"/{number}{text}").body == f"{number} {text}\n{text}"
    assert web.get("/1it").status == 503


def test_a_redirect_keeps_what_it_does_not_change(web: Any, wait: Wait) -> None:
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    web.elb.modify_listener(
        ListenerArn=web.listener, DefaultActions=[{"Type": "redirect", "RedirectConfig": config}]
    )
    other = {"Host": "www.#{host}", "Path": "/new/#{path}", "Query": "from=100%&#{query}"}
    web.rule(
        1,
        [path("/old/*")],
        {"Type": "redirect", "RedirectConfig": {**other, "StatusCode": "HTTP_302"}},
    )
    wait(lambda: web.get("/").status == 301, seconds=60)
    # The rule may come a round after the listener's own action.
    wait(lambda: web.get("/old/a").status == 302, seconds=60)

    assert web.get("/").headers["location"] == f"https://{web.address}:443/"
    answer = web.get("/a/b?c=d", host="shop.example.org")
    assert answer.headers["location"] == "https://shop.example.org:443/a/b?c=d"
    answer = web.get("/old/a?c=d", host="example.org:80")
    assert answer.status == 302
    expected = "http://www.example.org:80/new/old/a?from=100%&c=d"
    assert answer.headers["location"] == expected


def test_what_is_not_carried_answers_so(web: Any, make_app: Make, wait: Wait) -> None:
    web.elb.modify_target_group_attributes(
        TargetGroupArn=web.group, Attributes=[{"Key": "stickiness.enabled", "Value": "true"}]
    )
    wait(lambda: web.get("/").status == 501, seconds=60)

    expected = "The local cloud does not carry this: the attribute stickiness.enabled=true"
    assert web.get("/").body.startswith(expected)
    app = make_app()
    web.register(app)
    assert web.health(app) == ("unavailable", "Elb.InternalError")


def test_a_listener_that_comes_later_has_the_same_address(
    web: Any, clients: Clients, make_app: Make, wait: Wait
) -> None:
    app = make_app()
    web.register(app)
    web.wait_for(app, "healthy")
    acm = clients.client("acm")
    certificate = acm.request_certificate(DomainName="shop.example.org")["CertificateArn"]
    web.elb.create_listener(
        LoadBalancerArn=web.arn,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": web.group}],
    )

    def body() -> str:
        trusting = ssl._create_unverified_context()  # noqa: S323, SLF001 - nobody issued it
        connection = HTTPSConnection(web.address, 443, timeout=5, context=trusting)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read().decode().lower()
        finally:
            connection.close()

    wait(lambda: body().startswith(app.name), seconds=60)

    assert "x-forwarded-proto: https" in body()
    assert web.get("/").status == 200
    shown = ssl.get_server_certificate((web.address, 443))
    kept = acm.get_certificate(CertificateArn=certificate)["Certificate"]
    assert shown.strip() == kept.strip()
    wait(lambda: web.shown()["State"]["Code"] == "active", seconds=60)
    assert web.shown()["DNSName"] == web.address


def test_a_certificate_that_is_taken_away_is_served_no_more_and_its_key_is_gone(
    web: Any, clients: Clients, docker: Docker, wait: Wait
) -> None:
    acm = clients.client("acm")
    first, second = (
        acm.request_certificate(DomainName=f"{name}.example.org")["CertificateArn"]
        for name in ("first", "second")
    )
    listener = web.elb.create_listener(
        LoadBalancerArn=web.arn,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": first}],
        DefaultActions=[fixed("x")],
    )["Listeners"][0]["ListenerArn"]
    web.elb.add_listener_certificates(
        ListenerArn=listener, Certificates=[{"CertificateArn": second}]
    )
    wait(lambda: served(web.address, "second.example.org") == text_of(acm, second), seconds=60)
    label = f"label=cdinfra.balancer={web.arn}"
    (name,) = docker.run("ps", "--filter", label, "--format", "{{.Names}}").splitlines()
    count = "find /var/lib/balancer -type f -exec grep -l 'PRIVATE KEY' {} + | wc -l"
    assert docker.run("exec", name, "sh", "-c", count) == "2"

    web.elb.remove_listener_certificates(
        ListenerArn=listener, Certificates=[{"CertificateArn": second}]
    )

    wait(lambda: served(web.address, "second.example.org") == text_of(acm, first), seconds=60)
    assert docker.run("exec", name, "sh", "-c", count) == "1"
    assert served(web.address, "first.example.org") == text_of(acm, first)


def served(address: str, name: str) -> str:
    """Return the certificate that a client gets who asks for a name."""
    trusting = ssl._create_unverified_context()  # noqa: S323, SLF001 - nobody issued it
    with (
        socket.create_connection((address, 443), timeout=5) as plain,
        trusting.wrap_socket(plain, server_hostname=name) as connection,
    ):
        return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True)).strip()


def text_of(acm: Any, arn: str) -> str:
    """Return a certificate of ACM."""
    return str(acm.get_certificate(CertificateArn=arn)["Certificate"]).strip()


class Load:
    """Clients that ask again and again, and note what failed."""

    def __init__(self, web: Any, *, keeps_alive: bool) -> None:
        self._web = web
        self._keeps_alive = keeps_alive
        self._stop = Event()
        self.failed: list[str] = []
        self.served = 0
        self._threads = [Thread(target=self._run) for _ in range(8)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        connection = HTTPConnection(self._web.address, timeout=60)
        while not self._stop.wait(0.005):
            try:
                self._ask(connection)
            except (HTTPException, OSError) as error:
                self.failed.append(repr(error))
                connection.close()
            if not self._keeps_alive:
                connection.close()
        connection.close()

    def _ask(self, connection: HTTPConnection) -> None:
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        self.served += 1
        if response.status != 200:
            self.failed.append(str(response.status))


@pytest.mark.parametrize("keeps_alive", [True, False])
def test_no_request_is_dropped_while_targets_and_rules_change(
    web: Any, make_app: Make, *, keeps_alive: bool
) -> None:
    first, second = make_app(), make_app()
    web.register(first)
    web.wait_for(first, "healthy")
    with Load(web, keeps_alive=keeps_alive) as load:
        for number in range(3):
            web.register(second)
            web.wait_for(second, "healthy")
            rule = web.rule(10 + number, [path("/no")], fixed("x"))
            time.sleep(1)
            web.deregister(first)
            web.elb.delete_rule(RuleArn=rule)
            time.sleep(1.5)
            first, second = second, first

    assert load.failed == []
    assert load.served > 500


def test_a_container_that_somebody_ends_is_made_anew(
    web: Any, docker: Docker, make_app: Make, wait: Wait
) -> None:
    app = make_app()
    web.register(app)
    web.wait_for(app, "healthy")
    (name,) = docker.run(
        "ps", "--filter", f"label=cdinfra.balancer={web.arn}", "--format", "{{.Names}}"
    ).splitlines()

    docker.run("kill", name)

    wait(lambda: web.get("/").body.startswith(app.name), seconds=60)
    assert web.health(app)[0] == "healthy"


def test_a_load_balancer_that_is_deleted_leaves_nothing(
    web: Any, docker: Docker, wait: Wait
) -> None:
    label = f"label=cdinfra.balancer={web.arn}"
    assert docker.run("ps", "--all", "--quiet", "--filter", label)

    web.elb.delete_load_balancer(LoadBalancerArn=web.arn)

    wait(lambda: not docker.run("ps", "--all", "--quiet", "--filter", label), seconds=60)


def test_two_load_balancers_have_port_80_each(make_web: Make) -> None:
    one, other = make_web(), make_web()
    assert one.address != other.address
    assert one.get("/").status == other.get("/").status == 503


def test_a_listener_whose_port_is_taken_is_refused_with_that_reason(
    make_web: Make, docker: Docker, app_image: str
) -> None:
    web = make_web()
    name = f"balancer-taken-{web.address}"
    docker.run(
        *("run", "--detach", "--name", name, "--publish", f"{web.address}:8081:80"),
        *("--entrypoint", "sleep", app_image, "600"),
    )
    try:
        with pytest.raises(ClientError, match=f"port 8081 of {web.address} is taken"):
            web.elb.create_listener(
                LoadBalancerArn=web.arn,
                Protocol="HTTP",
                Port=8081,
                DefaultActions=[fixed("x")],
            )
        with pytest.raises(ClientError, match="port 8081 of"):
            web.elb.modify_listener(ListenerArn=web.listener, Port=8081)
    finally:
        docker.run("rm", "--force", name)

    assert web.get("/").status == 503
    web.elb.modify_listener(ListenerArn=web.listener, Port=8081)


def test_a_stack_whose_port_is_taken_fails_at_its_listener_with_that_reason(
    clients: Clients,
) -> None:
    subnets = clients.client("ec2").describe_subnets()["Subnets"][:2]
    cloudformation = clients.client("cloudformation")
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        answer = {"StatusCode": "200"}
        template = {
            "Resources": {
                "Balancer": {
                    "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
                    "Properties": {"Subnets": [each["SubnetId"] for each in subnets]},
                },
                "Listener": {
                    "Type": "AWS::ElasticLoadBalancingV2::Listener",
                    "Properties": {
                        "LoadBalancerArn": {"Ref": "Balancer"},
                        "Protocol": "HTTP",
                        "Port": port,
                        "DefaultActions": [
                            {"Type": "fixed-response", "FixedResponseConfig": answer}
                        ],
                    },
                },
            }
        }
        cloudformation.create_stack(StackName="taken", TemplateBody=json.dumps(template))
        with pytest.raises(WaiterError):
            cloudformation.get_waiter("stack_create_complete").wait(
                StackName="taken", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
            )
    events = cloudformation.describe_stack_events(StackName="taken")["StackEvents"]
    (failed,) = (each for each in events if each["ResourceStatus"] == "CREATE_FAILED")
    assert failed["LogicalResourceId"] == "Listener"
    assert f"port {port} of 127.77." in failed["ResourceStatusReason"]
    assert "is taken on this machine: end what has the port" in failed["ResourceStatusReason"]
