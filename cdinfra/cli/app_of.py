"""The app that a command works on: the one of ``infra.py``, or a version of it."""

from click import get_current_context
from click.core import ParameterSource

from cdinfra.aws.cloud import StorageApi
from cdinfra.cli.access import connected
from cdinfra.cli.options import Request
from cdinfra.deploy.load import load_app
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import Deployable


def app_of(request: Request, manifest: str | None) -> Deployable:
    """Return the app that the options name.

    Args:
        request: The shared options.
        manifest: Path or address of a published version's manifest; None for ``infra.py``.

    Raises:
        InvalidInputError: The file is broken, the version is not what was published, or the
            options contradict each other.
    """
    if manifest is None:
        return load_app(request.file, request.env)
    # Here and not above: whoever has an infra.py need not wait for it.
    from cdinfra.publish.load import load_published  # noqa: PLC0415
    from cdinfra.publish.places import parse_destination, split_manifest  # noqa: PLC0415

    _refuse_both("file")

    def storage() -> StorageApi:
        return connected(request, None, start=False).storage

    folder, name = split_manifest(manifest)
    app = load_published(parse_destination("--manifest", folder, storage), name)
    if was_given("env") and app.env != request.env:
        message = f"the version is for {app.env!r}, not for {request.env!r}"
        raise InvalidInputError(Problem(path="--manifest", message=message))
    return app


def _refuse_both(option: str) -> None:
    if was_given(option):
        message = f"stands in for infra.py, so that --{option} says nothing"
        raise InvalidInputError(Problem(path="--manifest", message=message, hint="leave one out"))


def was_given(option: str) -> bool:
    """Whether an option stands on the command line."""
    source = get_current_context().get_parameter_source(option)
    return source is ParameterSource.COMMANDLINE
