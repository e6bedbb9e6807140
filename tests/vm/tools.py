"""The programs that the machine needs, and how they are run.

Nothing here installs anything: what is missing is named, with the command that brings it.
"""

import os
import subprocess
from pathlib import Path
from shutil import which

PACKAGES = {
    "qemu-system-x86_64": "qemu-system-x86",
    "mmdebstrap": "mmdebstrap",
    "fakeroot": "fakeroot",
    "mke2fs": "e2fsprogs",
    "sfdisk": "fdisk",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "docker-registry": "docker-registry",
    "skopeo": "skopeo",
}
"""Debian's package of each program."""

ROOTLESS = {"newuidmap": "uidmap"}
"""What mmdebstrap needs besides where it does not run as root."""

PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
"""Where programs are looked for: some of these are not on an ordinary user's path."""


class MissingProgramsError(Exception):
    """The machine lacks programs."""


class FailedProgramError(Exception):
    """A program that had to succeed did not."""


def check_programs(path: str = PATH, *, is_root: bool | None = None) -> None:
    """Say which programs are missing, if any.

    Args:
        path: Where to look for them.
        is_root: Whether root runs them; None finds out.

    Raises:
        MissingProgramsError: Some are; the message says how to get them.
    """
    root = os.geteuid() == 0 if is_root is None else is_root
    needed = PACKAGES if root else {**PACKAGES, **ROOTLESS}
    missing = [name for name in needed if which(name, path=path) is None]
    if missing:
        packages = " ".join(dict.fromkeys(needed[name] for name in missing))
        raise MissingProgramsError(
            f"this test needs {', '.join(missing)}\n"
            f"hint: apt-get install --no-install-recommends {packages}"
        )


def program(name: str) -> str:
    """Return the path of a program, which is here."""
    return which(name, path=PATH) or name


def run(*argv: str | Path, stdin: bytes = b"", seconds: float = 600) -> str:
    """Run a program that has to succeed, and return what it prints.

    Args:
        argv: The program and its arguments.
        stdin: What it reads.
        seconds: Its deadline.

    Raises:
        FailedProgramError: It failed or did not end in time; with what it said.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words, input=stdin, capture_output=True, check=False, timeout=seconds, env=environ()
        )
    except subprocess.TimeoutExpired as error:
        raise FailedProgramError(f"{words[0]} did not end within {seconds:.0f} s") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        raise FailedProgramError(f"{words[0]} ended with {done.returncode}: {said[-2000:]}")
    return done.stdout.decode("utf-8", "replace")


def limited(seconds: float, *argv: str) -> list[str]:
    """Return the call of a program that ends by then, whatever becomes of who started it.

    Args:
        seconds: Its deadline.
        argv: The program and its arguments.
    """
    return [program("timeout"), "--kill-after=10", str(int(seconds)), *argv]


def environ() -> dict[str, str]:
    """Return the environment that programs get."""
    return {**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8"}


def first_line(*argv: str) -> str:
    """Return the first line that a program prints, such as its version."""
    return run(*argv).partition("\n")[0]
