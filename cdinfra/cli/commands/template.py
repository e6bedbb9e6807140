"""``cdinfra template``: the template of a stack, as CloudFormation gets it."""

import json
from enum import StrEnum
from pathlib import Path

import click

from cdinfra.cli.command import Command
from cdinfra.cli.options import file_and_env_options
from cdinfra.cli.screen import result
from cdinfra.deploy.load import load_app
from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model import StackTemplate


class TemplateFormat(StrEnum):
    """How a template is written."""

    JSON = "json"
    YAML = "yaml"


@click.command(
    "template",
    cls=Command,
    examples=(
        "cdinfra template web",
        "cdinfra template web --format yaml",
        "cdinfra template network --env production > network.json",
    ),
)
@click.argument("stack")
@click.option(
    "--format",
    "template_format",
    type=click.Choice(TemplateFormat, case_sensitive=False),
    default=TemplateFormat.JSON.value,
    show_default=True,
    help="How the template is written.",
)
@file_and_env_options
def template(stack: str, template_format: TemplateFormat, file: Path, env: str) -> None:
    """Print the template of a STACK, without a look at any cloud."""
    document = _find(load_app(file, env).build(), stack).document
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if template_format is TemplateFormat.YAML:
        from cfn_flip import to_yaml  # type: ignore[import-untyped] # noqa: PLC0415 - slow, no stubs

        text = to_yaml(text).rstrip("\n")
    result(text)


def _find(templates: tuple[StackTemplate, ...], stack: str) -> StackTemplate:
    found = {template.name: template for template in templates}
    if stack not in found:
        hint = nearest(stack, found)
        raise InvalidInputError(Problem(path=f"stacks/{stack}", message="is no stack", hint=hint))
    return found[stack]
