"""Who does a rollout: what the options say, else the CI server's variables, else the machine."""

import getpass
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from cdinfra.rollout.record import Author

GIT_SECONDS = 10.0
"""How long git may take to tell the commit."""

_WHO = ("BUILD_USER_ID", "GITHUB_ACTOR", "GITLAB_USER_LOGIN")
_RUN_URLS = ("BUILD_URL", "CI_JOB_URL")
_COMMITS = ("GIT_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA")
"""Names of variables, of Jenkins, GitHub and GitLab.

Source: Jenkins handbook, "Using environment variables"; its plugin build-user-vars; GitHub
docs, "Default environment variables"; GitLab docs, "Predefined CI/CD variables".
"""


def author_of(given: Author, environ: Mapping[str, str], folder: Path) -> Author:
    """Return who does a rollout.

    Args:
        given: What the options say; empty where they say nothing.
        environ: The process's environment.
        folder: The folder whose git repository tells the commit where nothing else does.
    """
    return Author(
        who=given.who or _first(environ, _WHO) or _user(),
        run_url=given.run_url or _first(environ, _RUN_URLS) or _github_run(environ),
        commit=given.commit or _first(environ, _COMMITS) or _head(folder),
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")


def _github_run(environ: Mapping[str, str]) -> str:
    server, repository, run = (
        environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")
    )
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""


def _user() -> str:
    host = socket.gethostname()
    try:
        return f"{getpass.getuser()}@{host}"
    except (OSError, KeyError):
        # A user id without a name, as containers have.
        return host


def _head(folder: Path) -> str:
    """Return the commit that is checked out; empty where there is no repository, or no git."""
    command = ("git", "-C", str(folder), "rev-parse", "HEAD")
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            command, capture_output=True, text=True, check=False, timeout=GIT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
