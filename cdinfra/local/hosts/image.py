"""The images of local hosts, built from Debian's packages and kept by the engine.

An image is named after its recipe: another recipe is another image, and the same one is
built once. The base is made by mmdebstrap where that is installed, which needs no hub;
elsewhere a hub has to give it.
"""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from threading import Lock

from cdinfra.local.environment import build_environment
from cdinfra.local.hosts.docker import Docker, DockerError

REPOSITORY = "cdinfra-local"
SUITE = "bookworm"
HUB_IMAGE = "debian:bookworm-slim"
BUILD_SECONDS = 1200.0
FAST_FOLDER = "/dev/shm"  # noqa: S108 - only where mmdebstrap unpacks, under a random name
UNPACKED_BYTES = 1024**3
"""More than the base takes while it is made."""

REACHES = "does this machine reach Debian's packages? behind a proxy, set http_proxy"
INSTALL = "install mmdebstrap, which makes it from Debian's packages"
LINES_SHOWN = 12
"""How many of a failed build's last lines are kept."""

APT_ERROR = re.compile(r"(?:^|\s)E: (.+)")

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


class ImageError(DockerError):
    """An image cannot be built.

    Attributes:
        lines: The last lines of what was tried, for people.
    """

    def __init__(self, message: str, *, hint: str, lines: Sequence[str]) -> None:
        super().__init__(message, hint=hint)
        self.lines = tuple(lines)


class Images:
    """Builds the images that are not there yet.

    Args:
        docker: The engine.
        say: Told in a sentence what takes long.

    Attributes:
        doing: What takes long right now; empty where nothing does.
        failure: Why the image that was last needed is not there; None where it is.
    """

    def __init__(self, docker: Docker, *, say: Say) -> None:
        self._docker = docker
        self._say = say
        self._lock = Lock()
        self._ready: dict[Target, str] = {}
        self.doing = ""
        self.failure: DockerError | None = None

    def need(self, target: Target) -> str:
        """Return an image's name, after building it where it is missing.

        Args:
            target: Which one.

        Raises:
            DockerError: It cannot be built.
        """
        with self._lock:
            if target not in self._ready:
                self._ready[target] = self._watched(target)
            return self._ready[target]

    def _watched(self, target: Target) -> str:
        try:
            name = self._build(target)
        except DockerError as error:
            self.failure = error
            raise
        finally:
            self.doing = ""
        self.failure = None
        return name

    def _tell(self, sentence: str) -> None:
        self.doing = sentence
        self._say(sentence)

    def _build(self, target: Target) -> str:
        name = image_name(target)
        if self._has(name):
            return name
        base, proxies = self._base(), build_environment(os.environ)
        self._tell(f"building the image {name} (once; about half a minute)")
        with as_file(recipe()) as folder:
            ran = self._docker.attempt(
                *("build", "--quiet", "--network", "host", "--target", target),
                *("--build-arg", f"BASE={base}", *_proxy_arguments(proxies)),
                *("--tag", name, str(folder)),
                seconds=BUILD_SECONDS,
                extra=proxies,
            )
        if ran.code != 0:
            lines = lines_of(ran.errors or ran.output)
            why = cause_in(lines) or ran.reason
            raise ImageError(f"{name} cannot be built: {why}", hint=REACHES, lines=lines)
        return name

    def _base(self) -> str:
        name = f"{REPOSITORY}/base:{SUITE}"
        if self._has(name):
            return name
        why = self._bootstrapped(name)
        if not why:
            return name
        self._tell(f"pulling {HUB_IMAGE} (once)")
        ran = self._docker.attempt("pull", "--quiet", HUB_IMAGE, seconds=BUILD_SECONDS)
        if ran.code != 0:
            raise ImageError(
                f"hosts need Debian: {why.message}, and {HUB_IMAGE} cannot be pulled: {ran.reason}",
                hint=why.hint,
                lines=why.lines,
            )
        self._docker.run("tag", HUB_IMAGE, name)
        return name

    def _bootstrapped(self, name: str) -> ImageError | None:
        """Make the base of packages; return why that cannot be done, if so."""
        if not shutil.which("mmdebstrap"):
            return ImageError("mmdebstrap is not installed", hint=INSTALL, lines=())
        self._tell("making Debian's base with mmdebstrap (once; about half a minute)")
        try:
            bootstrap(self._docker, name)
        except ImageError as error:
            return error
        return None

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


def report_of(error: DockerError) -> str:
    """Return what an error says, with the last lines of a failed build below it.

    Args:
        error: The error.
    """
    lines = error.lines if isinstance(error, ImageError) else ()
    return "\n".join([error.message, *lines])


def lines_of(output: bytes) -> list[str]:
    """Return the last lines of what a program wrote, without empty ones.

    Args:
        output: All that it wrote.
    """
    lines = (line.rstrip() for line in output.decode("utf-8", "replace").splitlines())
    return [line for line in lines if line][-LINES_SHOWN:]


def cause_in(lines: Sequence[str]) -> str:
    """Return the line that says why packages could not be had; empty where there is no line.

    Args:
        lines: The last lines of a build, where what failed stands before what follows from it.
    """
    found = filter(None, map(APT_ERROR.search, lines))
    return next((each[1] for each in found), lines[-1].strip() if lines else "")


def _proxy_arguments(proxies: Mapping[str, str]) -> Iterator[str]:
    # Only the names: a proxy's address may hold a password. They stay out of the image, too.
    for name in proxies:
        yield from ("--build-arg", name)


def bootstrap_arguments(*, is_root: bool) -> list[str]:
    """Return the command that writes Debian's base as a tar archive to its standard output.

    Args:
        is_root: Whether root runs it.
    """
    # Not every kernel lets a user mount the machine's /dev/shm into a namespace of their own;
    # nothing of this base needs the devices while it is unpacked, and they are in the archive.
    mode = ["--mode=root"] if is_root else ["--mode=unshare", "--skip=chroot/mount/dev"]
    return [
        *("mmdebstrap", "--quiet", "--variant=minbase", *mode),
        *("--aptopt=Apt::Install-Recommends false", "--aptopt=Acquire::Languages none"),
        *("--dpkgopt=force-unsafe-io", "--dpkgopt=path-exclude=/usr/share/man/*"),
        *("--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*"),
        *("--format=tar", SUITE, "-"),
    ]


def bootstrap(docker: Docker, name: str) -> None:
    """Make Debian's base image with mmdebstrap.

    Args:
        docker: The engine.
        name: Name of the image.

    Raises:
        ImageError: mmdebstrap failed.
        DockerError: The import failed.
    """
    argv = bootstrap_arguments(is_root=os.geteuid() == 0)
    environment = dict(os.environ)
    if os.access(FAST_FOLDER, os.W_OK) and can_unpack(os.statvfs(FAST_FOLDER)):
        environment.setdefault("TMPDIR", FAST_FOLDER)
    environment |= build_environment(os.environ)
    try:
        made = subprocess.run(  # noqa: S603 - arguments as a list
            argv, capture_output=True, env=environment, timeout=BUILD_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"mmdebstrap failed: {error}"
        raise ImageError(message, hint="run it by hand to see why", lines=()) from error
    if made.returncode != 0:
        lines = lines_of(made.stderr)
        why = cause_in(lines) or f"exit code {made.returncode}"
        raise ImageError(f"mmdebstrap failed: {why}", hint=REACHES, lines=lines)
    docker.run("import", "-", name, stdin=made.stdout, seconds=BUILD_SECONDS)
