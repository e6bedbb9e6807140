"""The files that ``cdinfra init`` writes: texts of this package with a team's names filled in."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType

from cdinfra import __version__
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model.checks import app_problems


class CiServer(StrEnum):
    """A CI server whose configuration can be written."""

    GITHUB = "github"
    GITLAB = "gitlab"
    JENKINS = "jenkins"


FILES: Mapping[str, str] = MappingProxyType(
    {
        "infra.py": "infra.py.txt",
        "Makefile": "Makefile.txt",
        "requirements.txt": "requirements.txt",
        ".gitignore": "gitignore.txt",
    }
)
"""For each path in the repository the text in this package that it is made from."""

CI_FILES: Mapping[CiServer, tuple[str, str]] = MappingProxyType(
    {
        CiServer.GITHUB: (".github/workflows/infra.yml", "github.yml"),
        CiServer.GITLAB: (".gitlab-ci.yml", "gitlab-ci.yml"),
        CiServer.JENKINS: ("Jenkinsfile", "Jenkinsfile.txt"),
    }
)
"""The same for the configuration of each CI server."""


APP_HINT = "the app is named with --app; by default it has the folder's name"
PLACEHOLDER = re.compile("@[A-Z]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaffold:
    """What the files say.

    Attributes:
        app: Name of the app.
        owner: Who answers for it: a team or an address.
        region: AWS region; None leaves it to the AWS configuration.
        ci: The CI servers to write a configuration for.

    Raises:
        InvalidInputError: A name is not valid.
    """

    app: str
    owner: str
    region: str | None = None
    ci: tuple[CiServer, ...] = (CiServer.GITHUB,)

    def __post_init__(self) -> None:
        """Check the names as an app will."""
        known = {"env": "dev", "environments": ("dev",), "tags": None}
        problems = app_problems(self.app, owner=self.owner, region=self.region, **known)
        if problems:
            named = any(each.path == "app" for each in problems)
            raise InvalidInputError(problems, hint=APP_HINT if named else "")
        if not self.owner.isprintable():
            problem = Problem(path="owner", message="has characters that cannot be printed")
            raise InvalidInputError(problem)


def load_scaffold(scaffold: Scaffold) -> Mapping[str, str]:
    """Return the text of each file, by its path in the repository."""
    return {path: _filled(_text(name), scaffold) for path, name in _sources(scaffold)}


def _sources(scaffold: Scaffold) -> Iterator[tuple[str, str]]:
    yield from FILES.items()
    yield from (CI_FILES[server] for server in CiServer if server in scaffold.ci)


def _text(name: str) -> str:
    return files("cdinfra.scaffold").joinpath("files", name).read_text(encoding="utf-8")


def _filled(text: str, scaffold: Scaffold) -> str:
    region = f"\n        region={_literal(scaffold.region)}," if scaffold.region else ""
    values = {
        "@APP@": scaffold.app,
        "@OWNER@": _literal(scaffold.owner),
        "@REGION@": region,
        "@VERSIONS@": _versions(__version__),
    }
    # One pass: an owner who looks like a placeholder stays as he is.
    return PLACEHOLDER.sub(lambda found: values[found[0]], text)


def _literal(text: str) -> str:
    """Return a string of Python: JSON's strings are some, and double-quoted."""
    return json.dumps(text, ensure_ascii=False)


def _versions(version: str) -> str:
    """Return the versions that are compatible, for example ``>=0.1.0,<0.2``."""
    major, minor, *_ = version.split(".")
    ceiling = f"0.{int(minor) + 1}" if major == "0" else str(int(major) + 1)
    return f">={version},<{ceiling}"
