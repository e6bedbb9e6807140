"""The images of local hosts, built from Debian's packages and kept by the engine.

An image is named after its recipe: another recipe is another image, and the same one is
built once. The base is made by mmdebstrap where that is installed, which needs no hub;
elsewhere a hub has to give it.
"""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from threading import Lock

from cdinfra.local.hosts.docker import Docker, DockerError

REPOSITORY = "cdinfra-local"
SUITE = "bookworm"
HUB_IMAGE = "debian:bookworm-slim"
BUILD_SECONDS = 1200.0
FAST_FOLDER = "/dev/shm"  # noqa: S108 - only where mmdebstrap unpacks, under a random name
UNPACKED_BYTES = 1024**3
"""More than the base takes while it is made."""

Say = Callable[[str], None]


class Target(StrEnum):
    """The images that the recipe makes."""

    BASE = "debian"
    """Debian alone, for whatever is built upon it."""
    BARE = "bare"
    """A host without Docker."""
    READY = "ready"
    """A host with everything that its agent would install."""
    SERVICES = "services"
    """What runs beside the hosts: registry and load balancers."""


class Images:
    """Builds the images that are not there yet.

    Args:
        docker: The engine.
        say: Told in a sentence what takes long.
    """

    def __init__(self, docker: Docker, *, say: Say) -> None:
        self._docker = docker
        self._say = say
        self._lock = Lock()
        self._ready: dict[Target, str] = {}

    def need(self, target: Target) -> str:
        """Return an image's name, after building it where it is missing.

        Args:
            target: Which one.

        Raises:
            DockerError: It cannot be built.
        """
        with self._lock:
            if target not in self._ready:
                self._ready[target] = self._build(target)
            return self._ready[target]

    def _build(self, target: Target) -> str:
        name = image_name(target)
        if self._has(name):
            return name
        base = self._base()
        self._say(f"building the image {name} (once; about half a minute)")
        with as_file(recipe()) as folder:
            self._docker.run(
                *("build", "--quiet", "--network", "host", "--target", target),
                *("--build-arg", f"BASE={base}", "--tag", name, str(folder)),
                seconds=BUILD_SECONDS,
            )
        return name

    def _base(self) -> str:
        name = f"{REPOSITORY}/base:{SUITE}"
        if self._has(name):
            return name
        why = self._bootstrapped(name)
        if not why:
            return name
        self._say(f"pulling {HUB_IMAGE} (once)")
        ran = self._docker.attempt("pull", "--quiet", HUB_IMAGE, seconds=BUILD_SECONDS)
        if ran.code != 0:
            raise DockerError(
                f"hosts need Debian: {why}, and {HUB_IMAGE} cannot be pulled: {ran.reason}",
                hint="install mmdebstrap, which makes it from Debian's packages",
            )
        self._docker.run("tag", HUB_IMAGE, name)
        return name

    def _bootstrapped(self, name: str) -> str:
        """Make the base of packages; return why that cannot be done, if so."""
        if not shutil.which("mmdebstrap"):
            return "mmdebstrap is not installed"
        self._say("making Debian's base with mmdebstrap (once; about half a minute)")
        try:
            bootstrap(self._docker, name)
        except DockerError as error:
            return error.message
        return ""

    def _has(self, name: str) -> bool:
        return self._docker.attempt("image", "inspect", "--format", "{{.Id}}", name).code == 0


def recipe() -> Traversable:
    """Return the folder with the Dockerfile and what it copies."""
    return files("cdinfra.local.hosts").joinpath("files")


def image_name(target: Target) -> str:
    """Return an image's name, whose tag changes with the recipe.

    Args:
        target: Which image.
    """
    digest = sha256(f"{SUITE} {platform.machine()}\n".encode())
    for file in sorted(recipe().iterdir(), key=lambda each: each.name):
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{REPOSITORY}/{target}:{digest.hexdigest()[:12]}"


def can_unpack(filesystem: os.statvfs_result) -> bool:
    """Whether a filesystem lets mmdebstrap run what it unpacks, and has the space for it.

    In a container, ``/dev/shm`` is small and runs no programs.

    Args:
        filesystem: What the kernel says of it.
    """
    forbids = os.ST_NOEXEC | os.ST_NODEV
    free = filesystem.f_bavail * filesystem.f_frsize
    return not filesystem.f_flag & forbids and free >= UNPACKED_BYTES


def bootstrap(docker: Docker, name: str) -> None:
    """Make Debian's base image with mmdebstrap.

    Args:
        docker: The engine.
        name: Name of the image.

    Raises:
        DockerError: mmdebstrap or the import failed.
    """
    mode = "root" if os.geteuid() == 0 else "unshare"
    argv = [
        *("mmdebstrap", "--quiet", "--variant=minbase", f"--mode={mode}"),
        *("--aptopt=Apt::Install-Recommends false", "--aptopt=Acquire::Languages none"),
        *("--dpkgopt=force-unsafe-io", "--dpkgopt=path-exclude=/usr/share/man/*"),
        *("--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*"),
        *("--format=tar", SUITE, "-"),
    ]
    environment = dict(os.environ)
    if os.access(FAST_FOLDER, os.W_OK) and can_unpack(os.statvfs(FAST_FOLDER)):
        environment.setdefault("TMPDIR", FAST_FOLDER)
    try:
        made = subprocess.run(  # noqa: S603 - arguments as a list
            argv, capture_output=True, env=environment, timeout=BUILD_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DockerError(
            f"mmdebstrap failed: {error}", hint="run it by hand to see why"
        ) from error
    if made.returncode != 0:
        lines = made.stderr.decode("utf-8", "replace").strip().splitlines()
        why = lines[-1] if lines else f"exit code {made.returncode}"
        raise DockerError(f"mmdebstrap failed: {why}", hint="does it reach Debian's packages?")
    docker.run("import", "-", name, stdin=made.stdout, seconds=BUILD_SECONDS)
