"""Containers beside the release's: a proxy in front of it, a shipper of its files.

They have an image and settings of their own, which no release changes: a swap leaves them
alone. They know the release's container as ``app``, a name that always leads to the one
that serves; it knows each of them by its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit.agent.engine import APP, address_in
from cdinfra.cloudinit.agent.launch import digest_of
from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdinfra.cloudinit.agent.launch import Launcher

SIDECAR = "cdinfra.sidecar"


def reach_sidecars(launcher: Launcher, wanted: Sequence[dict[str, Any]]) -> list[Any]:
    """Make exactly these sidecars run.

    Returns:
        The ports of each, and its address.
    """
    found = launcher.engine.containers(SIDECAR)
    targets = []
    for sidecar in wanted:
        here = [c for c in found if c["Labels"][SIDECAR] == sidecar["name"]]
        found = [c for c in found if c not in here]
        address = ""
        for container in here:
            same = container["Labels"].get("cdinfra.settings") == digest_of(sidecar)
            if same and container["State"] == "running":
                address = address_in(container)
            else:
                launcher.end(container, sidecar)
        targets.append((sidecar["ports"], address or start_sidecar(launcher, sidecar)))
    for container in found:
        launcher.end(container, {"stop_grace": 10})
    return targets


def start_sidecar(launcher: Launcher, sidecar: dict[str, Any]) -> str:
    """Start a sidecar, and return its address when its gate has opened."""
    name = sidecar["name"]
    try:
        body, address = launcher.prepare(sidecar, sidecar["image"], name, {SIDECAR: name})
        body["HostConfig"]["ExtraHosts"] = [f"app:{APP}"]
        launcher.start(name, body, lambda made: launcher.gate(sidecar).wait(made, address))
    except Failure as failure:
        raise Failure(f"sidecar {name}: {failure.message}", log=failure.log) from failure
    return address
