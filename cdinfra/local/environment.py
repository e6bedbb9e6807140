"""The environment of the local cloud's process: nothing in it leads to a real account.

The process needs no credentials. What could name some, or an address to call, is taken
out before it starts, and :mod:`cdinfra.local.network_guard` refuses every connection that
leaves the machine. The machine's proxies are kept under other names, which nothing in the
process knows: only what builds images from Debian's packages gets them back.
"""

import os
from collections.abc import Iterator, Mapping

DROPPED_PREFIXES = ("AWS_", "BOTO", "MOTO_")
DROPPED = frozenset(
    {
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        # These turn moto into a client of another server.
        *("TEST_SERVER_MODE", "TEST_PROXY_MODE", "TEST_SERVER_MODE_ENDPOINT"),
    }
)
FIXED = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "*",
    # A page in a browser has no business with the local cloud.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
    "PYTHONUNBUFFERED": "1",
}


PROXIES = ("http_proxy", "https_proxy", "no_proxy")
KEPT_PREFIX = "CDINFRA_BUILDS_"
"""What the names begin with under which the process keeps the machine's proxies."""


def server_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for the local cloud's process.

    Args:
        environ: The environment of the command that starts it.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if not name.upper().startswith(DROPPED_PREFIXES) and name.upper() not in DROPPED
    }
    return kept | {f"{KEPT_PREFIX}{name}": value for name, value in _proxies(environ)} | FIXED


def build_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies for programs that fetch packages, in both spellings.

    Programs differ in which they read: apt the small letters alone.

    Args:
        environ: The environment of this process: the local cloud's, or a command's.
    """
    # What the local cloud's process has under the usual names is for itself.
    is_server = FIXED.items() <= environ.items()
    found = dict(_proxies(environ, prefix=KEPT_PREFIX if is_server else ""))
    if found:
        found.setdefault("no_proxy", "")
    return found | {name.upper(): value for name, value in found.items()}


def _proxies(environ: Mapping[str, str], *, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name in PROXIES:
        if value := environ.get(prefix + name) or environ.get(prefix + name.upper()):
            yield name, value
