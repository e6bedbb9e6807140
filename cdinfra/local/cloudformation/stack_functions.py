"""The intrinsic functions that ask something of the stack: its parameters, resources, mappings."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final, Protocol

from cdinfra.local.cloudformation.functions import (
    UNKNOWN,
    IntrinsicError,
    Unknown,
    UnresolvedResourceError,
    contains_unknown,
)
from cdinfra.local.cloudformation.references import SUB_VARIABLE, sub_parts
from cdinfra.local.cloudformation.scope import Scope
from cdinfra.local.cloudformation.template import Template, text_of
from cdinfra.local.resources.contract import Resource

FindResource = Callable[[str], Resource | None]
"""Returns the resource of a logical id, or None as long as there is none."""


class NoValue:
    """The type of what ``AWS::NoValue`` stands for: a property that is not there."""


NO_VALUE: Final = NoValue()


class Stack(Protocol):
    """What the functions ask."""

    template: Template
    scope: Scope

    def evaluate(self, value: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return a value with its functions resolved."""

    def condition(self, name: str) -> bool:
        """Return whether a condition holds."""

    def is_active(self, logical_id: str) -> bool:
        """Return whether the stack has a resource."""


class StackFunctions:
    """The functions of one stack.

    Attributes:
        table: The functions, by their names in the template; each takes its argument
            unresolved.
    """

    def __init__(self, stack: Stack, find_resource: FindResource) -> None:
        self._stack = stack
        self._find_resource = find_resource
        self.table: Mapping[str, Callable[[Any], Any]] = {
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": self._zones,
            "Fn::GetAtt": self._attribute,
            "Fn::If": self._if,
            "Fn::ImportValue": self._import_value,
            "Fn::Sub": self._sub,
            "Ref": self._ref,
        }

    def _ref(self, name: str) -> Any:  # noqa: ANN401 - a text, a list or nothing
        if name in self._stack.scope.parameters:
            return self._stack.scope.parameters[name].in_template
        match name:
            case "AWS::NoValue":
                return NO_VALUE
            case "AWS::NotificationARNs":
                return list(self._stack.scope.notification_arns)
            case _ if (pseudo := self._pseudo_parameters.get(name)) is not None:
                return pseudo
            case _:
                resource = self._existing(name)
                return UNKNOWN if resource is None else resource.physical_id

    @cached_property
    def _pseudo_parameters(self) -> Mapping[str, str]:
        return {
            "AWS::AccountId": self._stack.scope.account,
            "AWS::Partition": self._stack.scope.partition,
            "AWS::Region": self._stack.scope.region,
            "AWS::StackId": self._stack.scope.stack_id,
            "AWS::StackName": self._stack.scope.stack_name,
            "AWS::URLSuffix": self._stack.scope.url_suffix,
        }

    def _existing(self, logical_id: str) -> Resource | None:
        if logical_id not in self._stack.template.resources or not self._stack.is_active(
            logical_id
        ):
            raise UnresolvedResourceError(logical_id)
        return self._find_resource(logical_id)

    def _attribute(self, argument: Any) -> Any:  # noqa: ANN401 - an attribute is of any type
        match argument:
            case str(text):
                name, _, attribute = text.partition(".")
            case [str(name), unresolved]:
                attribute = self._stack.evaluate(unresolved)
            case _:
                raise IntrinsicError(
                    "Template error: every Fn::GetAtt object requires two non-empty parameters, "
                    "the resource name and the resource attribute"
                )
        resource = self._existing(name)
        if resource is None:
            return UNKNOWN
        if not isinstance(attribute, str) or attribute not in resource.attributes:
            raise IntrinsicError(
                f"Template error: resource {name} does not support attribute type {attribute} in "
                "Fn::GetAtt"
            )
        return resource.attributes[attribute]

    def _if(self, argument: Any) -> Any:  # noqa: ANN401 - a branch is of any type
        match argument:
            case [str(name), then, otherwise]:
                return self._stack.evaluate(then if self._stack.condition(name) else otherwise)
            case _:
                raise IntrinsicError(
                    "Template error: Fn::If requires a list argument with the name of a condition "
                    "and two values"
                )

    def _sub(self, argument: Any) -> str:  # noqa: ANN401 - either form
        text, variables = sub_parts(argument)
        own = {name: self._stack.evaluate(value) for name, value in variables.items()}
        parts: list[str] = []
        position = 0
        for match in SUB_VARIABLE.finditer(text):
            parts += [text[position : match.start()], self._sub_variable(match[1], own)]
            position = match.end()
        parts.append(text[position:])
        return UNKNOWN if contains_unknown(parts) else "".join(parts)

    def _sub_variable(self, variable: str, own: Mapping[str, Any]) -> str:
        if variable.startswith("!"):
            return f"${{{variable[1:]}}}"
        name = variable.strip()
        if name in own:
            value = own[name]
        elif "." in name:
            value = self._attribute(name)
        else:
            value = self._ref(name)
        if isinstance(value, dict | list | NoValue):
            raise IntrinsicError(
                f"Template error: Fn::Sub expression {name} does not resolve to a string"
            )
        return value if isinstance(value, Unknown) else text_of(value)

    def _find_in_map(self, argument: Any) -> Any:  # noqa: ANN401 - a mapping holds texts or lists
        match self._stack.evaluate(argument):
            case [mapping, top, second]:
                default: Any = NO_VALUE
            case [mapping, top, second, {"DefaultValue": default}]:
                pass
            case _:
                raise IntrinsicError(
                    "Template error: every Fn::FindInMap object requires three parameters, the "
                    "map name, map key and the attribute for return value"
                )
        found = self._mapped(text_of(mapping), text_of(top), text_of(second), default)
        return self._stack.evaluate(found)

    def _mapped(self, mapping: str, top: str, second: str, default: Any) -> Any:  # noqa: ANN401 - as _find_in_map
        found = self._stack.template.mappings.get(mapping, {}).get(top, {}).get(second, default)
        if found is not NO_VALUE:
            return found
        if mapping not in self._stack.template.mappings:
            raise IntrinsicError(
                f"Template error: Mapping named '{mapping}' is not present in the 'Mappings' "
                "section of template."
            )
        raise IntrinsicError(
            f"Template error: Unable to get mapping for {mapping}::{top}::{second}"
        )

    def _zones(self, argument: Any) -> list[str]:  # noqa: ANN401 - a text or a function
        region = self._stack.evaluate(argument)
        if region not in ("", self._stack.scope.region):
            raise IntrinsicError(
                f"Template error: Fn::GetAZs of {region}: the local cloud knows only the zones of "
                f"the stack's own region, {self._stack.scope.region}"
            )
        return list(self._stack.scope.zones)

    def _import_value(self, argument: Any) -> str:  # noqa: ANN401 - a text or a function
        name = self._stack.evaluate(argument)
        if isinstance(name, Unknown):
            return UNKNOWN
        if not isinstance(name, str) or name not in self._stack.scope.exports:
            raise IntrinsicError(f"No export named {name} found.")
        return self._stack.scope.exports[name]
