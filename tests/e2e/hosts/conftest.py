"""The hosts that these tests share: a group of one, one without Docker on its image."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

BOOTED = "/var/lib/cdinfra/state.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booted:
    """What ``cdinfra up`` brought up.

    Attributes:
        checkout: The app and its local cloud.
        releases: Releases in the registry, by digest: ``v1`` and ``v2``.
    """

    checkout: Any
    releases: dict[str, str]

    def group(self, stack: str) -> str:
        """Return the name of a stack's Auto Scaling group."""
        (found,) = self.checkout.client("cloudformation").describe_stacks(
            StackName=f"e2e-dev-{stack}"
        )["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
        return str(outputs["GroupName"])


@pytest.fixture(scope="session")
def booted(
    new_checkout: Callable[..., Any], images: Any, push: Callable[[Any, str, str], str]
) -> Booted:
    """The stacks ``web`` and ``bare``, brought up with release ``v1``."""
    assert images
    checkout = new_checkout("hosts")
    done = checkout.cdinfra("up", "network", "registry")
    assert done.returncode == 0, done.stderr
    shown = checkout.cdinfra("outputs", "registry", "--output", "json")
    uri = json.loads(shown.stdout)["registry"]["AppUri"]
    releases = {name: push(checkout, uri, name) for name in ("v1", "v2")}
    options = [f"--release={stack}={releases['v1']}" for stack in ("web", "bare")]
    done = checkout.cdinfra("up", "web", "bare", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return Booted(checkout=checkout, releases=releases)


@pytest.fixture(scope="module")
def web(booted: Booted, docker: Any) -> Any:
    """The one host of the group ``web``, which each module leaves with ``v1``."""
    return booted.checkout.host(docker, "e2e-dev-web")


@pytest.fixture(scope="module")
def bare(booted: Booted, docker: Any) -> Any:
    """The host whose image has no Docker."""
    return booted.checkout.host(docker, "e2e-dev-bare")
