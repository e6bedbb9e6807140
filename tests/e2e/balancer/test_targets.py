"""Targets of a real load balancer: they join, fail, come back, drain and leave."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Make = Callable[..., Any]
Wait = Callable[..., None]


def test_a_target_serves_once_a_check_has_passed(web: Any, make_app: Make) -> None:
    assert web.get("/").status == 503
    app = make_app()
    web.register(app)
    assert web.health(app)[0] == "initial"

    assert web.wait_for(app, "healthy") < 20

    answer = web.get("/some/path?x=1", host="shop.example.org")
    assert answer.status == 200
    assert answer.body.startswith(app.name)
    headers = answer.body.lower()
    assert "host: shop.example.org" in headers
    assert "x-forwarded-proto: http" in headers
    assert "x-forwarded-port: 80" in headers
    assert "x-forwarded-for: 1" in headers


def test_requests_are_spread_over_the_targets(web: Any, make_app: Make) -> None:
    apps = [make_app(), make_app()]
    web.register(*apps)
    for app in apps:
        web.wait_for(app, "healthy")

    served = [web.get("/").body.split("\n")[0] for _ in range(10)]
    assert {name: served.count(name) for name in served} == {app.name: 5 for app in apps}


def test_a_target_that_nobody_listens_on_is_unhealthy(web: Any, make_app: Make, wait: Wait) -> None:
    gone = make_app()
    gone.kill()
    web.register(gone)
    assert web.health(gone)[0] == "initial"

    wait(lambda: web.health(gone)[0] == "unhealthy", seconds=60)
    assert web.health(gone)[1] in ("Target.Timeout", "Target.FailedHealthChecks")


def test_bad_answers_take_a_target_out_and_good_ones_bring_it_back(
    web: Any, make_app: Make
) -> None:
    app = make_app()
    web.register(app)
    web.wait_for(app, "healthy")

    app.answers_health_with(500)
    web.wait_for(app, "unhealthy")
    assert web.health(app) == ("unhealthy", "Target.ResponseCodeMismatch")
    assert web.get("/").status == 503

    app.answers_health_with(204)
    web.wait_for(app, "healthy")
    assert web.get("/").status == 200


def test_a_connection_that_is_refused_is_a_bad_gateway(web: Any, make_app: Make) -> None:
    app = make_app()
    web.register(app)
    web.wait_for(app, "healthy")

    app.docker.run("exec", app.name, "sh", "-c", "kill -9 -1 || true")

    assert web.get("/").status == 502


def test_a_target_that_leaves_finishes_its_requests(make_web: Make, make_app: Make) -> None:
    web = make_web(deregistration_delay=20)
    first, second = make_app(), make_app()
    web.register(first)
    web.wait_for(first, "healthy")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(web.get, "/slow/8")
        time.sleep(0.5)
        web.register(second)
        begin = time.monotonic()
        web.deregister(first)
        assert web.health(first) == ("draining", "Target.DeregistrationInProgress")
        web.wait_for(second, "healthy")
        after = [web.get("/").body.split("\n")[0] for _ in range(6)]
        answer = slow.result()

    assert answer.status == 200
    assert answer.body.startswith(first.name)
    assert after == [second.name] * 6
    assert web.health(first)[0] == "draining"
    web.wait_for(first, "unused")
    assert time.monotonic() - begin > 19
    assert web.health(first) == ("unused", "Target.NotRegistered")


def test_a_request_is_cut_when_the_delay_is_over(make_web: Make, make_app: Make) -> None:
    web = make_web(deregistration_delay=1)
    app = make_app()
    web.register(app)
    web.wait_for(app, "healthy")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(web.get, "/slow/40")
        time.sleep(0.5)
        web.deregister(app)
        assert slow.result().status == 502


def test_a_target_that_comes_back_while_it_drains_serves_on(make_web: Make, make_app: Make) -> None:
    web = make_web(deregistration_delay=60)
    app = make_app()
    web.register(app)
    web.wait_for(app, "healthy")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(web.get, "/slow/8")
        time.sleep(0.5)
        web.deregister(app)
        time.sleep(1.5)
        web.register(app)
        web.wait_for(app, "healthy", seconds=60)
        assert web.get("/").status == 200
        assert slow.result().status == 200


def test_a_group_without_a_listener_is_not_in_use(web: Any, make_app: Make) -> None:
    app = make_app()
    web.register(app)
    web.elb.delete_listener(ListenerArn=web.listener)
    assert web.health(app) == ("unused", "Target.NotInUse")
