"""The values that a template's parameters take: given, previous, default, or read from SSM."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from cdinfra.local.cloudformation.parameter_checks import ParameterError, check_value
from cdinfra.local.cloudformation.rules import check_rules
from cdinfra.local.cloudformation.template import ParameterDefinition, Template

__all__ = [
    "USE_PREVIOUS",
    "ParameterError",
    "ParameterValue",
    "UsePrevious",
    "resolve_parameters",
]

_SSM_VALUE: Final = "AWS::SSM::Parameter::Value<"


class UsePrevious(Enum):
    """The type of ``USE_PREVIOUS``."""

    USE_PREVIOUS = "UsePreviousValue"


USE_PREVIOUS: Final = UsePrevious.USE_PREVIOUS
"""Given in place of a value: keep the one that the stack has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterValue:
    """One parameter of one stack.

    Attributes:
        name: Name of the parameter.
        value: As given; for the SSM types the name of the SSM parameter.
        resolved: What SSM says, for the ``AWS::SSM::Parameter::Value<…>`` types, else None.
        parameter_type: Type, as in the template.
        no_echo: Whether the value must be shown as ``****``.
    """

    name: str
    value: str
    resolved: str | None = None
    parameter_type: str = "String"
    no_echo: bool = False

    @property
    def in_template(self) -> str | list[str]:
        """What ``Ref`` returns: a list for the list types."""
        text = self.value if self.resolved is None else self.resolved
        if not is_list_type(self.parameter_type):
            return text
        return [item.strip() for item in text.split(",")]


def is_list_type(parameter_type: str) -> bool:
    """Return whether ``Ref`` to a parameter of this type is a list."""
    inner = parameter_type.removeprefix(_SSM_VALUE)
    return inner.startswith(("List<", "CommaDelimitedList"))


def resolve_parameters(
    template: Template,
    given: Mapping[str, str | UsePrevious],
    previous: Mapping[str, ParameterValue],
    read_ssm: Callable[[str], str | None],
) -> Mapping[str, ParameterValue]:
    """Return the value of every parameter of a template, checked.

    Args:
        template: Whose parameters.
        given: What the request says.
        previous: What the stack has, for ``USE_PREVIOUS``; empty for a new stack.
        read_ssm: Returns the value of an SSM parameter, or None where there is none.

    Raises:
        ParameterError: A value is missing, unknown or not allowed; in CloudFormation's words.
    """
    _check_names(template, given)
    values = {
        name: _value_of(definition, given.get(name), previous.get(name))
        for name, definition in template.parameters.items()
    }
    if missing := [name for name, value in values.items() if value is None]:
        raise ParameterError(f"Parameters: [{', '.join(missing)}] must have values")
    texts = {name: value for name, value in values.items() if value is not None}
    for name, text in texts.items():
        check_value(template.parameters[name], text)
    resolved = _read(template, texts, read_ssm)
    parameters = {
        name: ParameterValue(
            name=name,
            value=text,
            resolved=resolved.get(name),
            parameter_type=template.parameters[name].parameter_type,
            no_echo=template.parameters[name].no_echo,
        )
        for name, text in texts.items()
    }
    check_rules(template, {name: value.in_template for name, value in parameters.items()})
    return parameters


def _check_names(template: Template, given: Mapping[str, object]) -> None:
    if given and not template.parameters:
        raise ParameterError(
            "Parameter values specified for a template which does not require them."
        )
    if unknown := [name for name in given if name not in template.parameters]:
        raise ParameterError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")


def _value_of(
    definition: ParameterDefinition,
    given: str | UsePrevious | None,
    previous: ParameterValue | None,
) -> str | None:
    if isinstance(given, UsePrevious):
        return None if previous is None else previous.value
    return definition.default if given is None else given


def _read(
    template: Template, texts: Mapping[str, str], read_ssm: Callable[[str], str | None]
) -> Mapping[str, str]:
    found: dict[str, str] = {}
    missing: list[str] = []
    for name, text in texts.items():
        parameter_type = template.parameters[name].parameter_type
        if not parameter_type.startswith("AWS::SSM::Parameter::"):
            continue
        value = read_ssm(text)
        if value is None:
            missing.append(text)
        elif parameter_type.startswith(_SSM_VALUE):
            found[name] = value
    if missing:
        raise ParameterError(
            f"Unable to fetch parameters [{','.join(missing)}] from parameter store for this "
            "account."
        )
    return found
