"""Whether one parameter's value is allowed, in CloudFormation's words."""

import re
from collections.abc import Mapping
from typing import Final

from cdinfra.local.cloudformation import limits
from cdinfra.local.cloudformation.template import ParameterDefinition

_SHAPES: Final[Mapping[str, str]] = {
    "AWS::EC2::AvailabilityZone::Name": r"[a-z]{2}(?:-[a-z0-9]+)+-?\d[a-z]",
    "AWS::EC2::Image::Id": r"ami-[0-9a-z]+",
    "AWS::EC2::Instance::Id": r"i-[0-9a-z]+",
    "AWS::EC2::KeyPair::KeyName": r".{1,255}",
    "AWS::EC2::SecurityGroup::GroupName": r".{1,255}",
    "AWS::EC2::SecurityGroup::Id": r"sg-[0-9a-z]+",
    "AWS::EC2::Subnet::Id": r"subnet-[0-9a-z]+",
    "AWS::EC2::VPC::Id": r"vpc-[0-9a-z]+",
    "AWS::EC2::Volume::Id": r"vol-[0-9a-z]+",
    "AWS::Route53::HostedZone::Id": r"Z[A-Z0-9]+",
}
"""The AWS-specific types are held to the shape of their ids; whether one exists, the resource
that uses it finds out.

Source: CloudFormation User Guide, "AWS-specific parameter types".
"""


class ParameterError(Exception):
    """Parameters that CloudFormation would refuse.

    Attributes:
        message: CloudFormation's own words; the API answers them as a ``ValidationError``.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def check_value(definition: ParameterDefinition, value: str) -> None:
    """Check one value against its definition.

    Raises:
        ParameterError: It is not allowed.
    """
    name = definition.name
    if len(value.encode()) > limits.PARAMETER_VALUE_BYTES:
        raise ParameterError(
            f"Parameter '{name}' value exceeds the maximum of {limits.PARAMETER_VALUE_BYTES} bytes."
        )
    inner = _inner_type(definition.parameter_type)
    items = _items(definition.parameter_type, value)
    if inner == "Number":
        _check_numbers(definition, items)
    _check_allowed(definition, items)
    _check_length(definition, value)
    _check_shape(definition, inner, items)


def _inner_type(parameter_type: str) -> str:
    inner = re.fullmatch(r"List<(.+)>", parameter_type)
    return inner[1] if inner else parameter_type


def _items(parameter_type: str, value: str) -> tuple[str, ...]:
    if parameter_type.startswith(("List<", "CommaDelimitedList")):
        return tuple(item.strip() for item in value.split(","))
    return (value,)


def _failed(definition: ParameterDefinition, otherwise: str) -> ParameterError:
    if definition.constraint_description:
        return ParameterError(
            f"Parameter {definition.name} failed to satisfy constraint: "
            f"{definition.constraint_description}"
        )
    return ParameterError(f"Parameter '{definition.name}' {otherwise}")


def _check_numbers(definition: ParameterDefinition, items: tuple[str, ...]) -> None:
    for item in items:
        try:
            number = float(item)
        except ValueError:
            raise ParameterError(f"Parameter '{definition.name}' must be a number.") from None
        if definition.min_value is not None and number < definition.min_value:
            raise _failed(definition, f"must be a number not less than {definition.min_value:g}")
        if definition.max_value is not None and number > definition.max_value:
            raise _failed(definition, f"must be a number not greater than {definition.max_value:g}")


def _check_allowed(definition: ParameterDefinition, items: tuple[str, ...]) -> None:
    if definition.allowed_values and not set(items) <= set(definition.allowed_values):
        raise _failed(definition, "must be one of AllowedValues")
    pattern = definition.allowed_pattern
    if pattern is None:
        return
    try:
        matches = all(re.fullmatch(pattern, item) for item in items)
    except re.error as error:
        raise ParameterError(
            f"Parameter '{definition.name}' has an AllowedPattern that the local cloud cannot "
            f"read: {pattern} ({error})"
        ) from error
    if not matches:
        raise _failed(definition, f"must match pattern {pattern}")


def _check_length(definition: ParameterDefinition, value: str) -> None:
    if definition.min_length is not None and len(value) < definition.min_length:
        raise _failed(definition, f"must contain at least {definition.min_length} characters")
    if definition.max_length is not None and len(value) > definition.max_length:
        raise _failed(definition, f"must contain at most {definition.max_length} characters")


def _check_shape(definition: ParameterDefinition, inner: str, items: tuple[str, ...]) -> None:
    shape = _SHAPES.get(inner)
    if shape is None:
        return
    for item in items:
        if not re.fullmatch(shape, item):
            raise ParameterError(
                f"Parameter validation failed: parameter value {item} for parameter name "
                f"{definition.name} does not exist"
            )
