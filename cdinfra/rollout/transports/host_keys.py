"""Reads a host's own ssh keys from its console, where cloud-init shows them at each boot; pure.

The console comes by EC2's API, so nobody on the way to the host can offer other keys. Only the
host's root writes there; what the host agent quotes of a container stands behind its own name,
and so begins no line.
"""

import re

_BEGIN = "-----BEGIN SSH HOST KEY KEYS-----"
_END = "-----END SSH HOST KEY KEYS-----"
_KEY = re.compile(r"(?P<kind>(?:ssh|ecdsa)-[a-z0-9-]+) (?P<key>[A-Za-z0-9+/]+=*)(?: .*)?")


def keys_on_console(console: str) -> tuple[str, ...]:
    """Return the keys that were shown last, each as its kind and itself; none where none were.

    Source: cloud-init, ``tools/write-ssh-key-fingerprints``.

    Args:
        console: What the console shows.
    """
    # Not splitlines: a carriage return or another such character begins no line here.
    lines = [each.rstrip("\r") for each in console.split("\n")]
    ends = [number for number, line in enumerate(lines) if line == _END]
    if not ends or _BEGIN not in lines[: ends[-1]]:
        return ()
    before = lines[: ends[-1]]
    start = len(before) - before[::-1].index(_BEGIN)
    found = (_KEY.fullmatch(line) for line in before[start:])
    return tuple(f"{each['kind']} {each['key']}" for each in found if each)


def known_hosts_lines(name: str, keys: tuple[str, ...]) -> str:
    """Return the lines of a ``known_hosts`` file for one host.

    Args:
        name: What ssh looks it up by.
        keys: Its keys.
    """
    return "".join(f"{name} {each}\n" for each in keys)
