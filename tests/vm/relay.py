"""Joins stdin and stdout to a port of this machine's loopback: one connection of the guest.

QEMU starts it for each connection to an address that is led out of the guest's network.
"""

import os
import socket
import sys
from threading import Thread

CHUNK = 65_536


def main() -> None:
    """Carry bytes both ways until both sides have said all."""
    peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    Thread(target=_upward, args=(peer,), daemon=True).start()
    while chunk := peer.recv(CHUNK):
        os.write(1, chunk)


def _upward(peer: socket.socket) -> None:
    while chunk := os.read(0, CHUNK):
        peer.sendall(chunk)
    peer.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main()
