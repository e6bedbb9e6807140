import os
from pathlib import Path

from cdinfra.local.hosts.balancer.configuration import CONFIGURATION, build_files
from cdinfra.local.hosts.balancer.model import (
    Balancer,
    Condition,
    FixedResponse,
    Forward,
    HealthCheck,
    Listener,
    NotCarried,
    Redirect,
    Rule,
    Share,
    TargetGroup,
)
from cdinfra.local.hosts.balancer.runtime import Server

GOLDEN = Path(__file__).parents[4] / "golden" / "haproxy.cfg"
WEB = TargetGroup(
    arn="web",
    name="web-0123",
    check=HealthCheck(
        path="/health?full=it's",
        statuses=((200, 299), (404, 404)),
        interval_seconds=10,
        healthy_threshold=2,
        unhealthy_threshold=3,
    ),
)
NEXT = TargetGroup(arn="next", name="next-4567", algorithm="leastconn", is_tls=True)
STICKY = TargetGroup(arn="sticky", name="sticky-89ab", problem="the attribute stickiness")
BOTH = Forward(shares=(Share(group="web", weight=9), Share(group="next", weight=1)))
EVERYTHING = Balancer(
    arn="shop",
    idle_seconds=30,
    groups=(WEB, NEXT, STICKY),
    listeners=(
        Listener(port=80, rules=(Rule(action=Redirect(status=301, protocol="HTTPS", port="443")),)),
        Listener(
            port=443,
            certificates=("one\n", "two\n"),
            rules=(
                Rule(
                    conditions=(
                        Condition(fetch="path", patterns=("/old/*", "/it's/%[env(HOME)]")),
                        Condition(
                            fetch="req.hdr(host),host_only",
                            patterns=("*.example.org",),
                            ignore_case=True,
                        ),
                    ),
                    action=Redirect(
                        status=302, host="www.#{host}", path="/new/#{path}", query="from=100%"
                    ),
                ),
                Rule(
                    conditions=(Condition(fetch="path", patterns=("/away",)),),
                    action=FixedResponse(
                        status=503, content_type="text/plain", body="Away.\nBack soon.\n"
                    ),
                ),
                Rule(
                    conditions=(Condition(fetch="path", patterns=("/none",)),),
                    action=FixedResponse(status=204),
                ),
                Rule(
                    conditions=(Condition(fetch="method", patterns=("PUT",)),),
                    action=NotCarried(what="an action of type authenticate-oidc"),
                ),
                Rule(
                    conditions=(Condition(fetch="path", patterns=("/sticky",)),),
                    action=Forward(shares=(Share(group="sticky"),)),
                ),
                Rule(action=BOTH),
            ),
        ),
    ),
)
SERVER = Server(backend="web-0123", name="i-1:80", address="10.0.0.1", port=80, check_port=81)


def test_the_configuration_is_the_golden_one() -> None:
    text = build_files(EVERYTHING, {"web-0123": [SERVER]}).texts[CONFIGURATION]
    if os.environ.get("CDINFRA_ACCEPT_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_certificates_and_bodies_are_files_beside_it() -> None:
    files = build_files(EVERYTHING, {}).texts
    assert {name: text for name, text in files.items() if name != CONFIGURATION} == {
        "tls-443/00.pem": "one\n",
        "tls-443/01.pem": "two\n",
        "body-443-1": "Away.\nBack soon.\n",
        "body-443-3": "The local cloud does not carry this: an action of type authenticate-oidc\n",
        "body-443-4": "The local cloud does not carry this: the attribute stickiness\n",
    }


def test_the_header_of_the_client_is_appended_kept_or_removed() -> None:
    def text(mode: str) -> str:
        listener = Listener(port=80, rules=(Rule(action=FixedResponse(status=200)),))
        balancer = Balancer(arn="x", listeners=(listener,), forwarded_for=mode)
        return build_files(balancer, {}).texts[CONFIGURATION]

    assert "set-header X-Forwarded-For '%[var(txn.came)], %[src]'" in text("append")
    assert "X-Forwarded-For" not in text("preserve")
    assert "del-header X-Forwarded-For" in text("remove")


def test_a_text_that_cannot_be_given_answers_so() -> None:
    action = FixedResponse(status=200, content_type="text/\n  bind :22", body="x")
    balancer = Balancer(arn="x", listeners=(Listener(port=80, rules=(Rule(action=action),)),))
    files = build_files(balancer, {}).texts

    assert "bind :22" not in files[CONFIGURATION]
    assert "status 501" in files[CONFIGURATION]
    assert "not printable ASCII" in files["body-80-0"]


def test_a_group_that_is_gone_answers_so() -> None:
    listener = Listener(port=80, rules=(Rule(action=BOTH),))
    files = build_files(Balancer(arn="x", listeners=(listener,)), {}).texts
    assert files["body-80-0"].endswith("a target group that is not there\n")
