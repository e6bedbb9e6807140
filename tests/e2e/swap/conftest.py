"""One host without a balancer, releases for it, and load on its port from outside of it."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

SETTINGS = "/etc/cdinfra/host.json"
AGENT = "/usr/local/bin/cdinfra-host"
NUMBERS = count(1)


@dataclass(kw_only=True)
class SwapHost:
    """The host, as a deployer sees it.

    Attributes:
        host: The host.
        releases: Its releases by name, each an image by digest.
        send_load: Sends requests to an address meanwhile.
    """

    host: Any
    releases: dict[str, str]
    send_load: Callable[..., AbstractContextManager[Any]]

    def deploy(self, release: str, *options: str) -> Any:
        """Deploy a release as the next generation, and return how the agent ended."""
        arguments = (self.releases[release], "--generation", str(next(NUMBERS)), *options)
        return self.host.attempt(AGENT, "deploy", *arguments, seconds=180)

    def must_deploy(self, release: str, *options: str) -> dict[str, Any]:
        """Deploy a release and return the agent's result."""
        ran = self.deploy(release, *options)
        assert ran.code == 0, (ran.text, ran.reason)
        return self.result(ran)

    def start_deploy(self, release: str) -> None:
        """Begin to deploy a release, and do not wait for it."""
        arguments = (self.releases[release], "--generation", str(next(NUMBERS)))
        container = self.host.container
        self.host.docker.run("exec", "--detach", container, AGENT, "deploy", *arguments)

    def converge(self) -> dict[str, Any]:
        """Have the agent do what it does at each boot, and return its result."""
        return self.result(self.host.attempt(AGENT, "converge", "--signal", seconds=180))

    def container_settings(self) -> dict[str, Any]:
        """Return the settings of the release's container."""
        settings: dict[str, Any] = json.loads(self.host.run("cat", SETTINGS))["container"]
        return settings

    @contextmanager
    def settings(self, *environment: str, **changes: Any) -> Iterator[None]:
        """Change settings of the container, and its environment, for a while."""
        before = self.host.run("cat", SETTINGS)
        new = json.loads(before)
        new["container"].update(changes)
        new["container"]["create"].setdefault("Env", []).extend(environment)
        self._write(json.dumps(new))
        try:
            yield
        finally:
            self._write(before)

    def _write(self, text: str) -> None:
        self.host.run("tee", SETTINGS, stdin=text.encode())

    def load(self, *options: str) -> AbstractContextManager[Any]:
        """Send requests to the host's port meanwhile."""
        return self.send_load(self.host.address, *options)

    def containers(self) -> list[str]:
        """Return the releases of the containers that are there, stopped ones too."""
        named = {image: name for name, image in self.releases.items()}
        shown = self.host.run("docker", "ps", "--all", "--format", '{{.Label "cdinfra.release"}}')
        return [named[image] for image in shown.split()]

    def says(self) -> str:
        """Return the release that answers at the host's port."""
        return str(self.host.get("/version")[1])

    @staticmethod
    def result(ran: Any) -> dict[str, Any]:
        """Return the agent's result: the last line that it printed."""
        found: dict[str, Any] = json.loads(ran.text.splitlines()[-1])
        return found


@pytest.fixture(scope="session")
def checkout(new_checkout: Callable[..., Any], images: Any) -> Any:
    """An app and a local cloud of these tests' own, with a registry."""
    assert images
    checkout = new_checkout("swap")
    done = checkout.cdinfra("up", "network", "registry")
    assert done.returncode == 0, done.stderr
    return checkout


@pytest.fixture(scope="session")
def push_release(checkout: Any, push: Callable[[Any, str, str], str]) -> Callable[[str], str]:
    """Push a release and return it by digest: ``push_release("first")``."""
    shown = checkout.cdinfra("outputs", "registry", "--output", "json")
    uri = json.loads(shown.stdout)["registry"]["AppUri"]
    return lambda name: push(checkout, uri, name)


@pytest.fixture(scope="session")
def swap_host(
    checkout: Any,
    push_release: Callable[[str], str],
    docker: Any,
    send_load: Callable[..., AbstractContextManager[Any]],
) -> SwapHost:
    """A host of its own, and two releases; ``first`` runs."""
    releases = {name: push_release(name) for name in ("first", "second")}
    done = checkout.cdinfra("up", "web", f"--release=web={releases['first']}")
    assert done.returncode == 0, done.stdout + done.stderr
    host = checkout.host(docker, "e2e-dev-web")
    made = SwapHost(host=host, releases=releases, send_load=send_load)
    assert made.says() == "first"
    return made


@pytest.fixture
def on_first(swap_host: SwapHost) -> SwapHost:
    """The host, when ``first`` serves with the usual settings and nothing else is there."""
    swap_host.must_deploy("first")
    assert swap_host.containers() == ["first"]
    return swap_host
