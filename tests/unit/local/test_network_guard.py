import subprocess
import sys

import pytest

from cdinfra.local.network_guard import is_on_this_machine


@pytest.mark.parametrize(
    "address",
    [
        ("127.0.0.1", 80),
        ("127.8.9.1", 80),
        ("::1", 80, 0, 0),
        ("localhost", 1),
        "/run/socket",
        b"x",
    ],
)
def test_this_machine_can_be_reached(address: object) -> None:
    assert is_on_this_machine(address)


@pytest.mark.parametrize(
    "address",
    [
        ("192.0.2.1", 443),
        ("169.254.169.254", 80),
        ("sts.amazonaws.com", 443),
        ("2001:db8::1", 443, 0, 0),
        ("fe80::1%eth0", 80, 0, 2),
        ("", 80),
        ("0.0.0.0", 80),  # noqa: S104 - an address to refuse
    ],
)
def test_other_machines_cannot(address: object) -> None:
    assert not is_on_this_machine(address)


SCRIPT = """
import socket
from cdinfra.local.network_guard import OutsideConnectionError, forbid_outside_connections
forbid_outside_connections()
outside = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
for family, address in outside:
    try:
        socket.socket(family).connect((address, 443))
    except OutsideConnectionError as error:
        print("refused", error)
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
    print("loopback")
"""


def test_a_guarded_process_reaches_nothing_outside() -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    lines = run.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["refused", "refused", "loopback"]
