import json
import os
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from cdinfra.local.hosts.docker import Docker
from cdinfra.local.hosts.image import (
    ImageError,
    Images,
    Target,
    bootstrap_arguments,
    can_unpack,
    cause_in,
)

BLOCK = 4096
GIBIBYTE = 1024**3


def filesystem(flags: int, free: int) -> os.statvfs_result:
    blocks = free // BLOCK
    return os.statvfs_result((BLOCK, BLOCK, blocks, blocks, blocks, 1, 1, 1, flags, 255))


def test_the_base_is_unpacked_in_memory_where_there_is_space() -> None:
    assert can_unpack(filesystem(os.ST_NOSUID, 2 * GIBIBYTE))
    assert not can_unpack(filesystem(os.ST_NOSUID, GIBIBYTE // 16))


@pytest.mark.parametrize("flag", [os.ST_NOEXEC, os.ST_NODEV])
def test_it_is_not_where_no_program_or_no_device_works(flag: int) -> None:
    assert not can_unpack(filesystem(flag, 2 * GIBIBYTE))


ENGINE = """
import json, os, sys
notes, ends, *words = sys.argv[1:]
with open(notes, "a") as file:
    proxies = {name: value for name, value in os.environ.items() if "proxy" in name.lower()}
    print(json.dumps([words, proxies]), file=file)
if words[0] == "image":
    sys.exit(0 if "base" in words[-1] else 1)
if words[0] == "build" and ends == "badly":
    print("Get:1 packages", file=sys.stderr)
    print("E: Failed to fetch http://deb/x  Could not resolve", file=sys.stderr)
    print("E: Unable to fetch some archives", file=sys.stderr)
    sys.exit("The command '/bin/sh -c apt-get' returned a non-zero code: 100")
"""
Make = Callable[..., Images]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def said() -> list[tuple[str, str]]:
    """What was said, and what the images were said to be doing by then."""
    return []


@pytest.fixture
def make(notes: Path, said: list[tuple[str, str]]) -> Make:
    def images(ends: str = "well") -> Images:
        docker = Docker((sys.executable, "-c", ENGINE, str(notes), ends))
        made = Images(docker, say=lambda sentence: said.append((sentence, made.doing)))
        return made

    return images


def test_while_an_image_is_built_that_is_told_and_afterwards_no_more(
    make: Make, said: list[tuple[str, str]]
) -> None:
    images = make()
    name = images.need(Target.SERVICES)
    (told,) = said
    assert told[0] == told[1] == f"building the image {name} (once; about half a minute)"
    assert images.doing == ""
    assert images.failure is None


def test_a_build_that_fails_says_its_first_cause_and_keeps_its_last_lines(make: Make) -> None:
    images = make("badly")
    with pytest.raises(ImageError, match="cannot be built: Failed to fetch http://deb/x") as caught:
        images.need(Target.SERVICES)
    assert images.doing == ""
    assert images.failure is caught.value
    assert caught.value.lines[0] == "Get:1 packages"
    assert caught.value.lines[-1].endswith("returned a non-zero code: 100")


def test_a_build_goes_through_the_machines_proxy_whose_address_is_in_no_argument(
    make: Make, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://user:secret@p:1")
    make().need(Target.SERVICES)
    calls = [json.loads(line) for line in notes.read_text().splitlines()]
    ((words, proxies),) = [each for each in calls if each[0][0] == "build"]
    assert proxies["http_proxy"] == proxies["HTTP_PROXY"] == "http://user:secret@p:1"
    named = [word for before, word in pairwise(words) if before == "--build-arg"]
    assert {"http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"} <= set(named)
    assert "secret" not in " ".join(words)


def test_what_does_not_come_from_apt_is_told_by_its_last_line() -> None:
    assert cause_in(["one", "two "]) == "two"
    assert cause_in(["#9 0.31 E: Unable to locate package x", "ERROR: failed to solve"]) == (
        "Unable to locate package x"
    )
    assert cause_in([]) == ""


def test_a_user_who_is_not_root_mounts_no_devices() -> None:
    root, user = (bootstrap_arguments(is_root=each) for each in (True, False))
    assert "--mode=root" in root
    assert {"--mode=unshare", "--skip=chroot/mount/dev"} <= set(user)
    assert not any(word.startswith("--skip") for word in root)
