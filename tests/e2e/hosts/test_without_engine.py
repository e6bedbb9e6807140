"""The local cloud on a machine without a Docker engine."""

from collections.abc import Callable
from typing import Any

NOWHERE = "unix:///nonexistent/docker.sock"


def test_one_line_says_what_is_not_booted_and_how_to_get_it(
    new_checkout: Callable[..., Any],
) -> None:
    checkout = new_checkout("without-engine", environ={"DOCKER_HOST": NOWHERE})

    done = checkout.cdinfra("up", "network", "registry", "web")

    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    (line,) = (each for each in said.splitlines() if "not booted:" in each)
    assert "no Docker engine answers; install Docker, start its engine" in line
    assert "signalled by the local cloud: hosts are not booted" in said
