"""Posts a message to an address: https alone unless it is this machine's, and no redirects."""

from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPRedirectHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

from cdinfra.model.notification import url_problem

TIMEOUT_SECONDS = 5.0
"""For each step of the connection."""


class _NoRedirects(HTTPRedirectHandler):
    """Takes a redirect as the answer: a message is for the address that was named."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - as of the parent
        """Return no further request."""


def post(url: str, body: str) -> str:
    """Post JSON to an address.

    Args:
        url: The address; never repeated in what is returned.
        body: The JSON.

    Returns:
        Why it was not taken; empty where it was.
    """
    if problem := url_problem(url):
        return f"the address {problem}"
    headers = {"Content-Type": "application/json", "User-Agent": "cdinfra"}
    request = Request(url, data=body.encode(), headers=headers, method="POST")  # noqa: S310 - checked above
    try:
        with _opener(url).open(request, timeout=TIMEOUT_SECONDS):
            return ""
    except HTTPError as error:
        with error:
            return f"it answered {error.code}"
    except (HTTPException, OSError, ValueError) as error:
        return f"it cannot be reached: {_words(error)}"


def _opener(url: str) -> OpenerDirector:
    # A proxy's own loopback is another machine's.
    is_here = urlsplit(url).scheme == "http"
    proxies = [ProxyHandler({})] if is_here else []
    return build_opener(_NoRedirects, *proxies)


def _words(error: BaseException) -> str:
    """Return what a failure is, without its text, which may quote the address."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return type(reason).__name__
