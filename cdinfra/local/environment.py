"""The environment of the local cloud's process: nothing in it leads to a real account.

The process needs no credentials. What could name some, or an address to call, is taken
out before it starts, and :mod:`cdinfra.local.network_guard` refuses every connection that
leaves the machine.
"""

import os
from collections.abc import Mapping

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
    return kept | FIXED
