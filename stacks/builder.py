"""Builds one template: troposphere's Template, plus what ties it to the app around it."""

from typing import Any

from troposphere import Output, Parameter, Ref, Template

from cdinfra.model import (
    BuildContext,
    OutputReference,
    ParameterSource,
    StackTemplate,
    Value,
)


class TemplateBuilder:
    """A template under construction.

    Attributes:
        context: The app around the stack.
        name: Name of the stack within the app.
        template: troposphere's template, free to be worked on.
    """

    def __init__(self, name: str, context: BuildContext, *, description: str) -> None:
        self.context = context
        self.name = name
        self.template = Template(Description=description)
        self._sources: dict[str, ParameterSource] = {}
        self._references: dict[str, OutputReference] = {}

    def add(self, resource: Any) -> Any:  # noqa: ANN401 - any troposphere resource, as it is
        """Add a resource and return it."""
        return self.template.add_resource(resource)

    def parameter(
        self,
        logical_id: str,
        *,
        source: ParameterSource | None = None,
        parameter_type: str = "String",
        default: str | None = None,
        description: str = "",
    ) -> Ref:
        """Add a parameter and return a reference to it.

        Args:
            logical_id: Name of the parameter.
            source: Where ``up`` takes its value from; None keeps the default.
            parameter_type: CloudFormation type.
            default: Value for a launch without cdinfra, for example from the console.
            description: One sentence for people who fill it in by hand.
        """
        parameter = Parameter(logical_id, Type=parameter_type)
        if default is not None:
            parameter.Default = default
        if description:
            parameter.Description = description
        self.template.add_parameter(parameter)
        if source is not None:
            self._sources[logical_id] = source
        return Ref(parameter)

    def value(self, value: Value) -> str | Ref:
        """Return what stands for ``value`` in a resource's property.

        A string stays as it is; an output of another stack becomes a parameter, fed
        from that output.
        """
        if isinstance(value, str):
            return value
        logical_id = parameter_name(value)
        if logical_id not in self._references:
            self._references[logical_id] = value
            self.parameter(
                logical_id,
                source=value,
                parameter_type=value.parameter_type,
                description=f"{value.output} of the stack {value.stack}",
            )
        return Ref(logical_id)

    def output(self, key: str, value: Any, description: str) -> None:  # noqa: ANN401 - or a function
        """Add an output."""
        self.template.add_output(Output(key, Value=value, Description=description))

    def build(self) -> StackTemplate:
        """Return the finished template."""
        references = self._references.values()
        return StackTemplate(
            name=self.name,
            stack_name=self.context.stack_name(self.name),
            document=self.template.to_dict(),
            parameters=dict(self._sources),
            dependencies=tuple(dict.fromkeys(reference.stack for reference in references)),
            tags=self.context.all_tags(),
        )


def parameter_name(reference: OutputReference) -> str:
    """Return the parameter that receives an output: ``NetworkVpcId`` for ``network.VpcId``."""
    words = reference.stack.split("-")
    return "".join(word.capitalize() for word in words) + reference.output
