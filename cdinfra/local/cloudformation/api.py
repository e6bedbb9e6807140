"""CloudFormation's API over HTTP: the Query protocol, through moto's codec for it.

Every answer and every error is written by moto's serializer over the service's own model, so
that any client can read it; what is said stands in the ``api_…`` modules.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from cdinfra.local.call import Wire
from cdinfra.local.cloudformation import (
    api_change_sets,
    api_describe,
    api_drift,
    api_stacks,
    api_templates,
)
from cdinfra.local.cloudformation.api_call import Answer, Call, Handler
from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.constraints import check_members
from cdinfra.local.cloudformation.engine import Engine
from cdinfra.local.refusals import Refusal, answer

HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        **api_stacks.HANDLERS,
        **api_describe.HANDLERS,
        **api_change_sets.HANDLERS,
        **api_templates.HANDLERS,
        **api_drift.HANDLERS,
    }
)
"""What answers each operation that the local cloud carries."""


class CloudFormationApi:
    """Answers CloudFormation's calls.

    Args:
        engine: What they act on.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self, request: Request, *, region: str, account: str) -> Response:
        """Answer one call.

        Args:
            request: The HTTP request, whose body or query string is the call.
            region: Region that it is signed for.
            account: Account of the caller.
        """
        # A template that is too large is refused as such, not by the form's own limit.
        request.max_form_memory_size = None
        values = request.values
        operation = str(values.get("Action", ""))
        try:
            handler = _handler_of(operation)
            given = parse_call(operation, values.to_dict(flat=True))
            state = self._engine.region(region, account)
            said = handler(Call(engine=self._engine, state=state, given=given))
        except ApiError as error:
            refusal = Refusal(code=error.code, message=error.message, status=error.http_status)
            return answer(refusal, Wire.QUERY)
        return _answer(operation, said)


def _handler_of(operation: str) -> Handler:
    if operation not in HANDLERS:
        raise ApiError(
            f"The local cloud does not carry cloudformation:{operation}"
            if operation
            else "Could not find operation: the request names no Action",
            code="InvalidAction",
        )
    return HANDLERS[operation]


def parse_call(operation: str, values: Mapping[str, str]) -> Mapping[str, Any]:
    """Return a call's members.

    Args:
        operation: Name of the call.
        values: The form as it came.

    Raises:
        ApiError: A member is missing, breaks a constraint, or is no number where one is needed.
    """
    from moto.core.parse import QueryParser  # noqa: PLC0415 - slow to import

    model = operation_model(operation)
    try:
        given: Mapping[str, Any] = QueryParser(model).parse({"values": values})
    except ValueError as error:
        raise ApiError(f"Malformed input: {error}", code="MalformedInput") from error
    check_members(model.input_shape, given)
    return given


def _answer(operation: str, answer: Answer) -> Response:
    from moto.core.serialize import QuerySerializer, SerializationContext  # noqa: PLC0415

    request_id = str(uuid4())
    serializer = QuerySerializer(operation_model(operation), SerializationContext(request_id))
    written = serializer.serialize(answer)
    return Response(
        written["body"],
        status=written["status_code"],
        headers={**written["headers"], "x-amzn-RequestId": request_id},
    )


def operation_model(operation: str) -> Any:  # noqa: ANN401 - moto's model, untyped
    """Return the service's own model of a call.

    Args:
        operation: Name of the call.
    """
    from moto.core.utils import get_service_model  # noqa: PLC0415 - slow to import

    return get_service_model("cloudformation").operation_model(operation)
