"""Calls that the local cloud answers itself, in place of moto.

Services that speak JSON are answered by functions: parameters in, members of the answer out.
For the others a method of moto's backend is replaced, which leaves the writing of the answer
to moto.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from werkzeug.wrappers import Request, Response

from cdinfra.local.call import Call
from cdinfra.local.refusals import Refusal, answer

CONTENT_TYPE = "application/x-amz-json-1.1"

CallName: TypeAlias = tuple[str, str]
"""boto3's name of the service, and the API's name of the call."""


class ApiError(Exception):
    """A service's own refusal of a call.

    Args:
        code: The service's error code.
        message: In a sentence.
        status: HTTP status.
    """

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.refusal = Refusal(code=code, message=message, status=status)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlace:
    """Where a call acts.

    Attributes:
        region: AWS region.
        account: 12 digits.
    """

    region: str
    account: str


Handler: TypeAlias = Callable[[Mapping[str, Any], CallPlace], Mapping[str, Any]]
"""``(parameters, place)``, both as the API names them; raises :class:`ApiError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiHandlers:
    """What is answered in place of moto.

    Attributes:
        handlers: What answers a call of a service that speaks JSON.
        replaced: Calls whose answer is true, since moto's backend has been put right for them.
    """

    handlers: Mapping[CallName, Handler] = field(default_factory=dict)
    replaced: frozenset[CallName] = frozenset()

    def carries(self, call: Call) -> bool:
        """Whether a call has a true answer here."""
        return self.answers(call) or (call.service, call.operation) in self.replaced

    def answers(self, call: Call) -> bool:
        """Whether a function answers a call."""
        return (call.service, call.operation) in self.handlers

    def respond(self, request: Request, call: Call, account: str) -> Response:
        """Answer one call.

        Args:
            request: The request.
            call: Which call it is, one that a function answers.
            account: Account that it acts in.
        """
        handler = self.handlers[call.service, call.operation]
        try:
            parameters = _parameters(request)
            content = handler(parameters, CallPlace(region=call.region, account=account))
        except ApiError as error:
            return answer(error.refusal, call.wire)
        return Response(json.dumps(content), content_type=CONTENT_TYPE)


def _parameters(request: Request) -> Mapping[str, Any]:
    try:
        parameters = json.loads(request.get_data() or b"{}")
    except ValueError:
        parameters = None
    if not isinstance(parameters, dict):
        raise ApiError("SerializationException", "the body is not a JSON object")
    return parameters
