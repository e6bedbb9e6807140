"""A team's first minutes: an empty folder, the wheel, and what CI does with the files."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

Run = Callable[..., subprocess.CompletedProcess[str]]

LOCK = Path(__file__).parents[3] / "requirements.lock"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("team") / "bakery"


@pytest.fixture(scope="module")
def run(folder: Path, wheel: Path) -> Iterator[Run]:
    """Run a command in the new repository, in an environment that knows nothing of this one."""
    environment = {
        **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
        "PATH": f"{Path(sys.executable).resolve().parent}:{os.defpath}",
        "HOME": str(folder.parent),
        "LANG": "C.UTF-8",
        "CI": "true",
        "PIP_FIND_LINKS": str(wheel.parent),
        # The versions that the rest of the tests have run with.
        "PIP_CONSTRAINT": str(_without_hashes(folder.parent)),
    }

    def in_folder(*command: str, cwd: Path = folder) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )

    yield in_folder
    in_folder(".venv/bin/cdinfra", "local", "down")


def _without_hashes(folder: Path) -> Path:
    # With hashes pip would want one for the wheel, too.
    pinned = [line.rstrip(" \\") for line in LOCK.read_text().splitlines() if "==" in line]
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(pinned))
    return constraints


class TestANewRepository:
    """One story, in the order in which the tests stand."""

    def test_the_installed_wheel_fills_an_empty_folder(
        self, run: Run, folder: Path, fresh_python: Path
    ) -> None:
        folder.mkdir()
        done = run(str(fresh_python.with_name("cdinfra")), "init", "--owner", "bakers")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            "infra.py",
            "Makefile",
            "requirements.txt",
            ".gitignore",
            ".github/workflows/infra.yml",
        ]

    def test_stack_up_brings_it_up(self, run: Run) -> None:
        done = run("make", "stack-up")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "4 stacks: 4 created" in done.stdout
        assert "web.LoadBalancerUrl" in done.stdout

    def test_what_ci_does_on_a_pull_request_passes(self, run: Run, folder: Path) -> None:
        workflow = yaml.safe_load((folder / ".github/workflows/infra.yml").read_text())
        commands = [step["run"] for step in workflow["jobs"]["check"]["steps"] if "run" in step]
        assert commands == ["make lint ENV=production", "make stack-up"]
        for command in commands:
            done = run("bash", "-e", "-o", "pipefail", "-c", command)
            assert done.returncode == 0, done.stdout + done.stderr

    def test_a_version_is_published_into_a_folder(self, run: Run, folder: Path) -> None:
        done = run("make", "publish", "VERSION=1.0", "ARGS=--to published")
        assert done.returncode == 0, done.stdout + done.stderr
        assert list((folder / "published").rglob("manifest.json"))
        assert run("make", "publish").returncode == 2

    def test_stack_down_removes_it_all(self, run: Run) -> None:
        done = run("make", "stack-down")
        assert done.returncode == 0, done.stderr
        assert "4 stacks: 4 deleted" in done.stdout
