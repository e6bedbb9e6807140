"""Publishing into a folder and into a real bucket's API, and bringing a version up again."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cdinfra.local.process import LocalCloud

EXAMPLE = Path(__file__).parents[3] / "examples" / "shop" / "infra.py"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(local_cloud: LocalCloud, tmp_path: Path) -> Run:
    """Run the command as a process of its own, in a folder without an infra.py."""

    def cdinfra(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cdinfra", *args],
            cwd=tmp_path,
            env={**os.environ, "CDINFRA_STATE": str(local_cloud.state_dir)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return cdinfra


def example(tmp_path: Path, app: str) -> str:
    """Write the example under another name beside, so that tests do not meet."""
    folder = tmp_path / "source"
    folder.mkdir(exist_ok=True)
    text = EXAMPLE.read_text(encoding="utf-8").replace('"shop"', f'"{app}"')
    (folder / "infra.py").write_text(text, encoding="utf-8")
    return str(folder / "infra.py")


def test_a_version_in_a_folder_comes_up_without_infra_py(run: Run, tmp_path: Path) -> None:
    file = example(tmp_path, "foldered")
    done = run("publish", "--file", file, "--version", "1.0", "--to", "out", "-o", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["publication"] == "published"
    names = [each["name"] for each in told["manifest"]["stacks"]]
    assert sorted(names) == ["foundation", "network", "registry", "web", "worker"]
    manifest = told["manifest_path"]
    assert manifest == "out/foldered/dev/1.0/manifest.json"
    up = run("up", "--manifest", manifest)
    assert up.returncode == 0, up.stderr
    assert "5 stacks: 5 created" in up.stdout
    # The same app from infra.py is what stands there.
    assert "Nothing changes" in run("up", "--file", file).stdout
    assert "Nothing changes" in run("diff", "--manifest", manifest).stdout
    assert "5 deleted" in run("down", "--file", file).stdout


def test_a_version_in_the_apps_own_bucket_is_written_once(run: Run, tmp_path: Path) -> None:
    file = example(tmp_path, "bucketed")
    early = run("publish", "--file", file, "--version", "1.0")
    assert early.returncode == 2
    assert "bring its Foundation up first" in early.stderr
    assert run("up", "--file", file, "foundation").returncode == 0
    first = run("publish", "--file", file, "--version", "1.0")
    assert first.returncode == 0, first.stderr
    manifest, page = first.stdout.splitlines()
    assert manifest.startswith("s3://bucketed-dev-foundation-")
    assert manifest.endswith("/published/bucketed/dev/1.0/manifest.json")
    assert page.endswith("/index.html")
    again = run("publish", "--file", file, "--version", "1.0")
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert "published already, with the same bytes" in again.stderr
    source = Path(file)
    source.write_text(source.read_text().replace("zones=2", "zones=3"))
    other = run("publish", "--file", file, "--version", "1.0")
    assert other.returncode == 2
    assert "network.json: has the hash" in other.stderr
    up = run("up", "--manifest", manifest, "network")
    assert up.returncode == 0, up.stderr
    assert "1 stack: 1 created" in up.stdout


def test_the_environment_of_a_version_cannot_be_changed(run: Run, tmp_path: Path) -> None:
    file = example(tmp_path, "fixed")
    assert run("publish", "--file", file, "--version", "1.0", "--to", "out").returncode == 0
    manifest = "out/fixed/dev/1.0/manifest.json"
    other = run("up", "--manifest", manifest, "--env", "staging")
    assert other.returncode == 2
    assert "the version is for 'dev', not for 'staging'" in other.stderr
    both = run("up", "--manifest", manifest, "--file", file)
    assert "--file says nothing" in both.stderr
