"""A host's disk: checked before a pull, rid of old images, and never filled by logs."""

import json
from collections.abc import Callable
from typing import Any

import pytest

RELEASES = ("third", "fourth", "fifth")


@pytest.fixture(scope="module")
def with_more(swap_host: Any, push_release: Callable[[str], str]) -> Any:
    """The host, with more releases to come."""
    for name in RELEASES:
        swap_host.releases[name] = push_release(name)
    return swap_host


def images(host: Any) -> set[str]:
    """Return the releases whose images are on the host."""
    named = {image: name for name, image in host.releases.items()}
    shown = host.host.run(
        "docker", "images", "--digests", "--format", "{{.Repository}}@{{.Digest}}"
    )
    return {named[image] for image in shown.split() if image in named}


def test_a_disk_without_the_space_pulls_nothing_and_goes_on_serving(
    with_more: Any, on_first: Any
) -> None:
    with on_first.load() as load, on_first.settings(free=100_000_000):
        ran = with_more.deploy("third")
    load.lost_nothing("first")
    assert ran.code == 1
    told = with_more.result(ran)
    assert "MiB are free, 100000000 are needed to pull" in told["message"]
    assert "third" not in images(with_more)
    assert with_more.containers() == ["first"]


def test_images_go_when_they_are_old_but_none_that_somebody_needs(
    with_more: Any, on_first: Any
) -> None:
    assert on_first.says() == "first"
    for release in ("second", *RELEASES[:2]):
        with_more.must_deploy(release)
    assert images(with_more) == {"second", "third", "fourth"}
    with_more.must_deploy("fifth", "--keep-image", with_more.releases["second"])
    assert images(with_more) == {"second", "third", "fourth", "fifth"}
    with_more.must_deploy("fourth")
    with_more.host.run("cdinfra-host", "prune", "--keep", "1")
    assert images(with_more) == {"fourth", "fifth", "second"}, "what the last deployer keeps, too"


def test_the_log_of_a_container_that_says_too_much_is_cut(on_first: Any) -> None:
    create = json.loads(json.dumps(on_first.container_settings()["create"]))
    create["HostConfig"].pop("LogConfig", None)
    with on_first.settings(create=create):
        on_first.must_deploy("second")
        host = on_first.host
        container = host.run("docker", "ps", "--quiet")
        much = "head -c 80000000 /dev/zero | tr '\\0' x | fold -w 8000 > /proc/1/fd/1"
        host.run("docker", "exec", container, "sh", "-c", much, seconds=120)
        sizes = host.run("sh", "-c", "stat -c %s /var/lib/docker/containers/*/*-json.log*").split()
        assert len(sizes) == 5
        assert 40_000_000 < sum(map(int, sizes)) < 55_000_000
    on_first.must_deploy("first")
