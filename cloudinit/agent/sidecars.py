"""Containers beside the release's: a proxy in front of it, a shipper of its files.

They have an image and settings of their own, which no release changes: a swap leaves them
alone. They know the release's container as ``app``, a name that always leads to the one
that serves; it knows each of them by its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit.agent.engine import APP, address_in
from cdinfra.cloudinit.agent.launch import runs_as
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
        good = [c for c in here if runs_as(c, sidecar)][:1]
        found = [c for c in found if c not in (good or here)]
        address = address_in(good[0]) if good else start_sidecar(launcher, sidecar, here)
        targets.append((sidecar["ports"], address))
    for container in found:
        launcher.end(container, {"stop_grace": 10})
    return targets


def start_sidecar(
    launcher: Launcher, sidecar: dict[str, Any], before: Sequence[dict[str, Any]]
) -> str:
    """Start a sidecar in the place of others, and return its address when its gate has opened.

    They end when all is there that it needs.
    """
    name = sidecar["name"]
    try:
        body, address = launcher.prepare(sidecar, sidecar["image"], name, {SIDECAR: name})
        body["HostConfig"]["ExtraHosts"] = [f"app:{APP}"]
        for container in before:
            launcher.end(container, sidecar)
        launcher.start(name, body, lambda made: launcher.gate(sidecar).wait(made, address))
    except Failure as failure:
        raise Failure(f"sidecar {name}: {failure.message}", log=failure.log) from failure
    return address
