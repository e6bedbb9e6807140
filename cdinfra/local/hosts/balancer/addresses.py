"""The loopback address of each load balancer: 127.77.x.y, always the same for the same name.

On Linux every address of 127.0.0.0/8 is the machine's own; so each load balancer can have the
true ports of its listeners, beside others that have the same ports.
"""

import socket
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import islice

TRIES = 64
TRIED_PORTS = (80, 443)
ANSWER_SECONDS = 0.2


def candidate_addresses(name: str) -> Iterator[str]:
    """Yield addresses for a load balancer, the preferred one first.

    Args:
        name: What tells it from all others on the machine.

    >>> next(candidate_addresses("shop"))
    '127.77.6.51'
    """
    for attempt in range(TRIES):
        first, second = sha256(f"{attempt} {name}".encode()).digest()[:2]
        if 0 < second < 255:  # neither a network's address nor one for all of its hosts
            yield f"127.77.{first}.{second}"


def choose_address(name: str, taken: Iterable[str], *, answers: Callable[[str], bool]) -> str:
    """Return the address of a load balancer.

    Where every address answers, something listens on all of them: the first is returned, and
    the engine will say which port it cannot have.

    Args:
        name: What tells it from all others on the machine.
        taken: Addresses that other load balancers of this local cloud have.
        answers: Whether somebody answers at an address already.
    """
    others = set(taken)
    free = [each for each in candidate_addresses(name) if each not in others]
    return next((each for each in islice(free, 8) if not answers(each)), free[0])


def somebody_answers(address: str) -> bool:
    """Whether a web server answers at an address, at one of the usual ports."""
    return any(is_taken(address, port) for port in TRIED_PORTS)


def is_taken(address: str, port: int) -> bool:
    """Whether somebody listens at an address and port, or on all addresses of the machine.

    Args:
        address: An address of the machine's loopback.
        port: The port.
    """
    try:
        socket.create_connection((address, port), timeout=ANSWER_SECONDS).close()
    except OSError:
        return False
    return True
