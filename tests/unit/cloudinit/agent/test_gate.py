"""When a new container may take over, and when it may not."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from cdinfra.cloudinit import HttpHealthCheck, ImageHealthCheck, PortMapping, StaysUp
from cdinfra.cloudinit.agent.engine import Engine
from cdinfra.cloudinit.agent.gate import Gate
from cdinfra.cloudinit.agent.system import Answer, Failure, System
from cdinfra.cloudinit.container import Container
from cdinfra.cloudinit.engine_request import build_health

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeHost

    from cdinfra.cloudinit import HealthCheck

    Wait = Callable[[HealthCheck], float]

ADDRESS = "198.18.0.2"


@pytest.fixture
def wait(fake_host: FakeHost) -> Callable[[HealthCheck], float]:
    """Wait for one container with a gate, and return how long that took."""
    body: dict[str, Any] = {"Image": "web"}
    fake_host.engine.containers["c1"] = {"id": "c1", "body": body, "running": True, "health": []}

    def call(check: HealthCheck) -> float:
        system = cast("System", fake_host)
        container = Container(ports=(PortMapping(host=80, container=8080),), health=check)
        before = fake_host.clock
        Gate(system, Engine(system), build_health(check, container)).wait("c1", ADDRESS)
        return fake_host.clock - before

    return call


def test_successes_have_to_be_consecutive(fake_host: FakeHost, wait: Wait) -> None:
    statuses = iter([200, 200, 500, 200, 200, 200])
    fake_host.app = lambda _url: Answer(next(statuses), {}, b"")
    assert wait(HttpHealthCheck(successes=3, interval_seconds=2)) == pytest.approx(8.2)
    assert next(statuses, None) is None


def test_a_connection_refused_is_forgiven_during_the_start_period(
    fake_host: FakeHost, wait: Wait
) -> None:
    start = fake_host.clock

    def app(_url: str) -> Answer:
        if fake_host.clock < start + 30:
            raise OSError("Connection refused")
        return Answer(200, {}, b"")

    fake_host.app = app
    assert wait(HttpHealthCheck(start_period_seconds=60)) == pytest.approx(31)


def test_a_redirect_is_no_success(fake_host: FakeHost, wait: Wait) -> None:
    fake_host.app = lambda _url: Answer(302, {"location": "/login"}, b"")
    with pytest.raises(Failure, match="answered 302, to /login"):
        wait(HttpHealthCheck(start_period_seconds=5))


def test_a_redirect_that_is_allowed_stays_within_the_container(
    fake_host: FakeHost, wait: Wait
) -> None:
    urls: list[str] = []

    def app(url: str) -> Answer:
        urls.append(url)
        if url.endswith("/ready?x=1"):
            return Answer(200, {}, b"")
        return Answer(301, {"location": "https://example.com/ready?x=1"}, b"")

    fake_host.app = app
    wait(HttpHealthCheck(successes=1, follow_redirects=True))
    assert urls == [f"http://{ADDRESS}:8080/", f"http://{ADDRESS}:8080/ready?x=1"]


def test_a_redirect_to_no_valid_address_is_no_answer(fake_host: FakeHost, wait: Wait) -> None:
    fake_host.app = lambda _url: Answer(301, {"location": "http://[bad"}, b"")
    with pytest.raises(Failure, match="GET / got no answer: Invalid IPv6 URL"):
        wait(HttpHealthCheck(start_period_seconds=1, follow_redirects=True))


def test_a_redirect_to_a_path_beyond_ascii_is_no_answer() -> None:
    """The real client refuses to send it."""
    gate = Gate(System(), Engine(System()), build_health(HttpHealthCheck(port=9), Container()))
    gate.health["path"] = "/\u00e9"
    assert gate.probe("127.0.0.1").startswith("GET /\u00e9 got no answer: ")


def test_the_engine_leads_nobody_elsewhere(fake_host: FakeHost) -> None:
    """It answers so to a path with two dots or slashes, which would be another question."""
    fake_host.engine.answer = lambda *_args: Answer(301, {"location": "/x"}, b"")  # type: ignore[method-assign]
    with pytest.raises(Failure, match="Docker: no reason given"):
        Engine(cast("System", fake_host)).has("web")


def test_redirects_in_a_circle_end(fake_host: FakeHost, wait: Wait) -> None:
    fake_host.app = lambda _url: Answer(301, {"location": "/"}, b"")
    with pytest.raises(Failure, match="more than 5 redirects"):
        wait(HttpHealthCheck(start_period_seconds=1, follow_redirects=True))


def test_a_container_that_ends_fails_at_once(fake_host: FakeHost, wait: Wait) -> None:
    fake_host.engine.containers["c1"]["running"] = False
    with pytest.raises(Failure, match="ended with exit code 1"):
        wait(HttpHealthCheck())


def test_an_image_is_healthy_when_it_says_so(fake_host: FakeHost, wait: Wait) -> None:
    states = [{"Status": "starting"}, {"Status": "starting"}, {"Status": "healthy"}]
    fake_host.engine.containers["c1"]["health"] = states
    assert wait(ImageHealthCheck()) == 2


def test_an_unhealthy_image_fails_with_its_last_output(fake_host: FakeHost, wait: Wait) -> None:
    fake_host.engine.containers["c1"]["health"] = [
        {"Status": "unhealthy", "Log": [{"Output": "first"}, {"Output": "no database\n"}]}
    ]
    with pytest.raises(Failure, match="unhealthy: no database"):
        wait(ImageHealthCheck())


def test_an_image_without_a_health_check_says_so(wait: Wait) -> None:
    with pytest.raises(Failure, match="the image has no HEALTHCHECK"):
        wait(ImageHealthCheck())


def test_an_image_that_never_decides_fails_in_time(fake_host: FakeHost, wait: Wait) -> None:
    fake_host.engine.containers["c1"]["health"] = [{"Status": "starting"}] * 99
    with pytest.raises(Failure, match="starting"):
        wait(ImageHealthCheck(start_period_seconds=10))


def test_staying_up_takes_its_time(wait: Wait) -> None:
    assert wait(StaysUp(seconds=7)) == 7


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"Running": True}, ""),
    ({"Running": True, "Health": {"Status": "healthy"}}, ""),
    ({"Running": True, "Health": {"Status": "unhealthy"}}, "unhealthy"),
    ({"Running": True, "Health": {"Status": "starting"}}, "starting"),
    ({"Running": True, "Restarting": True}, "it does not run"),
    ({"Running": False, "Health": {"Status": "healthy"}}, "it does not run"),
    ({}, "it does not run"),
]


@pytest.mark.parametrize(("state", "problem"), PROBLEMS)
def test_what_is_wrong_with_a_container_now_is_told(
    fake_host: FakeHost, state: dict[str, Any], problem: str
) -> None:
    system = cast("System", fake_host)
    gate = Gate(system, Engine(system), {"kind": "image"})
    assert gate.problem({"State": state}, ADDRESS) == problem


def test_an_answer_that_never_ends_is_judged_by_its_beginning() -> None:
    """Such as a stream of events: the gate must not wait for its end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def serve() -> None:
            client, _ = server.accept()
            with client:
                client.recv(1000)
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500)
                stop.wait(20)

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        answer = System().http("GET", f"http://127.0.0.1:{port}/", timeout=10, limit=200)
        stop.set()
        thread.join()
    assert (answer.status, answer.body) == (200, b"x" * 200)
