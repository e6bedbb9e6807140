"""A repository as other stacks see it, and the names that ECR allows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cdinfra.errors import Problem
from cdinfra.model import Value
from cdinfra.stacks.validation import value_problems

REPOSITORY_PATTERN = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)*")
"""Source: ECR API reference, CreateRepository, parameter repositoryName."""

REPOSITORY_MAX_LENGTH = 128
"""Longest name within the app; ECR takes 256 with the ``{app}-{env}/`` in front of it.

Source: ECR API reference, CreateRepository, parameter repositoryName.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository that hosts pull from.

    :meth:`Registry.repository` returns one; write one by hand for a repository that
    another app or account has.

    Example:
        >>> shared = Repository(
        ...     arn="arn:aws:ecr:eu-west-1:123456789012:repository/shared/web",
        ...     uri="123456789012.dkr.ecr.eu-west-1.amazonaws.com/shared/web",
        ... )

    Attributes:
        arn: Its ARN.
        uri: Where images are pushed to and pulled from.
    """

    arn: Value
    uri: Value

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with it."""
        yield from value_problems(
            f"{path}/arn",
            self.arn,
            r"arn:aws[a-z-]*:ecr:[a-z0-9-]+:\d{12}:repository/\S+",
            "arn:aws:ecr:eu-west-1:123456789012:repository/web",
        )
        yield from value_problems(
            f"{path}/uri",
            self.uri,
            r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/\S+",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web",
        )


def repository_problems(path: str, name: object) -> Iterator[Problem]:
    """Check the name of a repository."""
    if not isinstance(name, str) or not REPOSITORY_PATTERN.fullmatch(name):
        hint = "lower-case words joined by one of . _ - /"
        yield Problem(path=path, message=f"{name!r} is no name of a repository", hint=hint)
    elif len(name) > REPOSITORY_MAX_LENGTH:
        hint = f"at most {REPOSITORY_MAX_LENGTH}"
        yield Problem(path=path, message=f"has {len(name)} characters", hint=hint)


def logical_name(repository: str) -> str:
    """Return the repository's part of logical ids and output keys.

    >>> logical_name("backend/web-api")
    'BackendWebApi'
    """
    return "".join(word.capitalize() for word in re.split(r"[._/-]", repository))
