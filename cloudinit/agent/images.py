"""Old images: which of them stay, so that the disk never fills and a rollback needs no pull."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdinfra.cloudinit.agent.engine import Engine
    from cdinfra.cloudinit.agent.release import State

KEEP = 3


def prune_images(
    engine: Engine, state: State, keep: int = KEEP, protected: Sequence[str] = ()
) -> list[str]:
    """Remove images of the release's repository, and return their names.

    What stays: what a container uses, the last ``keep`` releases that ran here (but always
    the one before this), and what the deployer or the caller protects. When an image was
    built says nothing: reproducible builds all have the same date. One that Docker will not
    remove keeps no other.
    """
    repository = state.release.partition("@")[0] + "@"
    recent = (state.release, *state.past[: max(keep - 1, 1)])
    used = {c["ImageID"] for c in engine.call("GET", "/containers/json?all=1")}
    removed = []
    for image in engine.call("GET", "/images/json"):
        for name in image["RepoDigests"] or []:
            stays = image["Id"] in used or name in (*recent, *state.keep, *protected)
            if name.startswith(repository) and not stays:
                try:
                    engine.call("DELETE", f"/images/{quote(name)}")
                    removed.append(name)
                except Failure as failure:
                    engine.system.say(failure.message)
    return removed
