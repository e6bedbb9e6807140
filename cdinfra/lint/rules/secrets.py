"""Rules about secrets in templates. What was found is named by its place, and never shown."""

import base64
import binascii
from collections.abc import Iterator
from typing import Any, Final

import yaml

from cdinfra.cloudinit.reading import ReadPart, unzipped
from cdinfra.lint.finding import Path, Severity
from cdinfra.lint.rule import Hit, Rule
from cdinfra.lint.secret_forms import is_secret_value, secret_form, secrets_in
from cdinfra.lint.template import Template
from cdinfra.lint.user_data import load_cloud_config, name_of, user_data_of
from cdinfra.lint.values import mapping, mappings
from cdinfra.model.strings import strings


def _in_user_data(template: Template) -> Iterator[Hit]:
    for found in user_data_of(template):
        for part in found.parts:
            for name, text in _texts(part):
                for line, what in secrets_in(text):
                    message = f"line {line} of {name} holds {what}"
                    yield found.resource.hit(message, *found.path)


def _texts(part: ReadPart) -> Iterator[tuple[str, str]]:
    """Yield a document, and what it holds of files that its own lines do not show."""
    text = part.text or ""
    yield name_of(part), text
    shown = {line.strip() for line in text.splitlines()}
    if not text.startswith("#cloud-config"):
        return
    try:
        document: Any = load_cloud_config(text)
    except (yaml.YAMLError, ValueError):
        return
    files = mapping(document).get("write_files")
    for file in files if isinstance(files, list) else ():
        written = mapping(file)
        content = _decoded(written) if written.get("encoding") else written.get("content")
        lines = content.splitlines() if isinstance(content, str) else ()
        hidden = "\n".join("" if line.strip() in shown else line for line in lines)
        yield f"{written.get('path', 'a file')} in its user data", hidden


def _decoded(file: Any) -> str:  # noqa: ANN401 - an entry of write_files
    content = file.get("content")
    try:
        raw = content if isinstance(content, bytes) else base64.b64decode(str(content))
        plain = unzipped(raw)
        return plain.decode() if plain else ""
    except (binascii.Error, ValueError):
        return ""


def _in_parameters(template: Template) -> Iterator[Hit]:
    for name, parameter in template.section("Parameters").items():
        default, kind = mapping(parameter).get("Default"), mapping(parameter).get("Type", "")
        if isinstance(default, str) and not str(kind).startswith("AWS::SSM::"):
            what = secret_form(default)
            if what or is_secret_value(name, default):
                message = f"has {what or 'a secret'} as its default"
                yield Hit(message=message, path=("Parameters", name, "Default"))


def _in_resources(template: Template) -> Iterator[Hit]:
    user_data = {(found.resource.logical_id, found.path) for found in user_data_of(template)}
    for resource in template.resources():
        looked_at = [path for owner, path in user_data if owner == resource.logical_id]
        for section in ("Properties", "Metadata"):
            for path, what in dict(_secrets(resource.definition.get(section))).items():
                whole = (section, *path)
                if not any(whole[: len(each)] == each for each in looked_at):
                    yield resource.hit(f"{'.'.join(map(str, path))} holds {what}", *whole)


def _in_other_sections(template: Template) -> Iterator[Hit]:
    for section in ("Metadata", "Mappings", "Outputs"):
        for path, what in dict(_secrets(template.section(section))).items():
            message = f"{'.'.join(map(str, path))} holds {what}"
            yield Hit(message=message, path=(section, *path))


def _anywhere(template: Template) -> Iterator[Hit]:
    yield from _in_parameters(template)
    yield from _in_resources(template)
    yield from _in_other_sections(template)


def hidden_values(template: Template) -> frozenset[str]:
    """Return the secrets in a template, so that no message of another rule shows one."""
    document = template.document
    formed = {text for _, text in strings(document) if any(secrets_in(text))}
    given = [pair for _, entry in mappings(document) for pair in _named(entry)]
    for name, parameter in template.section("Parameters").items():
        given += [
            (name, text, "") for key, text, _ in _named(mapping(parameter)) if key == "Default"
        ]
    return frozenset(formed | {text for name, text, _ in given if is_secret_value(name, text)})


def _secrets(value: object) -> Iterator[tuple[Path, str]]:
    for path, text in strings(value):
        yield from ((path, what) for _, what in secrets_in(text))
    for path, entry in mappings(value):
        for name, text, key in _named(entry):
            if is_secret_value(name, text):
                yield (*path, key), f"the value of {name}"


def _named(entry: Any) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 - a mapping of a template
    """Yield name and value of what a mapping sets, and the key under which the value stands."""
    for naming in ("Key", "Name", "ParameterKey"):
        value = entry.get("Value", entry.get("ParameterValue"))
        if isinstance(entry.get(naming), str) and isinstance(value, str):
            yield entry[naming], value, "Value" if "Value" in entry else "ParameterValue"
    for key, value in entry.items():
        if isinstance(value, str):
            yield str(key), value, str(key)


RULES: Final = (
    Rule(
        id="CD201",
        severity=Severity.ERROR,
        title="There is a secret in user data.",
        reason="Everybody who may describe the instance or its launch template can read user data, "
        "and so can every process on the host. Fetch the secret on the host: Secret(…).",
        source="EC2 user guide, Run commands when you launch an EC2 instance with user data input",
        check=_in_user_data,
    ),
    Rule(
        id="CD202",
        severity=Severity.ERROR,
        title="There is a secret in the template.",
        reason="Templates stand in repositories, buckets, logs and the history of every stack. "
        "Refer to it: {{resolve:secretsmanager:…}} or {{resolve:ssm-secure:…}}.",
        source="CloudFormation user guide, Do not embed credentials in your templates",
        check=_anywhere,
    ),
)
