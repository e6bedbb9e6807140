"""``cdinfra publish``: an app's templates under a version, to be brought up from anywhere."""

import click

from cdinfra.aws.cloud import Aws
from cdinfra.cli.access import connected
from cdinfra.cli.command import Command
from cdinfra.cli.options import Cloud, Request, request_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.words import count, printable
from cdinfra.cli.screen import result, tell
from cdinfra.deploy.load import load_app
from cdinfra.deploy.plain import plain
from cdinfra.model import App, Deployable
from cdinfra.publish.destination import BucketDestination, Destination
from cdinfra.publish.linted import check_publishable
from cdinfra.publish.manifest import manifest_object
from cdinfra.publish.places import describe_own_bucket, parse_destination
from cdinfra.publish.publish import (
    Publication,
    Published,
    build_manifest,
    publish,
    quick_create_addresses,
)

_SAID = {
    Publication.PUBLISHED: "is published",
    Publication.FINISHED: "was half published, and is now complete",
    Publication.UNCHANGED: "is published already, with the same bytes",
}


@click.command(
    "publish",
    cls=Command,
    examples=(
        "cdinfra publish --version 1.4.0 --to build/templates",
        "cdinfra publish --version 1.4.0 --env production --cloud aws --revision 3f2c1ab",
        "cdinfra publish --version 1.4.0 --cloud aws --to s3://acme-templates/infra",
    ),
)
@click.option("--version", metavar="NAME", required=True, help="Name of the version.")
@click.option(
    "--to",
    metavar="PLACE",
    help="Folder, or s3://bucket/prefix; by default the app's own bucket.",
)
@click.option(
    "--revision", metavar="TEXT", default="", help="Commit that the templates are built from."
)
@request_options
def publish_version(request: Request, version: str, to: str | None, revision: str) -> None:
    """Write the templates of infra.py under a version, with a manifest and a page.

    Templates in which lint finds an error are not published: cdinfra lint.
    A version is written once: the same bytes again change nothing, other
    bytes are refused. A published version is brought up with: cdinfra up --manifest.
    """
    app = load_app(request.file, request.env)
    _lint(request, app)
    destination, addresses = _place(request, app, version, to)
    manifest = build_manifest(app, version=version, revision=revision, addresses=addresses)
    _show(request, publish(app, destination, manifest))


def _lint(request: Request, app: App) -> None:
    from cdinfra.lint import Settings  # noqa: PLC0415 - slow to import; help needs it not

    check_publishable(app, Settings(regions=(request.region,) if request.region else ()))


def _place(
    request: Request, app: Deployable, version: str, to: str | None
) -> tuple[Destination, dict[str, str]]:
    def aws() -> Aws:
        return connected(request, app, start=False)

    if to is None:
        destination: Destination = describe_own_bucket(aws(), app)
    else:
        destination = parse_destination("--to", to, lambda: aws().storage)
    if request.cloud is Cloud.LOCAL or not isinstance(destination, BucketDestination):
        # No console opens with what is on this machine.
        return destination, {}
    region = destination.storage.describe_bucket_region(destination.bucket)
    return destination, dict(quick_create_addresses(app, destination, version, region))


def _show(request: Request, published: Published) -> None:
    if request.as_json:
        result(document({**plain(published), "manifest": manifest_object(published.manifest)}))
        return
    manifest = published.manifest
    stacks = count(len(manifest.stacks), "stack")
    name = f"{manifest.app} {manifest.version} for {manifest.env}, {stacks},"
    tell(printable(f"{name} {_SAID[published.publication]}."))
    result([printable(published.manifest_path), printable(published.page_path)])
    command = request.next_command("up", "--manifest", published.manifest_path)
    tell(f"Bring it up with: {printable(command)}")
