"""The releases that groups of hosts begin with, for groups that have none yet."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cdinfra.deploy.observe import Observed
from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.events import Notice
from cdinfra.model import Deployable, Place, Retained, StackTemplate
from cdinfra.model.release import RELEASE_MAX_LENGTH, RELEASE_PARAMETER, RELEASE_PATTERN

OPTION = "--release"


class AppWithReleases:
    """An app whose groups begin with releases; a group that has one keeps it.

    Args:
        app: The app.
        releases: Image by digest, by the stack's name.

    Raises:
        InvalidInputError: A stack has no hosts, or an image is none by digest.
    """

    def __init__(self, app: Deployable, releases: Mapping[str, str]) -> None:
        self._app = app
        self._releases = dict(releases)
        if problems := [*_problems(app, self._releases)]:
            raise InvalidInputError(problems)

    @property
    def name(self) -> str:
        """Name of the app."""
        return self._app.name

    @property
    def env(self) -> str:
        """The environment."""
        return self._app.env

    @property
    def region(self) -> str | None:
        """The app's region."""
        return self._app.region

    @property
    def account(self) -> str | None:
        """The account that the environment belongs to."""
        return self._app.account

    @property
    def places(self) -> tuple[Place, ...]:
        """Places to look in for stacks that the app has no more."""
        return self._app.places

    @property
    def foundations(self) -> tuple[str, ...]:
        """Names of the stacks that every other one waits for."""
        return self._app.foundations

    def build(self) -> tuple[StackTemplate, ...]:
        """Return every template, with the releases that its group begins with."""
        return tuple(map(self._with_release, self._app.build()))

    def _with_release(self, template: StackTemplate) -> StackTemplate:
        image = self._releases.get(template.name)
        if image is None:
            return template
        parameters = {**template.parameters, RELEASE_PARAMETER: Retained(initial=image)}
        return replace(template, parameters=parameters)


def parse_releases(words: Iterable[str]) -> dict[str, str]:
    """Parse ``STACK=IMAGE`` pairs.

    >>> parse_releases(["web=shop/web@sha256:0"])
    {'web': 'shop/web@sha256:0'}

    Args:
        words: The pairs.

    Raises:
        InvalidInputError: One is no pair, or a stack is named twice.
    """
    releases: dict[str, str] = {}
    for word in words:
        stack, separator, image = word.partition("=")
        if not separator or stack in releases:
            message = "is named twice" if separator else "is no STACK=IMAGE"
            hint = "for example web=registry/web@sha256:…"
            raise InvalidInputError(Problem(path=f"{OPTION} {word}", message=message, hint=hint))
        releases[stack] = image
    return releases


def kept_releases(templates: Iterable[StackTemplate], observed: Observed) -> Iterator[Notice]:
    """Return what to say of groups that keep another release than the one they are to begin with.

    Args:
        templates: The app's templates.
        observed: What exists.
    """
    for template in templates:
        source = template.parameters.get(RELEASE_PARAMETER)
        stack = observed.stacks.get(template.name)
        kept = stack.description.parameters.get(RELEASE_PARAMETER, "") if stack else ""
        if isinstance(source, Retained) and source.initial and kept not in ("", source.initial):
            yield Notice(
                message=f"{template.name} keeps its release {kept}: {OPTION} is for a first one"
            )


def _problems(app: Deployable, releases: Mapping[str, str]) -> Iterable[Problem]:
    groups = [each.name for each in app.build() if RELEASE_PARAMETER in each.parameters]
    for stack, image in releases.items():
        path = f"{OPTION} {stack}"
        if stack not in groups:
            yield Problem(path=path, message="is no stack of hosts", hint=nearest(stack, groups))
        elif (
            not image or len(image) > RELEASE_MAX_LENGTH or not re.fullmatch(RELEASE_PATTERN, image)
        ):
            hint = "name it by digest: repository@sha256:…"
            yield Problem(path=path, message=f"{image!r} is no release", hint=hint)
