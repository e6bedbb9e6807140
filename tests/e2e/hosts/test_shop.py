"""The example, as the README brings it up: `make stack-up`, then `curl`."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

REPOSITORY = Path(__file__).parents[3]
INFRA = REPOSITORY / "examples" / "shop" / "infra.py"
VENV = Path(sys.prefix)


@pytest.fixture(scope="module")
def shop(new_checkout: Callable[..., Any], images: Any) -> Any:
    """The example's own folder, with a local cloud of this run's."""
    assert images
    return new_checkout("shop")


@pytest.fixture(scope="module")
def up(shop: Any) -> str:
    """What `make stack-up` printed."""
    # --assume-old: the environment that these tests run in is as it is to be.
    make = ("make", "--silent", f"--assume-old={VENV}/.runtime", f"VENV={VENV}", f"FILE={INFRA}")
    done = subprocess.run(
        [*make, "stack-up"],
        cwd=REPOSITORY,
        env=dict(shop.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_stack_up_boots_the_hosts_of_the_example(up: str, shop: Any, docker: Any) -> None:
    assert "5 stacks" in up
    assert len(shop.hosts(docker, "shop-dev-web")) == 2
    assert len(shop.hosts(docker, "shop-dev-worker")) == 1


def test_the_load_balancer_leads_to_the_containers_of_both_hosts(
    up: str, shop: Any, docker: Any, wait_until: Callable[..., Any]
) -> None:
    assert up
    shown = shop.cdinfra("outputs", "web", "--output", "json", CDINFRA_FILE=str(INFRA))
    url = json.loads(shown.stdout)["web"]["LoadBalancerUrl"]
    seen: set[str] = set()

    def both() -> bool:
        try:
            with urlopen(url, timeout=5) as answer:  # noqa: S310 - the stack's own output
                seen.add(json.load(answer)["container"])
        except HTTPError as error:
            # The hosts are healthy before the load balancer has found them so.
            assert error.code == 503  # noqa: PT017 - any other answer is a failure
        return len(seen) == 2

    wait_until(both, seconds=60, what="both hosts answer")
    running = {host.run("docker", "ps", "--quiet") for host in shop.hosts(docker, "shop-dev-web")}
    assert running == seen


def test_the_worker_works(up: str, shop: Any, docker: Any) -> None:
    assert up
    worker = shop.host(docker, "shop-dev-worker")
    container = worker.run("docker", "ps", "--quiet")
    assert worker.run("docker", "inspect", "--format", "{{.State.Running}}", container) == "true"


def test_down_ends_the_hosts(
    up: str, shop: Any, docker: Any, wait_until: Callable[..., Any]
) -> None:
    assert up
    names = {host.container for host in shop.hosts(docker, "shop-dev-web")}
    assert len(names) == 2

    done = shop.cdinfra("down", CDINFRA_FILE=str(INFRA))

    assert done.returncode == 0, done.stderr
    there = ("ps", "--all", "--format", "{{.Names}}")
    wait_until(
        lambda: not names & {*docker.run(*there).split()}, seconds=60, what="the hosts are gone"
    )
