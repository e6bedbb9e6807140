"""Calls of a service with a template's values, and its refusals in CloudFormation's words.

A template may say ``"80"`` where the API wants 80, and may name a nested field that the
API does not know: ``invoke`` turns the first right and refuses the second, so that no
field is lost on the way. ``reported`` turns what the service refuses into the reason
that CloudFormation shows.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cdinfra.local.resources.contract import ResourceError

Client = Any
"""A boto3 client, which boto3 makes at run time."""

HANDLER_ERRORS = (
    ("AlreadyExists", "AlreadyExists"),
    ("Duplicate", "AlreadyExists"),
    ("NotFound", "NotFound"),
    ("NoSuch", "NotFound"),
    ("AccessDenied", "AccessDenied"),
    ("UnauthorizedOperation", "AccessDenied"),
    ("Throttling", "Throttling"),
    ("LimitExceeded", "ServiceLimitExceeded"),
    ("DependencyViolation", "ResourceConflict"),
    ("InUse", "ResourceConflict"),
)
"""CloudFormation's name for a refusal, by what stands in the service's error code.
Source: CloudFormation CLI User Guide, "Handler error codes"."""

SERVER_ERROR = 500


def error_code(error: Any) -> str:  # noqa: ANN401 - a ClientError, which is not imported here
    """Return the service's code of a ``ClientError``, for example ``NoSuchEntity``."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def reported(client: Client, *, token: str = "", physical_id: str = "") -> Iterator[None]:
    """Turn a refusal of the service into a ``ResourceError``.

    Args:
        client: The boto3 client that is called within.
        token: The request's token, which CloudFormation shows.
        physical_id: What exists already and has to be deleted by a rollback.

    Raises:
        ResourceError: The service refused a call, or a value does not fit the API.
    """
    try:
        yield
    except client.exceptions.ClientError as error:
        raise ResourceError(
            _reason(client, error.response, token), physical_id=physical_id
        ) from error
    except ResourceError as error:
        if physical_id and not error.physical_id:
            raise ResourceError(error.reason, physical_id=physical_id) from error
        raise


def _reason(client: Client, response: Mapping[str, Any], token: str) -> str:
    metadata = response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode", 0)
    words = str(client.meta.service_model.service_id).split()
    # EC2 is Ec2 there, Elastic Load Balancing v2 is ElasticLoadBalancingV2.
    service = "".join(word if word.istitle() else _capitalized(word) for word in words)
    message = response.get("Error", {}).get("Message", "")
    return (
        f'Resource handler returned message: "{message} (Service: {service}, '
        f"Status Code: {status}, Request ID: {metadata.get('RequestId', '')})"
        f'" (RequestToken: {token}, HandlerErrorCode: '
        f"{_handler_error(response.get('Error', {}).get('Code', ''), status)})"
    )


def _handler_error(code: str, status: int) -> str:
    otherwise = "GeneralServiceException" if status >= SERVER_ERROR else "InvalidRequest"
    return next((name for part, name in HANDLER_ERRORS if part in code), otherwise)


def _capitalized(word: str) -> str:
    return word.capitalize() if word.isupper() or word.islower() else word


def invoke(method: Callable[..., Any], parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401 - boto3
    """Call a boto3 client's method with values as a template gives them.

    Args:
        method: A bound method, for example ``client.create_vpc``.
        parameters: By the API's names; None leaves one out.

    Raises:
        ResourceError: A nested field is unknown to the API, or a value has the wrong type.
    """
    client = method.__self__  # type: ignore[attr-defined] # boto3's methods are bound
    operation = client.meta.method_to_api_mapping[method.__name__]
    shape = client.meta.service_model.operation_model(operation).input_shape
    given = {name: value for name, value in parameters.items() if value is not None}
    return method(**_fitted(shape, given, ""))


def _fitted(shape: Any, value: Any, path: str) -> Any:  # noqa: ANN401 - shapes and values of any kind
    match shape.type_name:
        case "structure":
            return _structure(shape, value, path)
        case "list":
            _expect(value, list | tuple, "array", path)
            return [_fitted(shape.member, item, f"{path}/{i}") for i, item in enumerate(value)]
        case "map":
            _expect(value, Mapping, "object", path)
            return {str(key): _fitted(shape.value, item, path) for key, item in value.items()}
        case kind:
            return _scalar(kind, value, path)


def _structure(shape: Any, value: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - see _fitted
    _expect(value, Mapping, "object", path)
    for name in value:
        if name not in shape.members:
            raise ResourceError(f"Encountered unsupported property {name} at {path or '/'}")
    return {
        name: _fitted(shape.members[name], item, f"{path}/{name}") for name, item in value.items()
    }


def _scalar(kind: str, value: Any, path: str) -> Any:  # noqa: ANN401 - see _fitted
    match kind:
        case "boolean":
            return truth(value, path)
        case "integer" | "long" | "float" | "double":
            return _number(kind, value, path)
        case "string" if isinstance(value, bool):
            return str(value).lower()
        case "string":
            _expect(value, str | bytes | int | float, "string", path)
            return value if isinstance(value, bytes) else str(value)
        case _:
            return value


def _number(kind: str, value: Any, path: str) -> int | float:  # noqa: ANN401 - see _fitted
    _expect(value, str | int | float, "number", path)
    try:
        return int(value) if kind in {"integer", "long"} else float(value)
    except ValueError:
        raise ResourceError(f"{path}: expected type: Number, found: {value!r}") from None


def truth(value: Any, path: str = "") -> bool:  # noqa: ANN401 - as a template has it
    """Return a template's truth value, which may be the word.

    Raises:
        ResourceError: It is neither true nor false.
    """
    match str(value).lower():
        case "true":
            return True
        case "false":
            return False
        case _:
            raise ResourceError(f"{path}: expected type: Boolean, found: {value!r}")


def _expect(value: Any, kind: Any, name: str, path: str) -> None:  # noqa: ANN401 - see _fitted
    if not isinstance(value, kind):
        raise ResourceError(f"{path}: expected type: {name}, found: {type(value).__name__}")


def kept(wanted: Any, actual: Any, path: str) -> None:  # noqa: ANN401 - see _fitted
    """Check that a service has kept what it was given.

    Args:
        wanted: What was given, in the API's form.
        actual: What the service shows, which may be more.
        path: Where it stands, for the message.

    Raises:
        ResourceError: A field is not there any more.
    """
    match wanted:
        case Mapping():
            for name, value in wanted.items():
                kept(
                    value,
                    actual.get(name) if isinstance(actual, Mapping) else None,
                    f"{path}/{name}",
                )
        case list() | tuple():
            items = actual if isinstance(actual, list | tuple) else ()
            if len(items) != len(wanted):
                raise ResourceError(f"the local cloud does not carry {path}")
            for number, (value, item) in enumerate(zip(wanted, items, strict=True)):
                kept(value, item, f"{path}/{number}")
        case _:
            if wanted is not None and not same(wanted, actual):
                raise ResourceError(f"the local cloud does not carry {path} {wanted!r}")


def same(left: Any, right: Any) -> bool:  # noqa: ANN401 - see _fitted
    """Return whether two scalars are one value: ``80`` and ``"80"``, ``true`` and ``True``."""
    if str(left).lower() == str(right).lower():
        return True
    try:
        return float(left) == float(right)
    except (TypeError, ValueError):
        return False
