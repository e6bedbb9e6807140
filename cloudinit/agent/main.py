"""The agent's command line: a verb in, one line of JSON out."""

from __future__ import annotations

import argparse
import fcntl
import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit.agent.system import Failure, System, as_failure
from cdinfra.cloudinit.agent.verbs import Agent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOCK_FILE = "/run/cdinfra-host.lock"
LOCK_WAIT = 900
EXIT_CODES = {"failed": 1, "invalid": 2, "refused": 3, "busy": 4}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; a verb's options are its method's arguments.

    converge --signal is what boot and timer run; the generation is the deploy lock's; with
    --again a new container starts even where one of the release runs; --keep-image names
    images that the history still needs.
    """
    parser = argparse.ArgumentParser(prog="cdinfra-host")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("converge").add_argument("--signal", action="store_true")
    verbs.add_parser("status")
    verbs.add_parser("drain").add_argument("--seconds", type=int)
    deploy, pull, prune = map(verbs.add_parser, ("deploy", "pull", "prune"))
    deploy.add_argument("image")
    deploy.add_argument("--generation", type=int, required=True)
    deploy.add_argument("--again", action="store_true")
    pull.add_argument("image")
    prune.add_argument("--keep", type=int, default=3)
    for verb in (deploy, pull, prune):
        verb.add_argument("--keep-image", action="append", default=[])
    return parser


def perform(agent: Agent, verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Do what was asked."""
    if verb == "status":
        return agent.status()
    with lock(agent.system):
        return agent.changes()[verb](**options)


@contextmanager
def lock(system: System) -> Iterator[None]:
    """Let one verb at a time change the host; the kernel frees the lock of a dead one."""
    path = system.path(LOCK_FILE)
    until = system.now() + LOCK_WAIT
    with path.open("a", encoding="utf-8") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if system.now() >= until:
                    raise Failure("another run is at work", outcome="busy") from error
                system.sleep(1)
        yield


def main(argv: Sequence[str], system: System) -> int:
    """Run a verb, print its result as the last line, and return the exit code."""
    options = vars(build_parser().parse_args(argv))
    verb = options.pop("verb")
    started = system.now()
    try:
        result = perform(Agent(system), verb, options)
        code = 0
    except Exception as error:  # noqa: BLE001 - the last line is JSON, whatever happened
        failure = as_failure(error)
        result = {"outcome": failure.outcome, "message": failure.message, "log": failure.log}
        code = EXIT_CODES[failure.outcome]
    seconds = round(system.now() - started, 1)
    print(json.dumps({"verb": verb, **result, "seconds": seconds}))  # noqa: T201 - its result
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], System()))
