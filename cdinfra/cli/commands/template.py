"""``cdinfra template``: the templates of stacks, as CloudFormation gets them."""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import click

from cdinfra.cli.command import Command
from cdinfra.cli.options import file_and_env_options, stacks_argument
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
        "cdinfra template --to build",
    ),
)
@stacks_argument
@click.option(
    "--format",
    "template_format",
    type=click.Choice(TemplateFormat, case_sensitive=False),
    default=TemplateFormat.JSON.value,
    show_default=True,
    help="How a template is written.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write a file for each stack into, instead of printing one.",
)
@file_and_env_options
def template(
    stacks: tuple[str, ...],
    *,
    template_format: TemplateFormat,
    folder: Path | None,
    file: Path,
    env: str,
) -> None:
    """Print the template of a STACK, or write those of several, without a look at any cloud.

    With --to, no STACK means all of them.
    """
    if folder is None and len(stacks) != 1:
        hint = "or write several into a folder with --to"
        problem = Problem(path="STACK", message="name the one to print", hint=hint)
        raise InvalidInputError(problem)
    templates = _chosen(load_app(file, env).build(), stacks)
    texts = {each.name: _text(each, template_format) for each in templates}
    if folder is None:
        result(texts.values())
    else:
        result(map(str, _write(folder, texts, template_format)))


def _text(template: StackTemplate, template_format: TemplateFormat) -> str:
    text = json.dumps(template.document, indent=2, ensure_ascii=False)
    match template_format:
        case TemplateFormat.JSON:
            return text
        case TemplateFormat.YAML:
            from cfn_flip import to_yaml  # type: ignore[import-untyped] # noqa: PLC0415 - slow, no stubs

            yaml: str = to_yaml(text)
            return yaml.rstrip("\n")


def _write(
    folder: Path, texts: Mapping[str, str], template_format: TemplateFormat
) -> tuple[Path, ...]:
    files = {folder / f"{name}.{template_format}": text for name, text in texts.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            file.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        path = str(error.filename or folder)
        raise InvalidInputError(Problem(path=path, message=message)) from error
    return tuple(files)


def _chosen(
    templates: tuple[StackTemplate, ...], stacks: tuple[str, ...]
) -> tuple[StackTemplate, ...]:
    known = {template.name for template in templates}
    problems = [
        Problem(path=f"stacks/{name}", message="is no stack", hint=nearest(name, known))
        for name in stacks
        if name not in known
    ]
    if problems:
        raise InvalidInputError(problems)
    return tuple(each for each in templates if not stacks or each.name in stacks)
