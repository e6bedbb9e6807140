"""Follows references between resources, also through parameters into other stacks; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdinfra.deploy.outputs_at_risk import references
from cdinfra.model import Literal, OutputReference, StackTemplate

LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A resource: the name of its stack within the app, and its logical id."""

    stack: str
    logical_id: str

    def __str__(self) -> str:
        """Return ``stack.LogicalId``."""
        return f"{self.stack}.{self.logical_id}"


class Resources:
    """All resources of an app, and what each refers to."""

    def __init__(self, templates: Iterable[StackTemplate]) -> None:
        self._templates = {each.name: each for each in templates}

    def of_type(self, *resource_types: str) -> Iterator[Key]:
        """Yield the resources of some types."""
        for name, template in self._templates.items():
            for logical_id, definition in template.document.get("Resources", {}).items():
                if definition.get("Type") in resource_types:
                    yield Key(name, logical_id)

    def type_of(self, key: Key) -> str:
        """Return the type of a resource."""
        return str(self._definition(key).get("Type", ""))

    def properties(self, key: Key) -> Mapping[str, Any]:
        """Return the properties of a resource, as its template has them."""
        properties = self._definition(key).get("Properties")
        return properties if isinstance(properties, dict) else {}

    def referred(self, stack: str, value: object) -> tuple[Key, ...]:
        """Return the resources that a value in a stack's template refers to.

        Args:
            stack: The stack.
            value: The value; a parameter in it is followed into the stack that feeds it.
        """
        found: dict[Key, None] = {}
        template = self._templates[stack]
        for name, _ in references(value):
            source = template.parameters.get(name)
            if name in template.document.get("Resources", {}):
                found[Key(stack, name)] = None
            elif isinstance(source, OutputReference) and source.stack in self._templates:
                outputs = self._templates[source.stack].document.get("Outputs", {})
                output = outputs.get(source.output, {}).get("Value")
                found |= dict.fromkeys(self.referred(source.stack, output))
        return tuple(found)

    def reachable(self, key: Key) -> tuple[Key, ...]:
        """Return what a resource refers to, over other resources of its own stack too."""
        found: dict[Key, None] = {}
        waiting = [key]
        while waiting:
            current = waiting.pop()
            for each in self.referred(current.stack, self.properties(current)):
                if each not in found and each != key:
                    found[each] = None
                    waiting += [each] if each.stack == key.stack else []
        return tuple(sorted(found))

    def text(self, stack: str, value: object) -> str:
        """Return a value as text: itself, a parameter's value or default; else empty."""
        match value:
            case bool():
                return str(value).lower()
            case str() | int():
                return str(value)
            case {"Ref": str(name)}:
                return self._parameter(stack, name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                # Some attributes are what a property of the same name says.
                resources = self._templates[stack].document.get("Resources", {})
                said = self.properties(Key(stack, name)).get(attribute) if name in resources else ""
                return "" if said == value else self.text(stack, said)
            case _:
                return ""

    def _parameter(self, stack: str, name: str) -> str:
        template = self._templates[stack]
        match template.parameters.get(name):
            case Literal(value=value):
                return value
            case OutputReference(stack=other, output=output) if other in self._templates:
                outputs = self._templates[other].document.get("Outputs", {})
                return self.text(other, outputs.get(output, {}).get("Value"))
            case None:
                declared = template.document.get("Parameters", {}).get(name, {})
                return str(declared.get("Default", ""))
            case _:
                return ""

    def _definition(self, key: Key) -> Mapping[str, Any]:
        definition: Mapping[str, Any] = self._templates[key.stack].document["Resources"][
            key.logical_id
        ]
        return definition
