"""Who may speak to the local cloud: programs on this machine, and no page in a browser.

The port is on loopback, but a browser on this machine reaches loopback too: any web page
could post to it, or read it after its name was rebound to 127.0.0.1.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def refused_origin(environ: Mapping[str, Any]) -> str:
    """Return why a request is refused; empty where it may pass.

    Args:
        environ: The WSGI environment of the request.
    """
    host = str(environ.get("HTTP_HOST", ""))
    if not is_loopback_name(host):
        return f"the local cloud answers on loopback only, not as {host!r}"
    if "HTTP_ORIGIN" in environ:
        return "the local cloud does not answer web pages"
    # Browsers say where a request comes from even where they send no Origin; a person who
    # types the address is "none". Source: W3C, "Fetch Metadata Request Headers".
    if environ.get("HTTP_SEC_FETCH_SITE", "none") != "none":
        return "the local cloud does not answer web pages"
    return ""


def is_loopback_name(host: str) -> bool:
    """Whether a Host header names this machine.

    A bucket may stand before ``localhost``: names below it never leave the machine.
    Source: RFC 6761, section 6.3.

    Args:
        host: The header, with or without a port.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in LOOPBACK_NAMES or name.endswith(".localhost")
