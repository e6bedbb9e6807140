"""Writes a version: every template, a page about them, and at the very end the manifest."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cdinfra.deploy.inputs import is_hidden
from cdinfra.deploy.plain import as_bytes, sha256
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import (
    Deployable,
    FromEnvironment,
    Literal,
    ParameterSource,
    Retained,
    StackTemplate,
)
from cdinfra.publish.addresses import object_url, quick_create_url
from cdinfra.publish.destination import BucketDestination, Destination
from cdinfra.publish.manifest import (
    INDEX,
    MANIFEST,
    Manifest,
    build_stack,
    manifest_object,
)
from cdinfra.publish.page import build_page

VERSION_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
"""A version is a part of a path and of a key, and must not lead anywhere else."""


class Publication(StrEnum):
    """What publishing came to."""

    PUBLISHED = "published"
    FINISHED = "finished"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version that is published.

    Attributes:
        publication: Whether it is new, was half there, or was there already.
        manifest: What it consists of.
        manifest_path: Where the manifest is: a path, or an address in S3.
        page_path: Where the page for people is.
        written: The files that were written now.
    """

    publication: Publication
    manifest: Manifest
    manifest_path: str
    page_path: str
    written: tuple[str, ...]


def build_manifest(
    app: Deployable, *, version: str, revision: str = "", addresses: Mapping[str, str] | None = None
) -> Manifest:
    """Return the manifest of an app's templates.

    Args:
        app: The app.
        version: Name of the version.
        revision: The commit that it is built from.
        addresses: For each stack the address of the console that opens with its template.

    Raises:
        InvalidInputError: The version is no name, or a hidden value stands in infra.py.
    """
    templates = app.build()
    _refuse(version, templates)
    quick_create = addresses or {}
    stacks = tuple(
        build_stack(
            each,
            foundational=each.name in app.foundations,
            quick_create_url=quick_create.get(each.name, ""),
        )
        for each in templates
    )
    return Manifest(
        app=app.name,
        env=app.env,
        version=version,
        revision=revision,
        region=app.region,
        account=app.account,
        places=app.places,
        stacks=stacks,
    )


def publish(app: Deployable, destination: Destination, manifest: Manifest) -> Published:
    """Write a version; what is there already and the same is left as it is.

    Args:
        app: The app whose templates the manifest describes.
        destination: Where to.
        manifest: What the version consists of.

    Raises:
        InvalidInputError: The version is there already with other bytes, or the folder
            cannot be written to.
        CloudError: The bucket cannot be written to.
    """
    folder = version_folder(manifest)
    files = {f"{folder}/{name}": body for name, body in _files(app, manifest).items()}
    there = {path: destination.read(path) for path in files}
    _refuse_other_bytes(destination, manifest, files, there)
    missing = tuple(path for path, body in there.items() if body is None)
    for path in missing:
        if not destination.create(path, files[path]):
            # Somebody publishes the same version at this moment.
            now = {path: destination.read(path)}
            _refuse_other_bytes(destination, manifest, files, now)
    return Published(
        publication=_publication(len(missing), len(files)),
        manifest=manifest,
        manifest_path=destination.where(f"{folder}/{MANIFEST}"),
        page_path=destination.where(f"{folder}/{INDEX}"),
        written=tuple(destination.where(path) for path in missing),
    )


def version_folder(manifest: Manifest) -> str:
    """Return the folder of a version within its destination: ``shop/production/1.4.0``."""
    return f"{manifest.app}/{manifest.env}/{manifest.version}"


def quick_create_addresses(
    app: Deployable, destination: BucketDestination, version: str, region: str
) -> Mapping[str, str]:
    """Return for each stack the address of the console that opens with its template.

    Args:
        app: The app.
        destination: The bucket.
        version: Name of the version.
        region: AWS region of the bucket, and of the stacks that name none.
    """
    addresses = {}
    for each in app.build():
        key = destination.key(f"{app.name}/{app.env}/{version}/{each.name}.json")
        url = object_url(destination.bucket, key, region)
        addresses[each.name] = quick_create_url(each, url, each.place.region or region)
    return addresses


def _files(app: Deployable, manifest: Manifest) -> Mapping[str, bytes]:
    templates = {each.name: as_bytes(each.document) for each in app.build()}
    return {
        **{each.file: templates[each.name] for each in manifest.stacks},
        INDEX: build_page(manifest).encode(),
        # The last one: with it the version is there.
        MANIFEST: as_bytes(manifest_object(manifest)),
    }


def _refuse(version: str, templates: tuple[StackTemplate, ...]) -> None:
    problems = []
    if not VERSION_PATTERN.fullmatch(version):
        hint = "letters, digits and . _ + -, at most 64, for example 1.4.0"
        problems.append(Problem(path="--version", message=f"{version!r} is no name", hint=hint))
    problems += [
        Problem(
            path=f"stacks/{template.name}/parameters/{name}",
            message="is hidden (NoEcho), and its value would stand in the manifest for all to read",
            hint="take the value from a secret when the stack is made",
        )
        for template in templates
        for name, source in template.parameters.items()
        if _tells_value(source) and is_hidden(template.document, name)
    ]
    problems += [
        Problem(
            path=f"stacks/{template.name}/parameters/{name}",
            message="is hidden (NoEcho), and its default would be in the template for all to read",
            hint="leave the default out",
        )
        for template in templates
        for name, declared in template.document.get("Parameters", {}).items()
        if declared.get("Default") and is_hidden(template.document, name)
    ]
    if problems:
        raise InvalidInputError(problems)


def _tells_value(source: ParameterSource) -> bool:
    """Whether a source has a value in itself, which then stands in the manifest."""
    match source:
        case Literal():
            return True
        case Retained(initial=initial):
            return bool(initial)
        case FromEnvironment(default=default):
            return default is not None
        case _:
            return False


def _refuse_other_bytes(
    destination: Destination,
    manifest: Manifest,
    files: Mapping[str, bytes],
    there: Mapping[str, bytes | None],
) -> None:
    problems = [
        Problem(
            path=destination.where(path),
            message=f"has the hash {sha256(body)[:12]}, not {sha256(files[path])[:12]}",
        )
        for path, body in there.items()
        if body is not None and body != files[path]
    ]
    if problems:
        hint = f"{manifest.version} is published already and stays as it is: use a new version"
        raise InvalidInputError(problems, hint=hint)


def _publication(written: int, files: int) -> Publication:
    if not written:
        return Publication.UNCHANGED
    return Publication.PUBLISHED if written == files else Publication.FINISHED
