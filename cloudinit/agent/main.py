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
    """Return the parser of the command line.

    converge --signal is what boot and timer run; the generation is the deploy lock's; with
    --again a new container starts even where one of the release runs; --keep-image names
    images that the history still needs.
    """
    parser = argparse.ArgumentParser(prog="cdinfra-host")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("converge").add_argument("--signal", action="store_true")
    deploy = verbs.add_parser("deploy")
    deploy.add_argument("image")
    deploy.add_argument("--generation", type=int, required=True)
    deploy.add_argument("--again", action="store_true")
    deploy.add_argument("--keep-image", action="append", default=[])
    verbs.add_parser("status")
    verbs.add_parser("drain").add_argument("--seconds", type=int)
    prune = verbs.add_parser("prune")
    prune.add_argument("--keep", type=int, default=3)
    prune.add_argument("--keep-image", action="append", default=[])
    return parser


def perform(agent: Agent, arguments: argparse.Namespace) -> dict[str, Any]:
    """Do what was asked."""
    if arguments.verb == "status":
        return agent.status()
    with lock(agent.system):
        if arguments.verb == "converge":
            return agent.converge(signal=arguments.signal)
        if arguments.verb == "deploy":
            return agent.deploy(
                arguments.image,
                arguments.generation,
                again=arguments.again,
                keep=arguments.keep_image,
            )
        if arguments.verb == "drain":
            return agent.drain(arguments.seconds)
        return agent.prune(arguments.keep, arguments.keep_image)


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
                    raise Failure("another run is at work on this host", outcome="busy") from error
                system.sleep(1)
        yield


def main(argv: Sequence[str], system: System) -> int:
    """Run a verb, print its result as the last line, and return the exit code."""
    arguments = build_parser().parse_args(argv)
    started = system.now()
    try:
        result = perform(Agent(system), arguments)
        code = 0
    except Exception as error:  # noqa: BLE001 - the last line is JSON, whatever happened
        failure = as_failure(error)
        result = {"outcome": failure.outcome, "message": failure.message, "log": failure.log}
        code = EXIT_CODES[failure.outcome]
    seconds = round(system.now() - started, 1)
    print(json.dumps({"verb": arguments.verb, **result, "seconds": seconds}))  # noqa: T201 - its result
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], System()))
