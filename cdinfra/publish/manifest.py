"""What a published version consists of: every template with its hash, and what it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cdinfra.deploy.plain import as_bytes, plain, sha256
from cdinfra.deploy.template_body import required_capabilities
from cdinfra.model import (
    HOME,
    ParameterSource,
    Place,
    StackSettings,
    StackTemplate,
    settings_object,
)
from cdinfra.publish.sources import source_object

SCHEMA = 1
"""Version of the manifest's own form; a reader refuses one that it does not know."""

MANIFEST = "manifest.json"
INDEX = "index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedStack:
    """One stack of a published version.

    Attributes:
        name: Name within the app.
        stack_name: CloudFormation name.
        file: Name of the template's file, beside the manifest.
        sha256: Hash of the file's bytes, in hexadecimal.
        size: The file's bytes.
        description: The template's own description; empty where it has none.
        declared: The template's parameters: type, default, description and ``NoEcho``.
        sources: Where the value of each parameter comes from.
        outputs: The template's outputs, each with its description.
        dependencies: Names of the app's stacks that must be complete before.
        foundational: Whether every other stack of the app waits for this one.
        tags: Tags of the stack.
        settings: What CloudFormation is told besides; without hooks, which need the folder
            that they stand in.
        place: Region and account, where they are not the app's own.
        capabilities: What CloudFormation wants to have acknowledged.
        quick_create_url: Opens the console with the template and the values that are known;
            empty where the template is not in a bucket of an account.
    """

    name: str
    stack_name: str
    file: str
    sha256: str
    size: int
    description: str = ""
    declared: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sources: Mapping[str, ParameterSource] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    foundational: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    settings: StackSettings = field(default_factory=StackSettings)
    place: Place = HOME
    capabilities: tuple[str, ...] = ()
    quick_create_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A published version of an app in one environment.

    Attributes:
        app: Name of the app.
        env: The environment.
        version: The version's name.
        revision: The commit that it was built from; empty where nobody said.
        region: The app's region; None where it names none.
        account: The account that the environment belongs to; None where nobody said.
        places: Places to look in for stacks that the app has no more.
        stacks: The stacks, in the order in which they can be created.
    """

    app: str
    env: str
    version: str
    revision: str = ""
    region: str | None = None
    account: str | None = None
    places: tuple[Place, ...] = ()
    stacks: tuple[PublishedStack, ...]


def build_stack(
    template: StackTemplate, *, foundational: bool = False, quick_create_url: str = ""
) -> PublishedStack:
    """Return what a manifest says of a template.

    Args:
        template: The template.
        foundational: Whether every other stack of the app waits for this one.
        quick_create_url: Opens the console with it; empty for none.
    """
    body, document = as_bytes(template.document), template.document
    outputs: Mapping[str, Any] = document.get("Outputs", {})
    return PublishedStack(
        name=template.name,
        stack_name=template.stack_name,
        file=template_file(template.name),
        sha256=sha256(body),
        size=len(body),
        description=str(document.get("Description", "")),
        declared=document.get("Parameters", {}),
        sources=template.parameters,
        outputs={key: str(each.get("Description", "")) for key, each in outputs.items()},
        dependencies=template.dependencies,
        foundational=foundational,
        tags=template.tags,
        settings=replace(template.settings, hooks=None, deploy_notifications=None),
        place=template.place,
        capabilities=required_capabilities(document),
        quick_create_url=quick_create_url,
    )


def template_file(stack: str) -> str:
    """Return the name of the file that holds a stack's template."""
    return f"{stack}.json"


def manifest_object(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as a JSON object."""
    stacks = [
        {
            **plain(stack),
            "sources": {key: source_object(each) for key, each in stack.sources.items()},
            "settings": settings_object(stack.settings),
        }
        for stack in manifest.stacks
    ]
    return {"schema": SCHEMA, **plain(replace(manifest, stacks=())), "stacks": stacks}
