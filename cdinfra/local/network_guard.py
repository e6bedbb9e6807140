"""The local cloud's process never calls out: a connection that leaves the machine is refused.

An audit hook cannot be taken off again, and sees every socket of the process, whatever
library opens it.
Source: Python documentation, "Audit events table", ``socket.connect``.
"""

import ipaddress
import sys


class OutsideConnectionError(PermissionError):
    """Something in the process tried to reach another machine."""


def is_on_this_machine(address: object) -> bool:
    """Whether a socket address is a loopback or a Unix one.

    >>> is_on_this_machine(("127.0.0.1", 80)), is_on_this_machine(("192.0.2.1", 80))
    (True, False)
    """
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def forbid_outside_connections() -> None:
    """Refuse, from now on, every connection of this process that leaves the machine."""
    sys.addaudithook(_refuse_outside)


def _refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"} and not is_on_this_machine(arguments[1]):
        raise OutsideConnectionError(
            f"the local cloud calls nothing outside of this machine, not {arguments[1]}"
        )
