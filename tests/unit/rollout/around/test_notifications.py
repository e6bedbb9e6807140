from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.errors import CloudError
from cdinfra.model import (
    App,
    BuildContext,
    FromEnvironment,
    FromSsm,
    Notification,
    OutputReference,
    Place,
    Retained,
    StackSettings,
    StackTemplate,
    Topic,
    Webhook,
)
from cdinfra.rollout.events import (
    Noticed,
    RolloutEvent,
    RolloutFinished,
    RolloutOutcome,
    RolloutStarted,
)
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.image import Image
from cdinfra.rollout.notifications.message import end_message, start_message, subject_of
from cdinfra.rollout.notifications.notifier import Notifier, within
from cdinfra.rollout.notifications.receivers import Receiver, receivers_of
from cdinfra.rollout.notifications.webhook import post
from cdinfra.rollout.plan import Purpose, RolloutPlan
from cdinfra.rollout.record import Author
from cdinfra.rollout.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdinfra.aws.fake import FakeAws
    from cdinfra.deploy.clock import Clock

ARN = "arn:aws:sns:us-east-1:123456789012:alerts"
OLD, NEW = (f"123.example.com/shop/web@sha256:{digit * 64}" for digit in "ab")
GROUP = DeployGroup(
    app="shop",
    env="dev",
    stack="web",
    stack_name="shop-dev-web",
    name="shop-dev-web",
    bucket="state",
)
AUTHOR = Author(who="me@laptop", run_url="https://ci/7", commit="c0ffee")


def started(purpose: Purpose = Purpose.DEPLOY) -> RolloutStarted:
    releases = (OLD, NEW) if purpose is Purpose.ABORT else (NEW, OLD)
    plan = RolloutPlan(
        purpose=purpose,
        group=GROUP,
        image=Image(release=releases[0]),
        from_release=releases[1],
        batches=(),
        current=(),
        strategy=Strategy(),
    )
    return RolloutStarted(plan=plan, generation=7)


def finished(outcome: RolloutOutcome, reason: str = "") -> RolloutFinished:
    return RolloutFinished(
        outcome=outcome, release=NEW, changed=3, failed=("i-1",), seconds=31.5, reason=reason
    )


DEPLOYED = finished(RolloutOutcome.DEPLOYED)


class Web:
    name = "web"
    foundational = False

    def build(self, context: BuildContext) -> StackTemplate:
        return StackTemplate(
            name="web",
            stack_name=context.stack_name("web"),
            document={"Parameters": {"Release": {"Type": "String"}}, "Resources": {}},
            parameters={"Release": Retained(initial="")},
        )


class Alerts:
    name = "alerts"
    foundational = False

    def build(self, context: BuildContext) -> StackTemplate:
        name = context.stack_name("alerts")
        return StackTemplate(name="alerts", stack_name=name, document={"Resources": {}})


def receivers(
    aws: FakeAws, *named: Notification, environ: dict[str, str] | None = None
) -> tuple[Receiver, ...]:
    app = App("shop", env="dev", owner="me")
    app.add(Alerts())
    app.add(Web(), settings=StackSettings(deploy_notifications=named))
    return receivers_of(aws, app, GROUP, environ or {})


@dataclass
class Answering:
    """A server on this machine, and what it was sent."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(answering: Answering) -> Iterator[Answering]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            assert self.headers["Content-Type"] == "application/json"
            answering.bodies.append((self.path, json.loads(self.rfile.read(length))))
            self.send_response(answering.status)
            for name, value in answering.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            # What a redirect of a POST becomes.
            answering.bodies.append((self.path, {}))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        answering.url = f"http://127.0.0.1:{server.server_port}/secret"
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield answering
        server.shutdown()


@pytest.fixture
def server() -> Iterator[Answering]:
    with serving(Answering()) as answering:
        yield answering


def test_the_message_of_a_beginning_has_these_members(clock: Clock) -> None:
    assert start_message(started(), AUTHOR, clock.now()) == {
        "version": 1,
        "id": "shop-dev-web/7/started",
        "event": "started",
        "time": "2026-01-31T09:00:00+00:00",
        "text": (
            "shop dev: deploy of web, web@aaaaaaaaaaaa to web@bbbbbbbbbbbb, begins, by me@laptop"
        ),
        "app": "shop",
        "env": "dev",
        "group": "web",
        "stack_name": "shop-dev-web",
        "purpose": "deploy",
        "release": NEW,
        "from_release": OLD,
        "generation": 7,
        "hosts": 0,
        "who": "me@laptop",
        "run_url": "https://ci/7",
        "commit": "c0ffee",
    }


def test_the_message_of_an_end_has_those_and_how_it_ended(clock: Clock) -> None:
    start = start_message(started(), AUTHOR, clock.now())
    end = finished(RolloutOutcome.ROLLED_BACK, "the canary failed")
    message = end_message(start, end, clock.now())
    assert message.keys() > start.keys()
    assert {key: each for key, each in message.items() if start.get(key) != each} == {
        "id": "shop-dev-web/7/ended",
        "event": "ended",
        "text": (
            "shop dev: deploy of web, web@bbbbbbbbbbbb: rolled back after 31.5 s: the canary failed"
        ),
        "ok": False,
        "outcome": "rolled back",
        "reason": "the canary failed",
        "runs": NEW,
        "changed": 3,
        "failed": ["i-1"],
        "seconds": 31.5,
        "next": "",
    }
    assert subject_of(message) == "shop dev web: deploy rolled back"


@pytest.mark.parametrize(
    ("purpose", "outcome", "reason", "ok"),
    [
        (Purpose.DEPLOY, RolloutOutcome.DEPLOYED, "", True),
        (Purpose.DEPLOY, RolloutOutcome.DEPLOYED, "the hook after it failed", False),
        (Purpose.DEPLOY, RolloutOutcome.UNCHANGED, "", True),
        (Purpose.DEPLOY, RolloutOutcome.ROLLED_BACK, "a host failed", False),
        (Purpose.ABORT, RolloutOutcome.ROLLED_BACK, "it was aborted", True),
        (Purpose.ABORT, RolloutOutcome.ROLLBACK_INCOMPLETE, "a host failed", False),
        (Purpose.DEPLOY, RolloutOutcome.INTERRUPTED, "it was left", False),
    ],
)
def test_ok_says_whether_what_was_asked_for_is_done(
    clock: Clock, purpose: Purpose, outcome: RolloutOutcome, reason: str, *, ok: bool
) -> None:
    start = start_message(started(purpose), AUTHOR, clock.now())
    assert (start["release"], start["from_release"]) == (NEW, OLD)
    assert end_message(start, finished(outcome, reason), clock.now())["ok"] is ok


def test_a_subject_is_ascii_and_short(clock: Clock) -> None:
    message = {**start_message(started(), AUTHOR, clock.now()), "env": "ü" * 200}
    subject = subject_of(message)
    assert subject.isascii()
    assert len(subject) == 99


def test_a_webhook_gets_one_message_at_the_start_and_one_when_it_is_closed(
    aws: FakeAws, clock: Clock, server: Answering
) -> None:
    told: list[RolloutEvent] = []
    environ = {"HOOK": server.url}
    to = receivers(aws, Webhook(FromEnvironment("HOOK")), environ=environ)
    notifier = Notifier(to, AUTHOR, clock, told.append)
    notifier.on_event(started())
    notifier.on_event(DEPLOYED)
    assert [(path, body["event"]) for path, body in server.bodies] == [("/secret", "started")]
    notifier.close()
    notifier.close()
    assert [body["event"] for _, body in server.bodies] == ["started", "ended"]
    assert told == [started(), DEPLOYED]


def test_nobody_is_told_of_a_rollout_that_never_held_the_lock(
    aws: FakeAws, clock: Clock, server: Answering
) -> None:
    notifier = Notifier(receivers(aws, Webhook(server.url)), AUTHOR, clock, lambda _: None)
    notifier.on_event(finished(RolloutOutcome.UNCHANGED))
    notifier.close()
    assert server.bodies == []


def test_one_who_does_not_take_it_is_tried_twice_and_is_a_note_without_the_address(
    aws: FakeAws, clock: Clock, server: Answering
) -> None:
    server.status = 503
    told: list[RolloutEvent] = []
    to = receivers(aws, Webhook(FromEnvironment("HOOK")), environ={"HOOK": server.url})
    notifier = Notifier(to, AUTHOR, clock, told.append)
    notifier.on_event(started())
    assert len(server.bodies) == 2
    text = "the webhook in the variable HOOK was not told that it started: it answered 503"
    assert told == [started(), Noticed(text=text)]
    assert aws.clock.slept == [1.0]
    assert "secret" not in repr((told, to, Webhook(server.url)))


@pytest.mark.parametrize("status", [302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: Answering, status: int) -> None:
    with serving(Answering(status=status, headers={"Location": server.url})) as first:
        assert post(first.url, "{}") == f"it answered {status}"
    assert len(first.bodies) == 1
    assert server.bodies == []


@pytest.mark.parametrize(
    ("url", "failure"),
    [
        ("http://chat.example.com/secret", "the address is not https"),
        ("file:///etc/secret", "the address is no address"),
        ("https://me:secret@chat.example.com/", "the address is no address"),
        ("https://chat.example.com/sec ret", "the address is no address"),
        ("http://127.0.0.1:1/secret", "it cannot be reached: Connection refused"),
        ("http://localhost:99999/secret", "it cannot be reached: "),
    ],
)
def test_nothing_is_sent_where_it_should_not_go_and_no_failure_repeats_the_address(
    url: str, failure: str
) -> None:
    answer = post(url, "{}")
    assert answer.startswith(failure)
    assert "secret" not in answer


def test_a_proxy_gets_nothing_for_this_machine(
    server: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert post(server.url, "{}") == ""


def test_a_sending_that_hangs_is_not_waited_for() -> None:
    never = Event()

    def hang() -> str:
        never.wait()
        return ""

    assert within(0.01, hang) == "it took longer than 0.01 s"
    never.set()


def test_a_topic_is_told_in_its_own_region(aws: FakeAws, clock: Clock) -> None:
    notifier = Notifier(receivers(aws, Topic(ARN)), AUTHOR, clock, lambda _: None)
    notifier.on_event(started())
    ((arn, subject, body),) = aws.at(Place(region="us-east-1")).topics.published
    assert (arn, subject) == (ARN, "shop dev web: deploy begins")
    assert json.loads(body)["event"] == "started"
    assert aws.topics.published == []


def test_a_topic_that_refuses_once_is_told_at_the_second_try(aws: FakeAws, clock: Clock) -> None:
    topics = aws.at(Place(region="us-east-1")).topics
    topics.failures.append(CloudError("cannot publish: throttled"))
    told: list[RolloutEvent] = []
    Notifier(receivers(aws, Topic(ARN)), AUTHOR, clock, told.append).on_event(started())
    assert len(topics.published) == 1
    assert told == [started()]


def test_a_topic_that_refuses_is_a_note(aws: FakeAws, clock: Clock) -> None:
    topics = aws.at(Place(region="us-east-1")).topics
    topics.failures += [CloudError("cannot publish: no permission")] * 2
    told: list[RolloutEvent] = []
    Notifier(receivers(aws, Topic(ARN)), AUTHOR, clock, told.append).on_event(started())
    text = f"the topic {ARN} was not told that it started: cannot publish: no permission"
    assert told[1:] == [Noticed(text=text)]


def test_an_output_and_a_value_that_are_not_there_are_notes(aws: FakeAws, clock: Clock) -> None:
    told: list[RolloutEvent] = []
    named = (
        Topic(OutputReference(stack="alerts", output="TopicArn")),
        Webhook(FromEnvironment("HOOK")),
        Webhook(FromSsm("/shop/hook")),
    )
    Notifier(receivers(aws, *named), AUTHOR, clock, told.append).on_event(started())
    untold = "was not told that it started"
    assert [each.text for each in told[1:] if isinstance(each, Noticed)] == [
        f"the topic alerts.TopicArn {untold}: there is no output alerts.TopicArn yet",
        f"the webhook in the variable HOOK {untold}: HOOK is not set",
        f"the webhook in the parameter /shop/hook {untold}: there is no such parameter",
    ]


def test_an_address_may_be_a_secret_in_ssm(aws: FakeAws, clock: Clock, server: Answering) -> None:
    aws.ssm_parameters.values["/shop/hook"] = server.url
    aws.ssm_parameters.secret.add("/shop/hook")
    to = receivers(aws, Webhook(FromSsm("/shop/hook")))
    Notifier(to, AUTHOR, clock, lambda _: None).on_event(started())
    assert len(server.bodies) == 1
