"""What a host does when a deployer lets it fetch an image ahead of the swap."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeHost

    from cdinfra.cloudinit import HostConfig

    Run = Callable[..., tuple[int, dict[str, Any]]]


def test_an_image_is_pulled_once_and_the_deploy_after_it_needs_no_registry(
    host: FakeHost, run: Run, next_release: str
) -> None:
    run("converge")
    code, result = run("pull", next_release)
    assert (code, result) == (
        0,
        {"verb": "pull", "outcome": "pulled", "release": next_release, "seconds": 0.0},
    )
    assert run("pull", next_release)[1]["outcome"] == "present"
    host.engine.pull_error = "the registry is down"
    assert run("deploy", next_release, "--generation", "1")[1]["outcome"] == "changed"


def test_a_pull_changes_nothing_but_the_images(
    host: FakeHost, run: Run, release: str, next_release: str
) -> None:
    run("converge")
    before = (host.rules, dict(host.engine.containers))
    run("pull", next_release)
    assert (host.rules, host.engine.containers) == before
    assert run("status")[1]["generation"] == 0
    assert run("converge")[1]["release"] == release


@pytest.mark.parametrize("image", ["web:latest", "", "a/../../version@sha256:" + "a" * 64])
def test_only_an_image_by_digest_is_pulled(host: FakeHost, run: Run, image: str) -> None:
    code, result = run("pull", "--", image)
    assert (code, result["outcome"]) == (2, "invalid")
    assert not host.engine.history


def test_a_host_that_runs_no_container_pulls_nothing(
    settle: Callable[[HostConfig], FakeHost], config: HostConfig, run: Run, release: str
) -> None:
    host = settle(replace(config, container=None))
    code, result = run("pull", release)
    assert (code, result["message"]) == (2, "this host runs no container")
    assert not host.engine.history


def test_a_full_disk_makes_room_but_not_of_what_is_to_stay(
    host: FakeHost, run: Run, release: str, next_release: str
) -> None:
    others = [release[:-64] + digit * 64 for digit in "cdef"]
    for image in others:
        run("deploy", image, "--generation", "1")
    run("deploy", release, "--generation", "1")
    host.engine.images += [
        {"Id": image[-8:], "RepoDigests": [image], "Created": 1} for image in others[:2]
    ]
    host.free_bytes = lambda _path: (5 - len(host.engine.images)) * 1024**3  # type: ignore[method-assign] # less with each image
    code, result = run("pull", next_release, "--keep-image", others[0])
    assert (code, result["outcome"]) == (0, "pulled"), result
    left = {name for image in host.engine.images for name in image["RepoDigests"]}
    assert others[0] in left
    assert others[1] not in left


def test_a_registry_that_refuses_is_the_reason(host: FakeHost, run: Run, next_release: str) -> None:
    host.engine.pull_error = "manifest unknown"
    code, result = run("pull", next_release)
    assert (code, result["outcome"]) == (1, "failed")
    assert result["message"] == f"cannot pull {next_release}: manifest unknown"
