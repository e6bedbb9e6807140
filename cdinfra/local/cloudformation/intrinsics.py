"""Resolves a template's functions for one stack: parameters, conditions, resources, outputs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from cdinfra.local.cloudformation.dynamic import (
    SECRET_REFERENCE,
    ReadDynamic,
    resolve_dynamic,
)
from cdinfra.local.cloudformation.functions import (
    PURE_FUNCTIONS,
    IntrinsicError,
    UnresolvedResourceError,
)
from cdinfra.local.cloudformation.references import (
    Reference,
    detailed_references,
    function_of,
    walk,
)
from cdinfra.local.cloudformation.scope import OutputValue, Scope
from cdinfra.local.cloudformation.stack_functions import (
    NO_VALUE,
    FindResource,
    StackFunctions,
)
from cdinfra.local.cloudformation.template import OutputDefinition, Template, text_of
from cdinfra.local.resources.contract import Resource

MASK: Final = "****"
"""What is shown of a secret."""


class Resolver:
    """Resolves the functions of one template for one stack.

    Args:
        template: Whose functions.
        scope: The stack.
        resource: Returns the resource of a logical id, or None as long as there is none:
            what refers to it is then ``UNKNOWN``, and so is every function of that.
        dynamic: Reads a dynamic reference: ``(service, key)`` to value.
    """

    def __init__(
        self,
        template: Template,
        scope: Scope,
        *,
        resource: FindResource,
        dynamic: ReadDynamic,
    ) -> None:
        self.template = template
        self.scope = scope
        self._resource = resource
        self._dynamic = dynamic
        self._known_conditions: dict[str, bool] = {}
        self._functions: Mapping[str, Callable[[Any], Any]] = {
            "Condition": self.condition,
            **StackFunctions(self, resource).table,
        }

    def with_resources(self, resource: FindResource) -> "Resolver":
        """Return the same resolver over other resources."""
        return Resolver(self.template, self.scope, resource=resource, dynamic=self._dynamic)

    def masked(self) -> "Resolver":
        """Return a resolver for showing: every secret is ``****`` in it."""
        return _MaskedResolver(self)

    def is_secret(self, raw: object) -> bool:
        """Return whether a value of the template tells a secret once its functions are resolved.

        A secret is a parameter with ``NoEcho``, and the attribute of a resource that repeats a
        property with one, or one from a place that keeps secrets.

        Args:
            raw: The value, unresolved.
        """
        return any(map(self._tells_secret, detailed_references(raw)))

    def _tells_secret(self, reference: Reference) -> bool:
        if parameter := self.scope.parameters.get(reference.name):
            return parameter.no_echo
        definition = self.template.resources.get(reference.name)
        if definition is None or not reference.attribute:
            return False
        raw = definition.properties.get(reference.attribute)
        return self.is_secret(raw) or any(
            isinstance(item, str) and SECRET_REFERENCE.search(item) for item in walk(raw)
        )

    @cached_property
    def conditions(self) -> Mapping[str, bool]:
        """Whether each condition of the template holds."""
        return {name: self.condition(name) for name in self.template.conditions}

    def condition(self, name: str) -> bool:
        """Return whether one condition holds.

        Raises:
            IntrinsicError: There is no such condition, or it is none.
        """
        if name in self._known_conditions:
            return self._known_conditions[name]
        if name not in self.template.conditions:
            raise IntrinsicError(f"Template error: unresolved condition dependency {name}")
        value = self.evaluate(self.template.conditions[name])
        if not isinstance(value, bool):
            raise IntrinsicError(f"Template error: condition {name} is neither true nor false")
        self._known_conditions[name] = value
        return value

    def is_active(self, logical_id: str) -> bool:
        """Return whether the stack has this resource: it has no condition, or one that holds."""
        condition = self.template.resources[logical_id].condition
        return condition is None or self.condition(condition)

    @cached_property
    def active(self) -> tuple[str, ...]:
        """The logical ids of the resources that the stack has, in the template's order."""
        return tuple(name for name in self.template.resources if self.is_active(name))

    def resolve(self, value: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return any value with its functions and dynamic references resolved.

        None where the value is ``AWS::NoValue``.

        Raises:
            IntrinsicError: It cannot be resolved.
        """
        return resolve_dynamic(self.show(value), self._dynamic)

    def properties(self, logical_id: str) -> Mapping[str, Any]:
        """Return a resource's properties as its type gets them.

        Raises:
            IntrinsicError: They cannot be resolved.
        """
        resolved: Mapping[str, Any] = resolve_dynamic(
            self.shown_properties(logical_id),
            self._dynamic,
            resource_type=self.template.resources[logical_id].resource_type,
        )
        return resolved

    def shown_properties(self, logical_id: str) -> Mapping[str, Any]:
        """Return a resource's properties as a change set shows them.

        As ``properties``, with the dynamic references as they stand: a secret is never shown.

        Raises:
            IntrinsicError: They cannot be resolved.
        """
        resolved: Mapping[str, Any] = self.show(self.template.resources[logical_id].properties)
        return resolved

    def show(self, value: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return any value with its functions resolved and its dynamic references as they stand.

        None where the value is ``AWS::NoValue``.

        Raises:
            IntrinsicError: It cannot be resolved.
        """
        resolved = self.evaluate(value)
        return None if resolved is NO_VALUE else resolved

    def outputs(self) -> tuple[OutputValue, ...]:
        """Return the outputs whose condition holds.

        Raises:
            IntrinsicError: One cannot be resolved.
        """
        try:
            return tuple(
                self._output(output)
                for output in self.template.outputs.values()
                if output.condition is None or self.condition(output.condition)
            )
        except UnresolvedResourceError as error:
            raise UnresolvedResourceError(error.logical_id, block="Outputs") from error

    def _output(self, output: OutputDefinition) -> OutputValue:
        name = output.export_name
        return OutputValue(
            key=output.key,
            value=self._output_text(output),
            description=output.description,
            export_name=None if name is None else text_of(self.resolve(name)),
        )

    def _output_text(self, output: OutputDefinition) -> str:
        value = self.resolve(output.value)
        if value is None or isinstance(value, dict | list):
            raise IntrinsicError(
                f"Template format error: Output {output.key} is malformed. The Value field of "
                "every Outputs member must evaluate to a String."
            )
        return text_of(value)

    def imports(self) -> frozenset[str]:
        """Return the names of the exports that the stack's resources and outputs import."""
        parts = [self.template.resources[name].properties for name in self.active]
        parts += [{output.key: output.value} for output in self.template.outputs.values()]
        names: set[str] = set()
        for item in walk(parts):
            match function_of(item):
                case "Fn::ImportValue", argument:
                    names.add(text_of(self.resolve(argument)))
                case _:
                    pass
        return frozenset(names)

    def evaluate(self, value: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return any value with its functions resolved; ``NO_VALUE`` for ``AWS::NoValue``."""
        if function := function_of(value):
            return self._call(*function)
        if isinstance(value, dict):
            items = ((key, self.evaluate(item)) for key, item in value.items())
            return {key: item for key, item in items if item is not NO_VALUE}
        if isinstance(value, list):
            elements = (self.evaluate(item) for item in value)
            return [item for item in elements if item is not NO_VALUE]
        return value

    def _call(self, name: str, argument: Any) -> Any:  # noqa: ANN401 - any value of a template
        if own := self._functions.get(name):
            return own(argument)
        if pure := PURE_FUNCTIONS.get(name):
            return pure(self.evaluate(argument))
        raise IntrinsicError(f"The local cloud does not carry the function {name}")


class _MaskedResolver(Resolver):
    """Shows no secret, yet decides by the true ones."""

    def __init__(self, plain: Resolver) -> None:
        super().__init__(
            plain.template,
            replace(
                plain.scope,
                parameters={
                    name: replace(value, value=MASK, resolved=None) if value.no_echo else value
                    for name, value in plain.scope.parameters.items()
                },
            ),
            resource=self._masked,
            dynamic=plain._dynamic,  # noqa: SLF001 - its own class
        )
        self._plain = plain

    def condition(self, name: str) -> bool:
        return self._plain.condition(name)

    def _masked(self, logical_id: str) -> Resource | None:
        resource = self._plain._resource(logical_id)  # noqa: SLF001 - its own class
        if resource is None:
            return None
        secrets = {
            name: MASK
            for name in resource.attributes
            if self._plain._tells_secret(Reference(name=logical_id, attribute=name))  # noqa: SLF001 - its own class
        }
        return replace(resource, attributes={**resource.attributes, **secrets})
