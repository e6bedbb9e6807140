"""The other programs, each from its registry into a folder of its own outside the repository."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PYTHON_PEERS: Mapping[str, tuple[str, str]] = {
    "aws": ("awscli", "aws"),
    "sam": ("aws-sam-cli", "sam"),
    "sceptre": ("sceptre", "sceptre"),
}
"""For each peer its package on PyPI and its program."""

BESIDE: Mapping[str, tuple[str, ...]] = {"sceptre": ("troposphere",)}
"""What its project here needs besides."""

CDK_PACKAGES = ("aws-cdk", "aws-cdk-lib", "constructs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another program.

    Attributes:
        name: Its name.
        program: Where it is; None where it could not be installed.
        version: Its version; else why it is missing.
    """

    name: str
    program: Path | None
    version: str


def cache_folder() -> Path:
    """Return the folder that peers are installed into, once for all runs."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "cdinfra-bench"


def install_peers() -> tuple[Peer, ...]:
    """Install what is missing, and return every peer."""
    folder = cache_folder()
    peers = [_python_peer(folder, name) for name in PYTHON_PEERS]
    return (*peers, _cdk(folder))


def _python_peer(folder: Path, name: str) -> Peer:
    package, program = PYTHON_PEERS[name]
    venv = folder / name
    path = venv / "bin" / program
    if not path.exists():
        packages = (package, *BESIDE.get(name, ()))
        pip = [str(venv / "bin" / "pip"), "install", "--quiet", *packages]
        if wrong := _run([sys.executable, "-m", "venv", str(venv)]) or _run(pip):
            return Peer(name=name, program=None, version=f"not installed: {wrong}")
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return Peer(name=name, program=path, version=_said([str(venv / "bin" / "python"), "-c", code]))


def _cdk(folder: Path) -> Peer:
    path = folder / "cdk" / "node_modules" / ".bin" / "cdk"
    if not path.exists():
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit"]
        if wrong := _run([*npm, "--prefix", str(folder / "cdk"), *CDK_PACKAGES]):
            return Peer(name="cdk", program=None, version=f"not installed: {wrong}")
    return Peer(name="cdk", program=path, version=_said([str(path), "--version"]).split()[0])


def _run(words: list[str]) -> str:
    """Run a command; return its last words where it fails, else nothing."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"there is no {words[0]}"
    last = (done.stderr or done.stdout).strip().splitlines()[-1:]
    return "".join(last) or "it failed" if done.returncode else ""


def _said(words: list[str]) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
