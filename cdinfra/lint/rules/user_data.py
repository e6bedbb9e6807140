"""Rules about user data: that it fits, and that cloud-init will read it."""

from collections.abc import Iterator
from typing import Any, Final

import yaml

from cdinfra.cloudinit.cloud_config_keys import CLOUD_CONFIG_KEYS
from cdinfra.cloudinit.reading import HEADERS, ReadPart
from cdinfra.cloudinit.user_data import USER_DATA_LIMIT
from cdinfra.errors import did_you_mean
from cdinfra.lint.finding import Severity
from cdinfra.lint.rule import Hit, Rule
from cdinfra.lint.template import Template
from cdinfra.lint.user_data import CONFIG, load_cloud_config, name_of, user_data_of

NEAR_LIMIT: Final = 15 * 1024 + 512
"""Bytes from which user data is called nearly full: seven eighths of what fits."""

_TYPES: Final = frozenset({*HEADERS.values(), "text/x-shellscript-per-boot", "text/jinja2"}) | {
    "text/x-shellscript-per-instance",
    "text/x-shellscript-per-once",
}
"""Source: docs.cloud-init.io, "User data formats"."""


def _too_large(template: Template) -> Iterator[Hit]:
    for found in user_data_of(template):
        if found.size is not None and found.size > USER_DATA_LIMIT:
            message = f"user data has {found.size:,} bytes; EC2 takes {USER_DATA_LIMIT:,}"
            yield found.resource.hit(message, *found.path)


def _nearly_full(template: Template) -> Iterator[Hit]:
    for found in user_data_of(template):
        if found.size is not None and NEAR_LIMIT < found.size <= USER_DATA_LIMIT:
            message = f"user data has {found.size:,} bytes of {USER_DATA_LIMIT:,}"
            yield found.resource.hit(message, *found.path)


_NOT_FOR_CLOUD_INIT: Final = ("${", "<powershell>", "<script>")
"""Known only once the stack is made, or for Windows."""


def _unreadable(template: Template) -> Iterator[Hit]:
    for found in user_data_of(template):
        for part in found.parts:
            message = _what_is_wrong(part)
            if message:
                words = f"{name_of(part)} {message}"
                yield found.resource.hit(words, *found.path)


def _what_is_wrong(part: ReadPart) -> str:
    if part.text is None:
        return "is no text that can be read"
    if not part.content_type and part.text.startswith(_NOT_FOR_CLOUD_INIT):
        return ""
    if not part.content_type:
        return "starts with nothing that cloud-init knows, for example #cloud-config or #!"
    if part.content_type not in _TYPES:
        return f"has the type {part.content_type}, which cloud-init does not know"
    return _what_is_wrong_in_cloud_config(part.text) if part.content_type == CONFIG else ""


def _what_is_wrong_in_cloud_config(text: str) -> str:
    try:
        document = load_cloud_config(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return f"is not valid YAML in line {line}: {error.problem}"
    except (yaml.YAMLError, ValueError):
        return "is not valid YAML"
    return "" if isinstance(document, dict | None) else "is no mapping of cloud-config keys"


def _unknown_keys(template: Template) -> Iterator[Hit]:
    for found in user_data_of(template):
        for part in found.parts:
            for key in _keys(part):
                near = did_you_mean(key, CLOUD_CONFIG_KEYS)
                hint = f" ({near})" if near else ""
                words = f"{name_of(part)} has the key {key!r}, which is none{hint}"
                yield found.resource.hit(words, *found.path)


def _keys(part: ReadPart) -> Iterator[str]:
    if part.content_type == CONFIG and not _what_is_wrong(part):
        document: Any = load_cloud_config(part.text or "")
        for key in document or ():
            if str(key) not in CLOUD_CONFIG_KEYS:
                yield str(key)


RULES: Final = (
    Rule(
        id="CD203",
        severity=Severity.ERROR,
        title="User data does not fit.",
        reason="EC2 refuses to launch a host with more than 16,384 bytes of user data.",
        source="EC2 user guide, Run commands when you launch an EC2 instance with user data input",
        check=_too_large,
    ),
    Rule(
        id="CD204",
        severity=Severity.WARNING,
        title="User data is nearly full.",
        reason="Above 15.5 KiB the next line somebody adds may make the launch fail.",
        source="EC2 user guide, Run commands when you launch an EC2 instance with user data input",
        check=_nearly_full,
    ),
    Rule(
        id="CD205",
        severity=Severity.ERROR,
        title="cloud-init cannot read user data.",
        reason="cloud-init logs a warning on the host and goes on without it.",
        source="docs.cloud-init.io, User data formats",
        check=_unreadable,
    ),
    Rule(
        id="CD206",
        severity=Severity.ERROR,
        title="User data has a key that cloud-init does not know.",
        reason="cloud-init ignores a key that it does not know; older versions do not even warn.",
        source="docs.cloud-init.io, Module reference",
        check=_unknown_keys,
    ),
)
