"""Finds the user data that a stack's update changes, and says what that comes to; pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cdinfra.aws.stacks import StackDescription
from cdinfra.deploy.inputs import HIDDEN, is_hidden
from cdinfra.deploy.observe import ObservedStack
from cdinfra.deploy.plan import ChangeAction, ResourceChange, StackAction
from cdinfra.deploy.user_data_change import UserDataChange
from cdinfra.deploy.user_data_effect import (
    INSTANCE,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    user_data_targets,
)
from cdinfra.deploy.user_data_spelling import readable_user_data

_IN_SUB = re.compile(r"\$\{(!?)([^}]*)\}")


def with_user_data(action: StackAction, observed: ObservedStack | None) -> StackAction:
    """Return an update with what it changes in user data.

    Args:
        action: The update, with what happens to each resource.
        observed: The stack as it is.
    """
    if observed is None or not observed.document or not action.changes_template:
        return action
    after = json.loads(action.body)
    old = _Side(document=observed.document, values=_deployed_values(observed))
    new = _Side(document=after, values=_values_then(action, after, observed.description))
    return replace(action, user_data=tuple(_changes(action.resources, old, new)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A template, and the values of its parameters as far as they are known and not hidden."""

    document: Mapping[str, Any]
    values: Mapping[str, str]

    def text(self, logical_id: str) -> str | None:
        """Return the user data of a resource; None where it has none."""
        definition = self.document.get("Resources", {}).get(logical_id, {})
        properties = definition.get("Properties", {})
        match definition.get("Type"):
            case "AWS::EC2::LaunchTemplate":
                value = properties.get("LaunchTemplateData", {}).get("UserData")
            case _:
                value = properties.get("UserData")
        return None if value is None else _unpacked(value, self.values)


def _changes(
    resources: tuple[ResourceChange, ...], old: _Side, new: _Side
) -> Iterator[UserDataChange]:
    for change in resources:
        holds = change.resource_type in {INSTANCE, LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION}
        if not holds or change.action is not ChangeAction.MODIFY:
            continue
        before, after = old.text(change.logical_id), new.text(change.logical_id)
        if before != after:
            from cdinfra.deploy.user_data_settings import (  # noqa: PLC0415 - YAML, rarely needed
                setting_changes,
            )

            yield UserDataChange(
                logical_id=change.logical_id,
                settings=setting_changes(before or "", after or ""),
                targets=user_data_targets(change, new.document),
            )


def _deployed_values(observed: ObservedStack) -> dict[str, str]:
    document = observed.document or {}
    return _shown_values(document, observed.description.parameters)


def _values_then(
    action: StackAction, document: Mapping[str, Any], description: StackDescription
) -> dict[str, str]:
    renewed = {
        each.name.removeprefix("Parameters."): each.after
        for each in action.values
        if each.name.startswith("Parameters.") and each.after is not None
    }
    return _shown_values(document, {**description.parameters, **action.parameters, **renewed})


def _shown_values(document: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    declared = document.get("Parameters", {})
    return {
        name: HIDDEN if is_hidden(document, name) else value
        for name, value in values.items()
        if name in declared
    }


def _unpacked(value: object, values: Mapping[str, str]) -> str:
    """Return the text of a ``UserData`` value; references that are not known stay as they are."""
    if isinstance(value, Mapping) and "Fn::Base64" in value:
        return _flat(value["Fn::Base64"], values)
    return readable_user_data(_flat(value, values))


def _flat(value: object, values: Mapping[str, str]) -> str:
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return values.get(name, f"${{{name}}}")
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": str(text) | [str(text), _]}:
            return _substituted(text, {**values, **_own_values(value, values)})
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(_flat(each, values) for each in parts)
        case _:
            # Without blanks, so that it can stand in YAML.
            return f"${json.dumps(value, separators=(',', ':'), ensure_ascii=False)}"


def _own_values(value: object, values: Mapping[str, str]) -> dict[str, str]:
    """Return what an ``Fn::Sub`` itself gives names to."""
    match value:
        case {"Fn::Sub": [_, Mapping() as own]}:
            return {name: _flat(each, values) for name, each in own.items()}
        case _:
            return {}


def _substituted(text: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        literal, name = found.groups()
        return f"${{{name}}}" if literal else values.get(name.strip(), found.group())

    return _IN_SUB.sub(value, text)
