"""Builds one template: troposphere's Template, plus what ties it to the app around it."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Self, assert_never

from troposphere import Output, Parameter, Ref, Template

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import (
    BuildContext,
    FromEnvironment,
    FromFile,
    FromSsm,
    OutputReference,
    OutsideSource,
    ParameterSource,
    StackOutput,
    StackTemplate,
    Value,
)
from cdinfra.model.dynamic_reference import dynamic_reference_problems
from cdinfra.model.lint_exceptions import LintException, with_exceptions
from cdinfra.stacks.traced import Traced
from cdinfra.stacks.validation import raise_problems

MAXIMUM_RESOURCES = 500
MAXIMUM_PARAMETERS = 200
MAXIMUM_OUTPUTS = 200
MAXIMUM_BYTES = 1_000_000
"""Limits of one template. Source: CloudFormation user guide, "Understand quotas"."""


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
        self._values: dict[str, OutputReference | OutsideSource] = {}
        self._lint_exceptions: list[LintException] = []
        self._traced = Traced(self.template)

    def add(self, resource: Any) -> Any:  # noqa: ANN401 - any troposphere resource, as it is
        """Add a resource and return it.

        Raises:
            InvalidInputError: Its logical id is taken, or there are too many.
        """
        return self._added(self.template.add_resource, resource)

    def parameter(
        self,
        logical_id: str,
        *,
        source: ParameterSource | None = None,
        parameter_type: str = "String",
        default: str | None = None,
        description: str = "",
        no_echo: bool = False,
    ) -> Ref:
        """Add a parameter and return a reference to it.

        Args:
            logical_id: Name of the parameter.
            source: Where ``up`` takes its value from; None keeps the default.
            parameter_type: CloudFormation type.
            default: Value for a launch without cdinfra, for example from the console.
            description: One sentence for people who fill it in by hand.
            no_echo: Whether the value is a secret that nobody is shown.
        """
        parameter = Parameter(logical_id, Type=parameter_type)
        if no_echo:
            parameter.NoEcho = True
        if default is not None:
            parameter.Default = default
        if description:
            parameter.Description = description
        self._added(self.template.add_parameter, parameter)
        if source is not None:
            self._sources[logical_id] = source
        return Ref(parameter)

    def value(self, value: Value) -> str | Ref:
        """Return what stands for ``value`` in a resource's property.

        A string stays as it is; an output of another stack, or a source outside of the
        app, becomes a parameter that is fed from there.

        Raises:
            InvalidInputError: Two outputs or sources would share one parameter.
        """
        if isinstance(value, str):
            return value
        logical_id = parameter_name(value)
        if self._values.get(logical_id, value) != value:
            raise InvalidInputError(self._shared_name(logical_id, value))
        if logical_id not in self._values:
            self._values[logical_id] = value
            self.parameter(
                logical_id,
                source=value,
                parameter_type=value.parameter_type,
                description=_description(value),
            )
        return Ref(logical_id)

    def _shared_name(self, logical_id: str, value: OutputReference | OutsideSource) -> Problem:
        if isinstance(value, OutputReference):
            what = "two different outputs"
            hint = f"rename one of the stacks that start with {value.stack!r}"
        else:
            what = "two different sources"
            hint = f"add one with builder.parameter('Another{logical_id}', source=…)"
        message = f"needs the parameter {logical_id} for {what}"
        return Problem(path=f"stacks/{self.name}", message=message, hint=hint)

    def output(self, key: str, value: Any, description: str) -> None:  # noqa: ANN401 - or a function
        """Add an output."""
        self._added(self.template.add_output, Output(key, Value=value, Description=description))

    def trace(self, hook: Callable[[Self], None]) -> None:
        """Remember that a hook made whatever was put into the template past this builder."""
        self._traced.rest_made_by(hook)

    def allow(self, rule: str, *, reason: str, on: Any = None) -> None:  # noqa: ANN401 - any resource
        """Allow what a rule of lint finds; it becomes ``Metadata`` of the template.

        Args:
            rule: Id of the rule, for example ``CD303``; one of cfn-lint will do too.
            reason: Why that is right here.
            on: The resource, or its logical id; None for the whole template.

        Raises:
            InvalidInputError: It is no resource.
        """
        # A string has a title, too: its method.
        resource = on if isinstance(on, str) else getattr(on, "title", None)
        if on is not None and not resource:
            path, hint = f"stacks/{self.name}/allow/{rule}", "pass the resource that add returned"
            problem = Problem(path=path, message=f"{on!r} is no resource", hint=hint)
            raise InvalidInputError(problem)
        self._lint_exceptions.append(
            LintException(rule=rule, reason=reason, resource=resource or "")
        )

    def build(self) -> StackTemplate:
        """Return the finished template.

        Raises:
            InvalidInputError: A resource is incomplete, or the template is too large.
        """
        sources = self._sources.values()
        references = [each.stack for each in sources if isinstance(each, OutputReference)]
        template = StackTemplate(
            name=self.name,
            stack_name=self.context.stack_name(self.name),
            document=self._document(),
            parameters=dict(self._sources),
            dependencies=tuple(dict.fromkeys(references)),
            tags=self.context.all_tags(),
            sources=self._traced.sources(),
        )
        raise_problems(limit_problems(template))
        return template

    def _document(self) -> dict[str, Any]:
        # What troposphere finds only now, for example a required property that is missing.
        document: dict[str, Any] = self._checked(self.template.to_dict)
        return with_exceptions(f"stacks/{self.name}", document, self._lint_exceptions)

    def _added(self, add: Callable[..., Any], item: Any) -> Any:  # noqa: ANN401 - see add
        added = self._checked(add, item)
        self._traced.made(added)
        return added

    def _checked(self, call: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401 - its
        try:
            return call(*arguments)
        except (AttributeError, TypeError, ValueError) as error:
            message = f"troposphere refuses it: {error}"
            raise InvalidInputError(Problem(path=f"stacks/{self.name}", message=message)) from error


def parameter_name(value: OutputReference | OutsideSource) -> str:
    """Return the parameter that receives a value: ``NetworkVpcId`` for ``network.VpcId``."""
    match value:
        case OutputReference():
            return "".join(map(str.capitalize, value.stack.split("-"))) + value.output
        case FromEnvironment():
            return _joined(value.name)
        case FromFile():
            return _joined(value.key or value.path.rpartition("/")[2])
        case FromSsm():
            return _joined(value.name)
        case StackOutput():
            return _joined(value.stack_name) + value.key
        case _:
            assert_never(value)


def _joined(text: str) -> str:
    """Return the words of a text as one: ``DbUrl`` for ``DB_URL`` and ``/db/url``."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    joined = "".join(
        word.capitalize() if word.isupper() else word[:1].upper() + word[1:] for word in words
    )
    return joined or "Value"


def _description(value: OutputReference | OutsideSource) -> str:
    match value:
        case OutputReference(stack=stack, output=output):
            return f"{output} of the stack {stack}"
        case FromEnvironment(name=name):
            return f"The environment variable {name}"
        case FromFile(path=path, key=key):
            return f"{key} in the file {path}" if key else f"The text of the file {path}"
        case FromSsm(name=name):
            return f"The SSM parameter {name}"
        case StackOutput(stack_name=stack_name, key=key):
            return f"{key} of the stack {stack_name}"
        case _:
            assert_never(value)


def limit_problems(template: StackTemplate) -> Iterator[Problem]:
    """Return which of CloudFormation's limits a template is beyond."""
    sizes = {
        "resources": (len(template.document.get("Resources", ())), MAXIMUM_RESOURCES),
        "parameters": (len(template.document.get("Parameters", ())), MAXIMUM_PARAMETERS),
        "outputs": (len(template.document.get("Outputs", ())), MAXIMUM_OUTPUTS),
        "bytes": (len(template.body.encode()), MAXIMUM_BYTES),
    }
    for what, (size, most) in sizes.items():
        if size > most:
            hint = f"at most {most:,}; split the stack"
            path = f"stacks/{template.name}"
            yield Problem(path=path, message=f"has {size:,} {what}", hint=hint)
    yield from dynamic_reference_problems(f"stacks/{template.name}", template.document)
