"""Where the host's ports lead: a table of packet filter rules that is the agent's own.

A swap replaces the whole table in one transaction, so that each new connection goes to
either the old or the new container, and none to nowhere. Connections that are there
already stay where they are: the kernel tracks them. Connections to 127.0.0.1 on the host
itself are not covered.

Source: nft(8), "NAT STATEMENTS"; docs.docker.com, "Packet filtering and firewalls".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit.agent.engine import APP, BRIDGE, SUBNET
from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdinfra.cloudinit.agent.system import System

TABLE = "cdinfra"
RULES_FILE = "/run/cdinfra-rules"
TO_US = "fib daddr type local ip daddr != { 127.0.0.0/8, 169.254.0.0/16 }"
AMONG_US = f"ip saddr {SUBNET}0/24 ip daddr"
PRIORITY = -110
"""Before Docker's own translation, which hooks in at -100."""
FORGET_ENDED = "net.netfilter.nf_conntrack_tcp_timeout_time_wait=0"
"""Forget a connection when it has ended, rather than two minutes later.

When a container ends, Docker forgets the connections to it by their addresses and ports. A
client that uses the port of an ended one again at that moment would lose its new connection.

Source: nf_conntrack-sysctl in the kernel's documentation; RevokeExternalConnectivity in
Docker's bridge driver.
"""
ENDED = (" TIME_WAIT ", " CLOSE ")
"""Connections that carry nothing any more; a half-closed one still may.

Source: conntrack(8), "--state".
"""


def build_rules(targets: Sequence[tuple[Sequence[dict[str, Any]], str]], app: str) -> str:
    """Return the transaction that makes these the agent's rules, and no others.

    Args:
        targets: Ports of the host, and the address that they lead to.
        app: Where sidecars find the release; nothing for nowhere.
    """
    rules = [
        f"  {TO_US} {port['protocol']} dport {port['host']} dnat to {address}:{port['container']}"
        for ports, address in targets
        for port in ports
    ]
    if app:
        rules.append(f"  {AMONG_US} {APP} dnat to {app}")
    lines = [f"add table ip {TABLE}", f"flush table ip {TABLE}", f"table ip {TABLE} {{"]
    for hook in ("prerouting", "output"):
        lines += [f" chain {hook} {{", f"  type nat hook {hook} priority {PRIORITY};", *rules, " }"]
    # Containers answer each other directly, past the translation, unless we are in between.
    lines += [" chain postrouting {", "  type nat hook postrouting priority 90;"]
    lines += [f"  {AMONG_US} {SUBNET}0/24 ct status dnat masquerade", " }", "}", ""]
    return "\n".join(lines)


def has_table(system: System) -> bool:
    """Return whether there are rules; a reboot loses them."""
    return system.run(["nft", "list", "table", "ip", TABLE]).code == 0


def is_laid(system: System, rules: str) -> bool:
    """Return whether these rules are at work and lead to where a gate has opened; no rules are."""
    file = system.path(RULES_FILE)
    same = file.exists() and file.read_text(encoding="utf-8") == rules
    return not rules or (same and has_table(system))


def lay(system: System, rules: str, *, gated: bool = False) -> None:
    """Put rules to work, in one transaction; no rules leave all as it is.

    The chains stay: between a chain and the one that replaces it a connection could pass.
    What is written about the rules before them goes first: it must never outlive them.

    Args:
        system: The host.
        rules: The rules.
        gated: They lead to a container whose gate has opened.
    """
    if not rules:
        return
    file = system.path(RULES_FILE)
    file.unlink(missing_ok=True)
    let_through(system)
    system.run(["sysctl", "-q", "-w", FORGET_ENDED])
    must(system, ["nft", "-f", "-"], stdin=rules)
    if gated:
        file.write_text(rules, encoding="utf-8")


def let_through(system: System) -> None:
    """Make Docker's firewall forward what we have translated."""
    rule = ["DOCKER-USER", "-o", BRIDGE, "-m", "conntrack", "--ctstate", "DNAT", "-j", "ACCEPT"]
    if system.run(["iptables", "-w", "-C", *rule]).code != 0:
        must(system, ["iptables", "-w", "-I", *rule])


def wait_until_quiet(system: System, address: str, seconds: float) -> int:
    """Wait until no connection to a container is left, or the time is over.

    Returns:
        How many connections are left; 0 also where they cannot be counted.
    """
    argv = ["conntrack", "-L", "-p", "tcp", "--reply-src", address]
    until = system.now() + seconds
    while True:
        ran = system.run(argv)
        lines = ran.output.splitlines()
        count = len([line for line in lines if not any(state in line for state in ENDED)])
        if (ran.code == 0 and not count) or system.now() >= until:
            return count
        system.sleep(0.5)


def forget_datagrams(system: System, address: str) -> None:
    """Let senders of datagrams find the new container; the kernel would keep them here.

    Connections are left to Docker, which forgets those of a container that has ended.
    """
    system.run(["conntrack", "-D", "-p", "udp", "--reply-src", address])


def must(system: System, argv: Sequence[str], *, stdin: str = "", timeout: float = 120) -> str:
    """Run a program that has to succeed, and return its output."""
    ran = system.run(argv, stdin=stdin, timeout=timeout)
    if ran.code != 0:
        lines = (ran.errors or ran.output).strip().splitlines()
        why = lines[-1] if lines else f"exit code {ran.code}"
        raise Failure(f"{argv[0]}: {why}", log=lines[-20:])
    return ran.output
