"""Takes user data apart into the things that it says, each under a name; pure.

Two texts of user data differ somewhere in thirty kilobytes; by name it is told where: in a
file that is written, in a setting of the host agent, in a package, in a command.
"""

import base64
import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from cdinfra.cloudinit.host import OWN_PART, SETTINGS_PATH
from cdinfra.cloudinit.reading import NAMELESS, ReadPart, read_parts, unzipped
from cdinfra.deploy.plain import sha256, walk
from cdinfra.deploy.user_data_change import SettingChange

EVERY_BOOT_KEYS = frozenset(
    {
        "bootcmd",
        "chef",
        "disable_ec2_metadata",
        "final_message",
        "fqdn",
        "growpart",
        "hostname",
        "manage_etc_hosts",
        "resize_rootfs",
        "zypper",
    }
)
"""Keys that cloud-init looks at whenever a host boots; at the others once in a host's life.

Source: cloud-init 22.4, the frequency of each module in cloudinit/config.
"""

EVERY_BOOT_TYPES = frozenset({"text/cloud-boothook", "text/x-shellscript-per-boot"})
"""Types of parts that run whenever a host boots.

Source: docs.cloud-init.io, "User data formats".
"""

WHOLE = "text"
"""What user data is called where it cannot be taken apart any further."""

_LINES = ("packages", "runcmd", "bootcmd", "ssh_authorized_keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    text: str
    every_boot: bool = False


def setting_changes(before: str, after: str) -> tuple[SettingChange, ...]:
    """Return what changes between two texts of user data.

    Args:
        before: The text now, unpacked.
        after: The text then.
    """
    old, new = _settings(before), _settings(after)
    changed = tuple(
        SettingChange(
            name=name,
            before=_text(old.get(name)),
            after=_text(new.get(name)),
            every_boot=(new.get(name) or old[name]).every_boot,
        )
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    )
    # A comment, or only the order: it says the same, and is other user data all the same.
    return changed or (SettingChange(name=WHOLE, before=before, after=after),)


def _text(setting: _Setting | None) -> str | None:
    return setting.text if setting else None


def _settings(text: str) -> dict[str, _Setting]:
    return {name: each for part in read_parts(text) for name, each in _of_part(part)}


def _of_part(part: ReadPart) -> Iterator[tuple[str, _Setting]]:
    text = f"({part.size:,} bytes)" if part.text is None else part.text
    document = _cloud_config(text)
    own = part.file_name in {NAMELESS, OWN_PART}
    if document is None:
        every_boot = part.content_type in EVERY_BOOT_TYPES
        name = WHOLE if part.file_name == NAMELESS else f"part {part.file_name}"
        yield name, _Setting(text=text, every_boot=every_boot)
        if part.content_type:
            yield f"{name} type", _Setting(text=part.content_type, every_boot=every_boot)
    else:
        for name, setting in _of_cloud_config(document):
            yield name if own else f"{part.file_name}: {name}", setting


def _cloud_config(text: str) -> dict[str, Any] | None:
    if not text.startswith("#cloud-config\n"):
        return None
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _of_cloud_config(document: Mapping[str, Any]) -> Iterator[tuple[str, _Setting]]:
    for key, value in document.items():
        every_boot = key in EVERY_BOOT_KEYS
        if key == "write_files" and isinstance(value, list):
            for entry in value:
                yield from _of_file(entry)
        elif key in _LINES and isinstance(value, list):
            lines = "\n".join(map(_line, value))
            yield str(key), _Setting(text=lines, every_boot=every_boot)
        else:
            for path, leaf in walk(value):
                yield f"{key}{path}", _Setting(text=_shown(leaf), every_boot=every_boot)


def _line(entry: object) -> str:
    return shlex.join(map(str, entry)) if isinstance(entry, list) else str(entry)


def _of_file(entry: Any) -> Iterator[tuple[str, _Setting]]:  # noqa: ANN401 - whatever somebody wrote
    if not isinstance(entry, dict) or "path" not in entry:
        yield "write_files", _Setting(text=_shown(entry))
        return
    path = str(entry["path"])
    content = _file_content(entry)
    settings = _host_settings(content) if path == SETTINGS_PATH else None
    if settings is None:
        yield f"file {path}", _Setting(text=content)
    else:
        for name, leaf in walk(settings):
            yield f"host {name.removeprefix('.')}", _Setting(text=_shown(leaf))
    for key, value in entry.items():
        if key not in {"path", "content", "encoding"}:
            yield f"file {path} {key}", _Setting(text=_shown(value))


def _file_content(entry: Mapping[str, Any]) -> str:
    """Return what is written to a file; of what is no text only its length and its hash."""
    content, encoding = entry.get("content", ""), str(entry.get("encoding", ""))
    body = content if isinstance(content, bytes) else str(content).encode()
    try:
        if "64" in encoding:
            body = base64.b64decode(body)
        plain = unzipped(body) if "gz" in encoding else body
        return (body if plain is None else plain).decode()
    except ValueError:
        return f"({len(body):,} bytes, sha256 {sha256(body)[:12]})"


def _host_settings(content: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        settings = json.loads(content)
    except ValueError:
        return None
    return _named(settings) if isinstance(settings, dict) else None


def _named(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return settings whose lists have names where their items do, and else one text."""
    match value:
        case dict():
            environment = {"Env": _variables(value["Env"])} if "Env" in value else {}
            return {**{key: _named(item) for key, item in value.items()}, **environment}
        case [{"name": _}, *_] if all(isinstance(each, dict) and "name" in each for each in value):
            return {each["name"]: _named(each) for each in value}
        case list() if not any(isinstance(each, dict | list) for each in value):
            return "\n".join(map(_shown, value))
        case list():
            return [_named(each) for each in value]
        case _:
            return value


def _variables(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(value, list):
        return value
    return dict(str(each).partition("=")[::2] for each in value)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def host_setting(text: str, name: str) -> str:
    """Return one of the host agent's settings in user data; empty where it has none such.

    Args:
        text: The user data, unpacked.
        name: Where in the settings, ``container.free``.
    """
    found = _settings(text).get(f"host {name}")
    return found.text if found else ""
