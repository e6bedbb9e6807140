"""Two hosts behind a load balancer, and the group's edges to the cloud."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cdinfra.aws.cloud import Aws, connect
from cdinfra.deploy.load import load_app
from cdinfra.model import Deployable
from cdinfra.rollout.find_group import find_group
from cdinfra.rollout.fleet_view import AwsFleetView
from cdinfra.rollout.group import DeployGroup

PAUSE_SECONDS = 0.02
THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """What the tests work with.

    Attributes:
        checkout: The app and its local cloud.
        aws: Its services.
        app: The app.
        group: The deploy group ``web``.
        releases: Releases in the registry, by digest: ``v1`` and ``v2``.
        url: Where the load balancer answers.
    """

    checkout: Any
    aws: Aws
    app: Deployable
    group: DeployGroup
    releases: dict[str, str]
    url: str

    def hosts(self) -> Any:
        """Return the hosts of the group, as EC2 lists them."""
        return AwsFleetView(self.aws, self.group).list_hosts()


@dataclass(slots=True)
class Load:
    """Asks the load balancer for the release, again and again, over new connections.

    Attributes:
        url: Where.
        answered: How many requests were answered.
        failed: Why others were not.
    """

    url: str
    answered: int = 0
    failed: list[str] = field(default_factory=list)
    _ends: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        self._threads = [threading.Thread(target=self._run) for _ in range(THREADS)]
        for each in self._threads:
            each.start()

    def ask(self, path: str) -> None:
        try:
            with urllib.request.urlopen(self.url + path, timeout=20) as answer:  # noqa: S310 - http
                answer.read()
            self.answered += 1
        except OSError as error:
            self.failed.append(f"{path}: {error}")

    def end(self) -> None:
        self._ends.set()
        for each in self._threads:
            each.join()

    def _run(self) -> None:
        while not self._ends.is_set():
            self.ask("/version")
            time.sleep(PAUSE_SECONDS)


@pytest.fixture(scope="session")
def edges(
    new_checkout: Callable[..., Any], images: Any, push: Callable[[Any, str, str], str]
) -> Edges:
    """The stack ``web``, brought up with release ``v1``."""
    assert images
    checkout = new_checkout("edges", Path(__file__).with_name("infra.py"))
    done = checkout.cdinfra("up", "foundation", "network", "registry")
    assert done.returncode == 0, done.stderr
    shown = checkout.cdinfra("outputs", "registry", "--output", "json")
    uri = json.loads(shown.stdout)["registry"]["AppUri"]
    releases = {name: push(checkout, uri, name) for name in ("v1", "v2")}
    done = checkout.cdinfra("up", "web", f"--release=web={releases['v1']}")
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = json.loads(checkout.cdinfra("outputs", "web", "--output", "json").stdout)["web"]
    aws, app = connect(checkout.start().connection()), load_app(checkout.folder / "infra.py", "dev")
    return Edges(
        checkout=checkout,
        aws=aws,
        app=app,
        group=find_group(aws, app, "web"),
        releases=releases,
        url=outputs["LoadBalancerUrl"],
    )


@pytest.fixture
def load(edges: Edges) -> Iterator[Load]:
    """Requests at the load balancer, from ``begin`` on."""
    load = Load(edges.url)
    yield load
    load.end()
