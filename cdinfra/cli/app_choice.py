"""The options that say what ``up`` works on, and what they come to: :class:`AppChoice`."""

from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from cdinfra.cli.app_of import app_of
from cdinfra.cli.options import Callback, Request, manifest_option
from cdinfra.deploy.first_releases import OPTION, AppWithReleases, parse_releases
from cdinfra.model import Deployable


@dataclass(frozen=True, slots=True, kw_only=True)
class AppChoice:
    """What to work on.

    Attributes:
        manifest: Path or address of a published version's manifest; None for ``infra.py``.
        releases: ``STACK=IMAGE`` of the groups that begin with a release.
    """

    manifest: str | None = None
    releases: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The options that lead another command to the same app."""
        version = ("--manifest", self.manifest) if self.manifest else ()
        return (*version, *(word for each in self.releases for word in (OPTION, each)))

    def app(self, request: Request) -> Deployable:
        """Return the app.

        Args:
            request: The shared options.

        Raises:
            InvalidInputError: The app is broken, or a release is none.
        """
        releases = parse_releases(self.releases)
        app = app_of(request, self.manifest)
        return AppWithReleases(app, releases) if releases else app


def app_options(callback: Callback) -> Callback:
    """Give a command the options that say what it works on, as ``choice``."""

    @wraps(callback)
    def with_choice(
        *args: Any,  # noqa: ANN401 - click's signature
        manifest: str | None,
        releases: tuple[str, ...],
        **values: Any,  # noqa: ANN401 - as above
    ) -> None:
        callback(*args, choice=AppChoice(manifest=manifest, releases=releases), **values)

    release = click.option(
        OPTION,
        "releases",
        multiple=True,
        metavar="STACK=IMAGE",
        help="Let the hosts of a stack that has no release yet begin with this image, named by "
        "digest; may be repeated.",
    )
    return manifest_option(release(with_choice))
