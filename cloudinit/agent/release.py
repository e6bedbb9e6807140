"""Which release this host is to run, and what it remembers of the last ones.

The instance's tags say it, and so does the last deploy, which this host keeps on disk,
because some instance types show a changed tag only after a stop and start. The newer
generation wins; an older one is refused, so that a deployer who has lost the lock cannot
undo what its successor did.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdinfra.cloudinit.agent.system import System

STATE_FILE = "/var/lib/cdinfra/state.json"
IMAGE = re.compile(r"(?!.*[./]{2})[a-z0-9]([a-z0-9._:/-]{0,253}[a-z0-9])?@sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class State:
    """What a host remembers."""

    release: str = ""
    generation: int = 0
    """The newest one that a deploy brought; what tags say is read from them each time."""
    signalled: str = ""
    past: tuple[str, ...] = ()
    """Releases that ran here before, the last one first."""
    keep: tuple[str, ...] = ()
    """Images that the last deployer wants to stay."""
    serving: str = ""
    """Id of the container of the release: the last one whose gate has opened."""
    rules: str = ""
    """Where the ports lead; nothing where there is none to lead."""


@dataclass(frozen=True)
class Desired:
    """What a host is to run; no image is nothing yet."""

    image: str
    generation: int


def load_state(system: System) -> State:
    """Return what the host remembers; a file that cannot be read is nothing."""
    try:
        found = json.loads(system.path(STATE_FILE).read_text(encoding="utf-8"))
        nothing = asdict(State()).items()
        return State(**{name: type(value)(found.get(name, value)) for name, value in nothing})
    except FileNotFoundError:
        return State()
    except (ValueError, AttributeError, TypeError) as error:
        system.say(f"{STATE_FILE} is ignored: {error!r}")
        return State()


def save_state(system: System, state: State) -> None:
    """Remember what is new; whole or not at all, whatever happens to the power."""
    if state == load_state(system):
        return
    path = system.path(STATE_FILE)
    new = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("w", encoding="utf-8") as file:
            json.dump(asdict(state), file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise Failure(f"{STATE_FILE} cannot be written: {error}") from error


def check_image(image: str) -> str:
    """Return the image if it is one by digest."""
    if not IMAGE.fullmatch(image):
        raise Failure(f"{image!r} is no image by digest", outcome="invalid")
    return image


def desired_release(tags: Mapping[str, str], state: State) -> Desired:
    """Return the release of the newer generation; of the same one, what the tags say."""
    image, number = tags.get("cdinfra:release", ""), tags.get("cdinfra:generation", "0") or "0"
    if not re.fullmatch(r"[0-9]{1,15}", number):
        raise Failure(f"the tag cdinfra:generation is {number!r}, no number", outcome="invalid")
    if state.release and state.generation > int(number):
        return Desired(state.release, state.generation)
    return Desired(check_image(image) if image else "", max(int(number), state.generation))
