"""A published version as an app: brought up without the ``infra.py`` that it was built from."""

import json
from dataclasses import dataclass

from cdinfra.deploy.plain import sha256
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import Place, StackTemplate
from cdinfra.publish.destination import Destination
from cdinfra.publish.manifest import Manifest, PublishedStack
from cdinfra.publish.parse import parse_manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedApp:
    """A published version, as far as the deployer needs an app.

    Attributes:
        name: Name of the app.
        env: The environment that it was built for.
        region: Its region; None where it names none.
        account: The account that the environment belongs to; None where nobody said.
        places: Places to look in for stacks that the app has no more.
        foundations: Names of the stacks that every other one waits for.
        version: Name of the version.
        templates: The templates, in the order in which the stacks can be created.
    """

    name: str
    env: str
    region: str | None
    account: str | None
    places: tuple[Place, ...]
    foundations: tuple[str, ...]
    version: str
    templates: tuple[StackTemplate, ...]

    def build(self) -> tuple[StackTemplate, ...]:
        """Return every template, in the order in which the stacks can be created."""
        return self.templates


def load_published(destination: Destination, manifest_name: str) -> PublishedApp:
    """Return a published version, once every file has the hash that the manifest says.

    Args:
        destination: The folder or bucket prefix that the manifest is in.
        manifest_name: Name of the manifest in it.

    Raises:
        InvalidInputError: There is no manifest, it is none, or a file is not what was published.
        CloudError: The bucket cannot be read.
    """
    where = destination.where(manifest_name)
    body = destination.read(manifest_name)
    if body is None:
        hint = "name the manifest.json of a published version"
        raise InvalidInputError(Problem(path=where, message="there is no such file", hint=hint))
    manifest = parse_manifest(where, body)
    files = {each.file: destination.read(each.file) for each in manifest.stacks}
    problems = [
        Problem(path=destination.where(each.file), message=wrong)
        for each in manifest.stacks
        if (wrong := _wrong(each, files[each.file]))
    ]
    if problems:
        raise InvalidInputError(problems, hint="publish a new version; this one cannot be trusted")
    return _app(manifest, {name: each for name, each in files.items() if each is not None})


def _wrong(stack: PublishedStack, body: bytes | None) -> str:
    if body is None:
        return "is missing"
    found = sha256(body)
    return "" if found == stack.sha256 else f"has the hash {found[:12]}, not {stack.sha256[:12]}"


def _app(manifest: Manifest, files: dict[str, bytes]) -> PublishedApp:
    templates = tuple(
        StackTemplate(
            name=each.name,
            stack_name=each.stack_name,
            document=json.loads(files[each.file]),
            parameters=each.sources,
            dependencies=each.dependencies,
            tags=each.tags,
            settings=each.settings,
            place=each.place,
        )
        for each in manifest.stacks
    )
    return PublishedApp(
        name=manifest.app,
        env=manifest.env,
        region=manifest.region,
        account=manifest.account,
        places=manifest.places,
        foundations=tuple(each.name for each in manifest.stacks if each.foundational),
        version=manifest.version,
        templates=templates,
    )
