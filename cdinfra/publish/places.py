"""Finds the place that ``--to`` and ``--manifest`` name: a folder, a bucket, the app's own."""

import re
from collections.abc import Callable
from pathlib import Path

from cdinfra.aws.cloud import Aws, StorageApi
from cdinfra.deploy.large_templates import BUCKET_OUTPUT
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import HOME, Deployable
from cdinfra.publish.destination import BucketDestination, Destination, FolderDestination

PREFIX = "published"
"""Where versions are in the app's own bucket."""

S3_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*?))?/?")
"""Source: S3 user guide, "General purpose bucket naming rules"."""


def parse_destination(option: str, given: str, storage: Callable[[], StorageApi]) -> Destination:
    """Return the destination that an option names.

    Args:
        option: The option, for an error.
        given: A folder, or ``s3://bucket/prefix``.
        storage: Returns S3; not called for a folder.

    Raises:
        InvalidInputError: It is an address of another kind.
    """
    if "://" not in given and not given.startswith("s3:"):
        return FolderDestination(root=Path(given))
    found = S3_ADDRESS.fullmatch(given)
    if found is None:
        hint = "a folder, or s3://bucket/prefix"
        raise InvalidInputError(Problem(path=option, message=f"{given!r} is neither", hint=hint))
    return BucketDestination(storage=storage(), bucket=found[1], prefix=found[2] or "")


def describe_own_bucket(aws: Aws, app: Deployable) -> BucketDestination:
    """Return the app's own bucket, which its foundation makes.

    Raises:
        InvalidInputError: The app has no foundation, or it is not deployed.
        CloudError: The cloud cannot be asked.
    """
    names = [
        each.stack_name
        for each in app.build()
        if each.name in app.foundations and each.place == HOME
    ]
    stacks = [aws.stacks.describe_stack(name) for name in names]
    outputs = [each.outputs for each in stacks if each is not None]
    bucket = next((each[BUCKET_OUTPUT] for each in outputs if BUCKET_OUTPUT in each), "")
    if not bucket:
        message = "the app has no bucket of its own to publish to"
        hint = "bring its Foundation up first, or name a folder or a bucket with --to"
        raise InvalidInputError(Problem(path="--to", message=message, hint=hint))
    return BucketDestination(storage=aws.storage, bucket=bucket, prefix=PREFIX)


def split_manifest(given: str) -> tuple[str, str]:
    """Return the folder or address that a manifest is in, and its name there.

    Raises:
        InvalidInputError: It is no name of a manifest.
    """
    folder, slash, name = given.rpartition("/")
    if not name.endswith(".json"):
        hint = "name the manifest.json of a published version"
        problem = Problem(path="--manifest", message=f"{given!r} is no manifest", hint=hint)
        raise InvalidInputError(problem)
    return (folder or slash or ".", name)
