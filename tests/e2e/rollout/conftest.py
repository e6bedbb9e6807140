"""Three hosts behind a load balancer, three releases for them, and one that never gets healthy."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HOSTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The hosts, as a deployer sees them.

    Attributes:
        checkout: The app and its local cloud.
        docker: The machine's engine.
        releases: Releases in the registry by name, each an image by digest.
        address: Where the load balancer answers.
        wait_until: Waits for a condition.
    """

    checkout: Any
    docker: Any
    releases: dict[str, str]
    address: str
    wait_until: Callable[..., Any]

    def cdinfra(self, *words: str) -> Any:
        """Run a command of cdinfra."""
        return self.checkout.cdinfra(*words)

    def must(self, *words: str) -> str:
        """Run a command of cdinfra and return what it printed."""
        done = self.cdinfra(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return str(done.stdout)

    def document(self, *words: str) -> Any:
        """Run a command of cdinfra and return the JSON that it printed."""
        return json.loads(self.must(*words, "--output", "json"))

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command of cdinfra, whose lines are told at once."""
        return subprocess.Popen(
            [sys.executable, "-m", "cdinfra", *words],
            cwd=self.checkout.folder,
            env={**self.checkout.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def killed_at(self, words: Sequence[str], text: str) -> None:
        """Run a command of cdinfra, and kill it when it tells of something."""
        with self.begin(*words) as process:
            assert process.stdout is not None
            told = []
            for line in process.stdout:
                told.append(line)
                if text in line:
                    process.send_signal(signal.SIGKILL)
                    break
            else:
                raise AssertionError("".join(told))

    def hosts(self) -> list[Any]:
        """Return the hosts whose instances run."""
        return list(self.checkout.hosts(self.docker, "rollout-dev-web"))

    def says(self) -> list[str]:
        """Return the release that each host answers with."""
        return [host.get("/version")[1] for host in self.hosts()]

    def is_whole(self, release: str) -> None:
        """Fail unless every host runs a release, and tags and history say the same."""
        assert self.says() == [release] * HOSTS
        state = self.document("status", "web")
        assert state["release"] == self.releases[release], state
        assert not state["drifted"], state
        assert not self.document("lock", "show", "web")["is_held"]

    def newest_entry(self) -> Any:
        """Return the newest entry of the history."""
        return self.document("history", "web")["entries"][0]["account"]

    def is_on(self, release: str) -> None:
        """Bring every host to a release, whatever was before."""
        if self.says() != [release] * HOSTS:
            self.must("deploy", "web", self.releases[release])
        self.is_whole(release)


@pytest.fixture(scope="session")
def fleet(
    new_checkout: Callable[..., Any],
    images: Any,
    docker: Any,
    push: Callable[[Any, str, str], str],
    wait_until: Callable[..., Any],
) -> Fleet:
    """The stack ``web``, brought up with release ``v1``."""
    assert images
    checkout = new_checkout("rollout", Path(__file__).with_name("infra.py"))
    made = Fleet(checkout=checkout, docker=docker, releases={}, address="", wait_until=wait_until)
    made.must("up", "foundation", "network", "registry")
    uri = made.document("outputs", "registry")["registry"]["AppUri"]
    releases = {name: push(checkout, uri, name) for name in ("v1", "v2", "v3", "sick")}
    made.must("up", "web", f"--release=web={releases['v1']}")
    address = made.document("outputs", "web")["web"]["LoadBalancerDnsName"]
    return Fleet(
        checkout=checkout,
        docker=docker,
        releases=releases,
        address=address,
        wait_until=wait_until,
    )


@pytest.fixture
def on_v1(fleet: Fleet) -> Fleet:
    """The fleet, when every host runs ``v1``."""
    fleet.is_on("v1")
    return fleet
