"""Settings of a stack as JSON and back: for whatever keeps them longer than a run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model.hook import Hook, On, When
from cdinfra.model.on_failure import OnFailure
from cdinfra.model.output_reference import OutputReference, SettingValue
from cdinfra.model.settings import StackSettings

_LISTS = ("notification_arns", "rollback_alarms")


def settings_object(settings: StackSettings) -> dict[str, Any]:
    """Return settings as a JSON object that has only what is set."""
    given = {each.name: getattr(settings, each.name) for each in fields(settings)}
    return {name: _plain(value) for name, value in given.items() if value not in (None, {})}


def _plain(value: object) -> object:
    match value:
        case OutputReference() | Hook():
            return {name: _plain(each) for name, each in asdict(value).items()}
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case str() | bool() | int():
            return value
        case Sequence():
            return [_plain(each) for each in value]
        case _:
            return value


def parse_settings(path: str, value: object) -> StackSettings:
    """Return the settings that a JSON object holds.

    Args:
        path: Where it stands, for an error.
        value: The object.

    Raises:
        InvalidInputError: It holds none.
    """
    if not isinstance(value, Mapping):
        raise InvalidInputError(Problem(path=path, message="is no object"))
    try:
        return StackSettings(**_typed(value))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"holds no settings: {error}"
        raise InvalidInputError(Problem(path=path, message=message)) from error


def _typed(value: Mapping[str, Any]) -> dict[str, Any]:
    typed = dict(value)
    typed |= {name: tuple(map(_value, value[name])) for name in _LISTS if name in value}
    if "role_arn" in value:
        typed["role_arn"] = _value(value["role_arn"])
    if "on_failure" in value:
        typed["on_failure"] = OnFailure(value["on_failure"])
    if "hooks" in value:
        typed["hooks"] = tuple(map(_hook, value["hooks"]))
    return typed


def _value(value: str | Mapping[str, str]) -> SettingValue:
    return OutputReference(**value) if isinstance(value, Mapping) else value


def _hook(value: Mapping[str, Any]) -> Hook:
    return Hook(
        command=tuple(value["command"]),
        when=When(value["when"]),
        on=tuple(map(On, value["on"])),
        timeout_seconds=value["timeout_seconds"],
    )
