"""Refuses a call of a JSON service whose members are not what the service's model says."""

from collections.abc import Iterator, Mapping
from typing import Any

from cdinfra.local.api_handlers import ApiError
from cdinfra.local.cloudformation.api_error import ApiError as CloudFormationError
from cdinfra.local.cloudformation.constraints import check_members

Shape = Any
"""A shape of botocore's model."""

TYPES: Mapping[str, type] = {
    "boolean": bool,
    "integer": int,
    "list": list,
    "map": dict,
    "string": str,
    "structure": dict,
}


def check_call(service: str, operation: str, given: Mapping[str, Any]) -> None:
    """Refuse a call that misses a member, or has one that is of another type or out of limits.

    Args:
        service: boto3's name of the service.
        operation: Name of the call.
        given: Its members.

    Raises:
        ApiError: The call is refused.
    """
    from moto.core.utils import get_service_model  # noqa: PLC0415 - slow to import

    shape = get_service_model(service).operation_model(operation).input_shape
    if wrong := next(_wrong_types(shape, given, ""), ""):
        raise ApiError("SerializationException", wrong)
    try:
        check_members(shape, given)
    except CloudFormationError as error:
        raise ApiError("ValidationException", error.message) from error


def _wrong_types(shape: Shape, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - any member
    expected = TYPES.get(shape.type_name)
    if expected is not None and type(value) is not expected:
        yield f"{path or 'the body'} must be of type {shape.type_name}"
        return
    for name, inner, item in _members(shape, value):
        yield from _wrong_types(inner, item, f"{path}.{name}".lstrip("."))


def _members(shape: Shape, value: Any) -> Iterator[tuple[str, Shape, Any]]:  # noqa: ANN401 - any member
    match shape.type_name, value:
        case "structure", dict():
            for name in value.keys() & shape.members.keys():
                yield name, shape.members[name], value[name]
        case "list", list():
            yield from (("member", shape.member, item) for item in value)
        case "map", dict():
            yield from ((name, shape.value, item) for name, item in value.items())
        case _:
            pass
