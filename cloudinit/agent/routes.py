"""Where the host's ports lead: a table of packet filter rules that is the agent's own.

A swap replaces the whole table in one transaction, so that each new connection goes to
either the old or the new container, and none to nowhere. Connections that are there
already stay where they are: the kernel tracks them. Connections to 127.0.0.1 on the host
itself, and from containers to their own host's ports, are not covered.

Source: nft(8), "NAT STATEMENTS"; docs.docker.com, "Packet filtering and firewalls".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit.agent.engine import BRIDGE
from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdinfra.cloudinit.agent.system import System

TABLE = "cdinfra"
TO_US = "fib daddr type local ip daddr != { 127.0.0.0/8, 169.254.0.0/16 }"
PRIORITY = -110
"""Before Docker's own translation, which hooks in at -100."""


def build_rules(ports: Sequence[dict[str, Any]], address: str) -> str:
    """Return the transaction that leads the ports to an address, and nothing else anywhere."""
    rules = [
        f"{TO_US} {port['protocol']} dport {port['host']} dnat to {address}:{port['container']}"
        for port in ports
    ]
    lines = [f"add table ip {TABLE}", f"delete table ip {TABLE}", f"table ip {TABLE} {{"]
    for hook in ("prerouting", "output"):
        lines += [f" chain {hook} {{", f"  type nat hook {hook} priority {PRIORITY};"]
        lines += [*(f"  {rule}" for rule in rules), " }"]
    return "\n".join([*lines, "}", ""])


def lead_to(system: System, ports: Sequence[dict[str, Any]], address: str) -> None:
    """Lead the host's ports to a container, in one transaction."""
    if not ports:
        return
    let_through(system)
    must(system, ["nft", "-f", "-"], stdin=build_rules(ports, address))


def leads_to(system: System, ports: Sequence[dict[str, Any]], address: str) -> bool:
    """Return whether the ports lead to a container already."""
    table = system.run(["nft", "list", "table", "ip", TABLE]).output.splitlines()
    targets = [line.rpartition(" dnat to ")[2].strip() for line in table if " dnat to " in line]
    wanted = {f"{address}:{port['container']}" for port in ports}
    return set(targets) == wanted and len(targets) == 2 * len(ports)


def lead_nowhere(system: System) -> None:
    """Take no new connection; those that are there go on."""
    rules = f"add table ip {TABLE}\ndelete table ip {TABLE}\n"
    must(system, ["nft", "-f", "-"], stdin=rules)


def let_through(system: System) -> None:
    """Make Docker's firewall forward what we have translated."""
    rule = ["DOCKER-USER", "-o", BRIDGE, "-m", "conntrack", "--ctstate", "DNAT", "-j", "ACCEPT"]
    if system.run(["iptables", "-w", "-C", *rule]).code != 0:
        must(system, ["iptables", "-w", "-I", *rule])


def wait_until_quiet(system: System, address: str, seconds: float) -> int:
    """Wait until no connection to a container is left, or the time is over.

    Returns:
        How many established connections are left; 0 also where they cannot be counted.
    """
    argv = ["conntrack", "-L", "-p", "tcp", "--state", "ESTABLISHED", "--reply-src", address]
    until = system.now() + seconds
    while True:
        ran = system.run(argv)
        count = len(ran.output.splitlines())
        if (ran.code == 0 and not count) or system.now() >= until:
            return count
        system.sleep(0.5)


def must(system: System, argv: Sequence[str], *, stdin: str = "", timeout: float = 120) -> str:
    """Run a program that has to succeed, and return its output."""
    ran = system.run(argv, stdin=stdin, timeout=timeout)
    if ran.code != 0:
        lines = (ran.errors or ran.output).strip().splitlines()
        why = lines[-1] if lines else f"exit code {ran.code}"
        raise Failure(f"{argv[0]}: {why}", log=lines[-20:])
    return ran.output
