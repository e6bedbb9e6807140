"""One HTTP endpoint for every AWS service: CloudFormation answered here, the rest by moto.

::

    request -> from this machine, not from a web page?
            -> /_cdinfra/…             control
            -> fault asked for?        the service's own error
            -> not carried             an honest error
            -> cloudformation          the engine
            -> everything else         moto

The engine itself calls the services under ``/_cdinfra/internal/<account>``, in the account
of the stack that it works on. No fault strikes there: a fault is meant for who is tested,
and none of its strikes is used up by the engine.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from werkzeug.wrappers import Request, Response

from cdinfra.local.api_handlers import ApiHandlers
from cdinfra.local.call import Call, Environ, read_call
from cdinfra.local.call_counts import CallCounts
from cdinfra.local.control import Control
from cdinfra.local.control_client import CONTROL_PATH
from cdinfra.local.faults import Faults
from cdinfra.local.origin import refused_origin
from cdinfra.local.refusals import answer, broken, faulty_answer, not_carried
from cdinfra.local.untrue_answers import why_not_carried
from cdinfra.model.place import ACCOUNT_PATTERN

StartResponse: TypeAlias = Callable[..., Any]
WsgiApp: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]
Respond: TypeAlias = Callable[[Request], Response]
"""Answers one request."""

INTERNAL = re.compile(rf"{CONTROL_PATH}/internal/(?P<account>\d{{12}})(?=/|$)")
ACCOUNT_HEADER = "HTTP_X_MOTO_ACCOUNT_ID"
"""Says to moto in which account a call acts, whoever signed it."""

MOTO_OWN_PATHS = ("/moto-api", "/latest/", "/favicon.ico")
"""moto's reset button and its canned instance metadata."""

LOG = logging.getLogger(__name__)


def internal_path(account: str) -> str:
    """Return the path under which the engine calls the services of an account.

    Args:
        account: 12 digits.
    """
    return f"{CONTROL_PATH}/internal/{account}"


class CloudFormation(Protocol):
    """What answers CloudFormation's calls."""

    def __call__(self, request: Request, *, region: str, account: str) -> Response:
        """Answer one call."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What answers the calls.

    Attributes:
        moto: moto's WSGI application.
        cloudformation: Answers CloudFormation's calls.
        handlers: Calls that are answered in place of moto.
        own: What answers at further addresses of the local cloud itself, by the beginning of
            the path.
    """

    moto: WsgiApp
    cloudformation: CloudFormation
    handlers: ApiHandlers = field(default_factory=ApiHandlers)
    own: Mapping[str, Respond] = field(default_factory=dict)


class Front:
    """The WSGI application of the local cloud.

    Args:
        services: What answers the calls.
        control: Answers ``/_cdinfra``.
        faults: The faults that were asked for.
        counts: Where calls are counted.
        prepare: Called with region and account before a call from outside is answered:
            puts there what every account has, such as public parameters.
    """

    def __init__(
        self,
        *,
        services: Services,
        control: Control,
        faults: Faults,
        counts: CallCounts,
        prepare: Callable[[str, str], None],
    ) -> None:
        self._services = services
        self._handlers = services.handlers
        self._control = control
        self._faults = faults
        self._counts = counts
        self._prepare = prepare

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        is_internal = _strip_internal(environ)
        app = _refused(environ) or self._own(environ)
        if app is not None:
            return app(environ, start_response)
        call = read_call(environ)
        try:
            app = self._forward(environ, call) if is_internal else self._answer(environ, call)
            return app(environ, start_response)
        except NotImplementedError:
            refusal = not_carried(call)
        except Exception as error:  # the edge of the process: one bad call must not be silent
            LOG.exception("%s", call)
            refusal = broken(call, error)
        return _app(answer(refusal, call.wire))(environ, start_response)

    def _own(self, environ: Environ) -> WsgiApp | None:
        """Return the answer at an address of the local cloud itself; None for AWS calls."""
        path = str(environ["PATH_INFO"])
        if path.startswith(MOTO_OWN_PATHS):
            return _app(Response("not found\n", status=404))
        for beginning, respond in self._services.own.items():
            if path.startswith(f"{beginning}/"):
                return _app(respond(Request(environ)))
        if path.startswith(f"{CONTROL_PATH}/"):
            return _app(self._control.respond(Request(environ)))
        return None

    def _answer(self, environ: Environ, call: Call) -> WsgiApp:
        self._counts.add(call)
        _name_account(environ, call)
        if kind := self._faults.before_call(call.service, call.operation):
            LOG.info("%s struck by %s", call, kind)
            return _app(answer(faulty_answer(kind, call), call.wire))
        if not self._handlers.carries(call) and (why := why_not_carried(call)):
            return _app(answer(not_carried(call, why), call.wire))
        if call.region:
            self._prepare(call.region, account_of(environ, call))
        return self._forward(environ, call)

    def _forward(self, environ: Environ, call: Call) -> WsgiApp:
        if call.service != "cloudformation" and not self._handlers.answers(call):
            return self._services.moto
        account = account_of(environ, call)
        if self._handlers.answers(call):
            return _app(self._handlers.respond(Request(environ), call, account))
        return _app(
            self._services.cloudformation(Request(environ), region=call.region, account=account)
        )


def account_of(environ: Environ, call: Call) -> str:
    """Return the account that a call acts in, decided as moto decides it.

    Args:
        environ: The WSGI environment of the request.
        call: The call.
    """
    from moto.iam.models import get_account_id_from  # noqa: PLC0415 - slow to import

    named = environ.get(ACCOUNT_HEADER)
    return str(named or get_account_id_from(call.access_key))


def _name_account(environ: Environ, call: Call) -> None:
    """Let a call act in the account whose number is the access key that signed it."""
    if ACCOUNT_PATTERN.fullmatch(call.access_key):
        environ.setdefault(ACCOUNT_HEADER, call.access_key)


def _app(response: Response) -> WsgiApp:
    """Return the response as what it is too: a WSGI application."""
    app: WsgiApp = response
    return app


def _refused(environ: Environ) -> WsgiApp | None:
    reason = refused_origin(environ)
    return _app(Response(f"{reason}\n", status=403)) if reason else None


def _strip_internal(environ: Environ) -> bool:
    """Take the prefix of the engine's own calls off; say whether it was there."""
    prefix = INTERNAL.match(str(environ["PATH_INFO"]))
    if prefix is None:
        return False
    environ[ACCOUNT_HEADER] = prefix["account"]
    for name in ("PATH_INFO", "RAW_URI", "REQUEST_URI"):
        if name in environ:
            # botocore leaves the last slash away where a call has no path of its own.
            rest = str(environ[name]).removeprefix(prefix[0])
            environ[name] = rest if rest.startswith("/") else f"/{rest}"
    return True
